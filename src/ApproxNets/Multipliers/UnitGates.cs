namespace ApproxNets.Multipliers;

/// <summary>
/// The unit-gate estimate behind the relative power of <see cref="MultiplierFamilies"/>: gates of the design divided by gates of
/// the exact 8x8 array multiplier of the same signedness (Tyagi, IEEE Trans. Computers 1993: a 2-input AND/OR/NAND/NOR
/// counts 1, XOR 2, an inverter 0; hence multiplexer 3, half adder 3, full adder 7).
/// </summary>
/// <remarks>
/// Limits: gate count stands for power, so switching activity, glitches, wires, drive strengths and the synthesiser's sharing
/// are left out. It ranks the parameters of one family well, and families against each other roughly. At 8 bits leading-one
/// detectors, shifters and sign-magnitude conversion weigh much more than at the 16 or 32 bits of many papers. Against the 45 nm
/// power of EvoApproxLib circuits of equal error metrics: signed, 4 columns left out 0.84 (published 0.92), 2 bits of both operands
/// left out 0.52 (0.47), 3 bits 0.34 (0.30).
/// </remarks>
internal static class UnitGates
{
    internal const string Source = "unit-gate estimate";
    internal const int Xor = 2, Mux = 3, HalfAdder = 3, FullAdder = 7;

    internal const int ProductBits = 16;

    /// <summary>Sign-magnitude operands and result around an unsigned 8x8 core: two 8-bit and one 16-bit conditional negation
    /// (XOR per bit, half-adder chain) and the sign.</summary>
    internal const int SignMagnitude = (2 * ((8 * Xor) + (7 * HalfAdder))) + (16 * Xor) + (15 * HalfAdder) + Xor;

    private static readonly int ExactUnsigned = PartialProducts.All(Signedness.Unsigned).Gates();
    private static readonly int ExactSigned = PartialProducts.All(Signedness.Signed).Gates();

    /// <summary>Gates relative to the exact array multiplier of the signedness.</summary>
    internal static double Relative(Signedness signedness, int gates) =>
        (double)gates / (signedness == Signedness.Signed ? ExactSigned : ExactUnsigned);

    /// <summary>Adders that sum bits column by column to one row; bit c of <paramref name="constant"/> adds a constant one to
    /// column c. h bits take (h - 1) / 2 full adders and, for an even h, a half adder; each sends a carry to the next column.</summary>
    internal static int ColumnSum(ReadOnlySpan<int> heights, int constant = 0)
    {
        int gates = 0, carries = 0;
        for (int column = 0; column < ProductBits; column++)
        {
            bool one = ((constant >> column) & 1) != 0;
            int height = (column < heights.Length ? heights[column] : 0) + carries + (one ? 1 : 0);
            int full = Math.Max(height - 1, 0) / 2, half = Math.Max(height - 1, 0) % 2;
            carries = full + half;
            if (column == ProductBits - 1)
            {
                // No carry leaves the last column: XORs are enough, and a constant one is an inverter.
                gates += Xor * ((2 * full) + half - (one && height > 1 ? 1 : 0));
                continue;
            }

            gates += (full * FullAdder) + (half * HalfAdder);
            if (one && full > 0)
            {
                gates -= FullAdder - HalfAdder; // a + b + 1: XNOR and OR
            }
            else if (one && half > 0)
            {
                gates -= HalfAdder; // a + 1: inverter and wire
            }
        }

        return gates;
    }

    /// <summary>Exact unsigned n x n array multiplier.</summary>
    internal static int Array(int bits)
    {
        var heights = new int[ProductBits];
        for (int column = 0; column < (2 * bits) - 1; column++)
        {
            heights[column] = Math.Min(column + 1, (2 * bits) - 1 - column);
        }

        return (bits * bits) + ColumnSum(heights);
    }

    /// <summary>Leading-one detector: a chain of ORs and one AND for each position.</summary>
    internal static int LeadingOne(int positions) => 2 * (positions - 1);

    /// <summary>One-hot to binary: every output is an OR of half the positions.</summary>
    internal static int Encoder(int positions) => BitsFor(positions - 1) * Math.Max((positions / 2) - 1, 0);

    /// <summary>One-hot AND-OR selection of a word from several positions.</summary>
    internal static int Select(int width, int positions) => width * ((2 * positions) - 1);

    /// <summary>Ripple-carry adder.</summary>
    internal static int Adder(int bits) => bits == 0 ? 0 : HalfAdder + ((bits - 1) * FullAdder);

    /// <summary>Logarithmic left shifter, cut to 16 bits: a multiplexer where a stage has both inputs, an AND where one.</summary>
    internal static int LeftShifter(int width, int greatestShift)
    {
        int gates = 0;
        for (int shift = 1; shift <= greatestShift; shift *= 2)
        {
            (int stage, width) = ShiftStage(width, shift);
            gates += stage;
        }

        return gates;
    }

    /// <summary>One shifter stage: its gates and the width of its output.</summary>
    internal static (int Gates, int Width) ShiftStage(int width, int shift)
    {
        int output = Math.Min(width + shift, ProductBits), both = Math.Max(width - shift, 0);
        return (output + ((Mux - 1) * both), output);
    }

    /// <summary>Bits that hold 0..greatest.</summary>
    internal static int BitsFor(int greatest) => 32 - int.LeadingZeroCount(greatest);
}
