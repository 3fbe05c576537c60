using ApproxNets.Foundation;

namespace ApproxNets.Circuits;

/// <summary>
/// 65,536 random operand pairs, and the pairs that follow them: uniformly distributed bits, each of which toggles with probability 1/16,
/// independently. In blocks of <see cref="Netlist.BlockWords"/> words of each input, as <see cref="Netlist"/> evaluates them; the same on
/// every machine.
/// </summary>
internal static class InputTransitions
{
    internal const double ToggleProbability = 1 / 16.0;
    internal const int Blocks = 32, PerBlock = 64 * Netlist.BlockWords;
    private const int BlockLength = 16 * Netlist.BlockWords;

    private static readonly ulong[] First = new ulong[Blocks * BlockLength], Next = new ulong[Blocks * BlockLength];

    static InputTransitions()
    {
        var random = new SplitMix64(1);
        for (int i = 0; i < First.Length; i++)
        {
            First[i] = random.Next();
            Next[i] = First[i] ^ (random.Next() & random.Next() & random.Next() & random.Next());
        }
    }

    /// <summary>Sets the inputs of a circuit to the pairs of a block, or to those that follow them. Narrow operands get the upper bits, as
    /// in <see cref="Netlist.Widened"/>.</summary>
    internal static void SetInputs(int operandBits, int block, bool following, Span<ulong> nets)
    {
        int length = operandBits * Netlist.BlockWords, cut = (8 * Netlist.BlockWords) - length;
        ReadOnlySpan<ulong> inputs = (following ? Next : First).AsSpan(block * BlockLength, BlockLength);
        inputs.Slice(cut, length).CopyTo(nets);
        inputs[^length..].CopyTo(nets[length..]);
    }
}
