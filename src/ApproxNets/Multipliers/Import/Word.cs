using ApproxNets.Multipliers.Circuits;

namespace ApproxNets.Multipliers.Import;

/// <summary>An integer of a C program as the nets of its bits, least significant first.</summary>
internal readonly record struct Word(int[] Bits, bool Signed)
{
    internal int Width => Bits.Length;

    /// <summary>The value if no bit depends on an operand.</summary>
    internal ulong? Constant
    {
        get
        {
            ulong value = 0;
            for (int i = 0; i < Bits.Length; i++)
            {
                if (Bits[i] >= 0)
                {
                    return null;
                }

                value |= Bits[i] == FoldedGates.True ? 1UL << i : 0;
            }

            return value;
        }
    }

    internal static Word Of(ulong value, int width, bool signed) =>
        new([.. Enumerable.Range(0, width).Select(i => ((value >> i) & 1) != 0 ? FoldedGates.True : FoldedGates.False)], signed);

    /// <summary>Cut off, or extended by the sign or by zeros.</summary>
    internal Word To(int width, bool signed)
    {
        int[] bits = Bits;
        int fill = Signed ? bits[^1] : FoldedGates.False;
        return new Word([.. Enumerable.Range(0, width).Select(i => i < bits.Length ? bits[i] : fill)], signed);
    }

    /// <summary>The integer promotions: what is narrower than an int becomes one.</summary>
    internal Word Promoted() => Width < 32 ? To(32, true) : this;
}
