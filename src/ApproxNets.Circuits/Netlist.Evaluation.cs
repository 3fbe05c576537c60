using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ApproxNets.Circuits;

/// <content>
/// Bit-parallel evaluation. A word holds one net's value for 64 operand pairs: pair number <c>a 2^n + b</c>, operands as bit patterns, is
/// bit <c>pair mod 64</c> of word <c>pair / 64</c>. The 2^(2n) / 64 words (1,024 for 8 bits) are taken in blocks, so that all nets of a
/// block stay in the cache; within a block each gate is one loop over words, which <see cref="Vector{T}"/> makes wide.
/// </content>
public sealed partial class Netlist
{
    /// <summary>Words in a block: several vectors on every machine, and a block of 400 nets takes about 100 KB.</summary>
    internal const int BlockWords = 32;

    /// <summary>Bit i of a pair number, i below 6, over the 64 pairs of a word.</summary>
    private static readonly ulong[] LanePatterns =
    [
        0xAAAAAAAAAAAAAAAA, 0xCCCCCCCCCCCCCCCC, 0xF0F0F0F0F0F0F0F0, 0xFF00FF00FF00FF00, 0xFFFF0000FFFF0000, 0xFFFFFFFF00000000,
    ];

    /// <summary>Words of a net over all operand pairs: 2^(2n) / 64.</summary>
    internal int WordCount => 1 << (InputCount - 6);

    /// <summary>Words of a block that count: narrow operands have fewer pairs than a block holds, and the rest repeats them.</summary>
    internal int WordsPerBlock => Math.Min(BlockWords, WordCount);

    /// <summary>Computes the product of every operand pair.</summary>
    /// <param name="signedness">Signed: operands are in two's complement and the result is sign-extended from its most significant output.
    /// Unsigned: all are natural numbers.</param>
    /// <returns>The 2^n x 2^n products in numeric order of the operands, <c>[(a - least) 2^n + (b - least)]</c>; for 8 bits the order of
    /// <see cref="Multiplier.Products"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // hot from the first call on: a library is tabulated once
    public int[] Products(Signedness signedness)
    {
        bool signed = signedness.Checked() == Signedness.Signed;
        int halves = signed ? (1 << (InputCount - 1)) | (1 << (OperandBits - 1)) : 0; // the sign bits of both operands
        int unused = 32 - _outputs.Length;
        var products = new int[1 << InputCount];
        var nets = new ulong[NetCount * BlockWords];
        Span<ushort> lanes = stackalloc ushort[64];
        for (int first = 0; first < WordCount; first += BlockWords)
        {
            Evaluate(first, nets);
            for (int word = 0; word < WordsPerBlock; word++)
            {
                GatherOutputs(nets, word, lanes);
                int pair = (first + word) * 64;
                for (int lane = 0; lane < 64; lane++)
                {
                    int bits = lanes[lane];
                    products[(pair + lane) ^ halves] = signed ? bits << unused >> unused : bits;
                }
            }
        }

        return products;
    }

    /// <summary>Computes all nets for one block of operand pairs.</summary>
    /// <param name="firstWord">Number of the block's first word.</param>
    /// <param name="nets">Receives <see cref="BlockWords"/> words of each net, net by net.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Evaluate(int firstWord, Span<ulong> nets)
    {
        Debug.Assert(nets.Length == NetCount * BlockWords && firstWord % BlockWords == 0);
        SetInputs(OperandBits, firstWord, nets);
        EvaluateGates(nets);
    }

    /// <summary>Computes the outputs of all gates from the inputs that are set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void EvaluateGates(Span<ulong> nets)
    {
        for (int i = 0; i < _gates.Length; i++)
        {
            Gate gate = _gates[i];
            Evaluate(gate.Kind, Words(nets, gate.X), Words(nets, gate.Y), Words(nets, gate.S), Words(nets, InputCount + i));
        }
    }

    /// <summary>Sets the inputs for one block of operand pairs.</summary>
    internal static void SetInputs(int operandBits, int firstWord, Span<ulong> nets)
    {
        for (int input = 0; input < 2 * operandBits; input++)
        {
            // Net n + i is bit i of b and bit i of the pair number; net i is bit i of a and bit n + i of the pair number.
            int bit = input < operandBits ? operandBits + input : input - operandBits;
            Span<ulong> words = nets.Slice(input * BlockWords, BlockWords);
            for (int word = 0; word < BlockWords; word++)
            {
                words[word] = bit < 6 ? LanePatterns[bit] : 0 - ((ulong)((firstWord + word) >> (bit - 6)) & 1);
            }
        }
    }

    private static Span<ulong> Words(Span<ulong> nets, int net) => nets.Slice(net * BlockWords, BlockWords);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Evaluate(GateKind kind, ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, ReadOnlySpan<ulong> s, Span<ulong> result)
    {
        for (int i = 0; i < result.Length; i += Vector<ulong>.Count)
        {
            Vector<ulong> a = new(x[i..]), b = new(y[i..]);
            Vector<ulong> value = kind switch
            {
                GateKind.Const0 => Vector<ulong>.Zero,
                GateKind.Const1 => Vector<ulong>.AllBitsSet,
                GateKind.Buf => a,
                GateKind.Not => ~a,
                GateKind.And => a & b,
                GateKind.Or => a | b,
                GateKind.Xor => a ^ b,
                GateKind.Nand => ~(a & b),
                GateKind.Nor => ~(a | b),
                GateKind.Xnor => ~(a ^ b),
                GateKind.Mux => Vector.ConditionalSelect(new Vector<ulong>(s[i..]), b, a),
                _ => throw new UnreachableException($"Gate kind {kind}."),
            };
            value.CopyTo(result[i..]);
        }
    }

    /// <summary>Transposes one word of up to 16 outputs into 64 results of 16 bits, in 8 x 8 tiles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void GatherOutputs(ReadOnlySpan<ulong> nets, int word, Span<ushort> lanes)
    {
        lanes.Clear();
        for (int firstBit = 0; firstBit < _outputs.Length; firstBit += 8)
        {
            int bits = Math.Min(8, _outputs.Length - firstBit);
            for (int lane = 0; lane < 64; lane += 8)
            {
                ulong tile = 0;
                for (int bit = 0; bit < bits; bit++)
                {
                    tile |= ((nets[(_outputs[firstBit + bit] * BlockWords) + word] >> lane) & 0xFF) << (8 * bit);
                }

                tile = Transpose8x8(tile);
                for (int i = 0; i < 8; i++)
                {
                    lanes[lane + i] |= (ushort)(((tile >> (8 * i)) & 0xFF) << firstBit);
                }
            }
        }
    }

    /// <summary>Exchanges bit 8 i + j and bit 8 j + i, in three steps of block swaps (H. S. Warren, Hacker's Delight, section
    /// 7-3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Transpose8x8(ulong tile)
    {
        ulong swap = (tile ^ (tile >> 7)) & 0x00AA00AA00AA00AA;
        tile ^= swap ^ (swap << 7);
        swap = (tile ^ (tile >> 14)) & 0x0000CCCC0000CCCC;
        tile ^= swap ^ (swap << 14);
        swap = (tile ^ (tile >> 28)) & 0x00000000F0F0F0F0;
        return tile ^ swap ^ (swap << 28);
    }
}
