namespace ApproxNets.Kernels;

/// <summary>
/// A product table as small non-negative numbers. One operand chooses the row r, the code c of the other the entry:
/// <c>m = residual_r(c) + Least_r + Slope c</c>. Kernels add up residuals; the rest is known without looking at products one by one.
/// </summary>
/// <remarks>
/// <para>Slope 128 takes from unsigned tables what all rows have in common, so that for multipliers near the exact one residuals
/// stay below 2^15, as those of signed tables do by themselves. Then two of nearly any two rows add up in 16 bits. Slope 0 serves
/// all other tables, whose residuals always fit 16 bits.</para>
/// <para>Why: a sum over k becomes <c>sum residual + sum Least_k + Slope sum c_k</c>, and only the first part needs look-ups. Small numbers
/// leave room: residuals below 2^15 add up in pairs in 16 bits, and split into 7 low and 8 high bits their low parts do so in a
/// byte.</para>
/// <para>Row 256 is all zeros: an operand that adds nothing.</para>
/// </remarks>
internal sealed class LutResiduals
{
    /// <summary>Codes of a window of seven bits; byte permutations ignore the eighth.</summary>
    public const int WindowCodes = 128;

    private const int UnsignedSlope = 128;

    private readonly int _firstCode;
    private readonly Lazy<byte[]> _bytes;

    /// <summary>Splits a table, for the codes of a window.</summary>
    /// <param name="products">The products, <c>[xCode * 256 + wCode]</c>.</param>
    /// <param name="byWeight">True: weights choose the row, activations the entry. False: the other way round.</param>
    /// <param name="firstCode">First code of the window.</param>
    /// <param name="codes">Codes in the window; entries outside are 0 and must not be used.</param>
    public LutResiduals(int[] products, bool byWeight, int firstCode, int codes)
    {
        (_firstCode, Codes) = (firstCode, codes);
        int rowStep = byWeight ? 1 : LutTable.Codes, codeStep = byWeight ? LutTable.Codes : 1;
        int plain = Split(products, rowStep, codeStep, 0);
        int sloped = Split(products, rowStep, codeStep, UnsignedSlope);
        Slope = sloped < plain ? UnsignedSlope : 0;
        int greatest = Slope == 0 ? Split(products, rowStep, codeStep, 0) : sloped;
        Shift = greatest <= short.MaxValue ? 7 : 8;
        for (int r = 0; r < LutTable.Codes; r++)
        {
            GreatestHigh[r] = Range[r] >> Shift;
        }

        _bytes = new Lazy<byte[]>(SplitBytes);
    }

    /// <summary>Codes in the window.</summary>
    public int Codes { get; }

    public int Slope { get; }

    /// <summary>Bits of a low byte: 7, or 8 where residuals need 16 bits.</summary>
    public int Shift { get; }

    /// <summary>Residuals, <c>[row * 256 + code]</c>. Pinned.</summary>
    public ushort[] Table { get; } = GC.AllocateArray<ushort>((LutTable.Codes + 1) * LutTable.Codes, pinned: true);

    /// <summary>Least_r. Pinned.</summary>
    public int[] Least { get; } = GC.AllocateArray<int>(LutTable.Codes + 1, pinned: true);

    /// <summary>The greatest residual of each row. Pinned.</summary>
    public int[] Range { get; } = GC.AllocateArray<int>(LutTable.Codes + 1, pinned: true);

    /// <summary>The greatest high byte of each row. Pinned.</summary>
    public int[] GreatestHigh { get; } = GC.AllocateArray<int>(LutTable.Codes + 1, pinned: true);

    /// <summary>Residuals as bytes, <c>residual = low + (high &lt;&lt; Shift)</c>: for every row, Codes low bytes, then Codes high bytes.
    /// Pinned.</summary>
    public byte[] Bytes => _bytes.Value;

    /// <summary>Makes <see cref="Bytes"/> where there are kernels that read them; returns the bytes of all tables.</summary>
    public long Prepare() => (sizeof(ushort) * (long)Table.Length) + (sizeof(int) * (long)(Least.Length + Range.Length + GreatestHigh.Length))
        + (LutConv2dPermutation.IsSupported ? Bytes.Length : 0);

    /// <summary>Fills the tables for a slope; returns the greatest residual.</summary>
    private int Split(int[] products, int rowStep, int codeStep, int slope)
    {
        int most = 0;
        for (int r = 0; r < LutTable.Codes; r++)
        {
            int least = int.MaxValue, greatest = int.MinValue;
            for (int c = _firstCode; c < _firstCode + Codes; c++)
            {
                int value = products[(r * rowStep) + (c * codeStep)] - (slope * c);
                (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
            }

            for (int c = _firstCode; c < _firstCode + Codes; c++)
            {
                Table[(r * LutTable.Codes) + c] = unchecked((ushort)(products[(r * rowStep) + (c * codeStep)] - (slope * c) - least));
            }

            (Least[r], Range[r]) = (least, greatest - least);
            most = Math.Max(most, greatest - least);
        }

        return most;
    }

    private byte[] SplitBytes()
    {
        byte[] bytes = GC.AllocateArray<byte>((LutTable.Codes + 1) * 2 * Codes, pinned: true);
        for (int r = 0; r < LutTable.Codes; r++)
        {
            for (int c = 0; c < Codes; c++)
            {
                int residual = Table[(r * LutTable.Codes) + _firstCode + c];
                bytes[(r * 2 * Codes) + c] = (byte)(residual & ((1 << Shift) - 1));
                bytes[(r * 2 * Codes) + Codes + c] = (byte)(residual >> Shift);
            }
        }

        return bytes;
    }
}
