namespace ApproxNets.Kernels;

/// <summary>
/// A product table as bytes, for permutation instructions: for every weight code w the residuals
/// <c>r_w(x) = m(x, w) - Slope x - Least_w &gt;= 0</c> of all activation codes x, split into <c>r = low + (high &lt;&lt; Shift)</c>.
/// </summary>
/// <remarks>
/// <para>Slope 128 takes from unsigned tables what all weights have in common, so that for multipliers near the exact one
/// residuals stay below 2^15, as those of signed tables are by themselves. With them, Shift is 7: low bytes are at most 127, so two of
/// them add up in a byte, and so do two high bytes for most pairs of weights. Any other table has Shift 8.</para>
/// <para>Entry 256 is all zeros: a weight that adds nothing.</para>
/// </remarks>
internal sealed class LutBytePlanes
{
    /// <summary>Activation codes of a window of seven bits; permutations ignore the eighth.</summary>
    public const int WindowCodes = 128;

    private const int UnsignedSlope = 128;

    /// <summary>Builds the planes for activation codes <paramref name="firstCode"/> .. <paramref name="firstCode"/> +
    /// <paramref name="codes"/> - 1.</summary>
    public LutBytePlanes(ReadOnlySpan<int> products, int firstCode, int codes)
    {
        Codes = codes;
        int plain = GreatestResidual(products, firstCode, codes, 0), sloped = GreatestResidual(products, firstCode, codes, UnsignedSlope);
        Slope = sloped < plain ? UnsignedSlope : 0;
        Shift = Math.Min(plain, sloped) <= short.MaxValue ? 7 : 8;
        Bytes = GC.AllocateArray<byte>((LutTable.Codes + 1) * 2 * codes, pinned: true);
        for (int w = 0; w < LutTable.Codes; w++)
        {
            int least = int.MaxValue, entry = w * 2 * codes, greatest = 0;
            for (int x = 0; x < codes; x++)
            {
                least = Math.Min(least, products[((firstCode + x) * LutTable.Codes) + w] - (Slope * (firstCode + x)));
            }

            for (int x = 0; x < codes; x++)
            {
                int residual = products[((firstCode + x) * LutTable.Codes) + w] - (Slope * (firstCode + x)) - least;
                Bytes[entry + x] = (byte)(residual & ((1 << Shift) - 1));
                Bytes[entry + codes + x] = (byte)(residual >> Shift);
                greatest = Math.Max(greatest, residual >> Shift);
            }

            (Least[w], GreatestHigh[w]) = (least, greatest);
        }
    }

    /// <summary>Activation codes: 128 or 256.</summary>
    public int Codes { get; }

    public int Slope { get; }

    public int Shift { get; }

    /// <summary>For every weight code, and zeros for entry 256: Codes low bytes, then Codes high bytes. Pinned.</summary>
    public byte[] Bytes { get; }

    /// <summary>Least_w. Pinned.</summary>
    public int[] Least { get; } = GC.AllocateArray<int>(LutTable.Codes + 1, pinned: true);

    /// <summary>The greatest high byte of each weight code. Pinned.</summary>
    public int[] GreatestHigh { get; } = GC.AllocateArray<int>(LutTable.Codes + 1, pinned: true);

    private static int GreatestResidual(ReadOnlySpan<int> products, int firstCode, int codes, int slope)
    {
        int most = 0;
        for (int w = 0; w < LutTable.Codes; w++)
        {
            int least = int.MaxValue, greatest = int.MinValue;
            for (int x = firstCode; x < firstCode + codes; x++)
            {
                int value = products[(x * LutTable.Codes) + w] - (slope * x);
                (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
            }

            most = Math.Max(most, greatest - least);
        }

        return most;
    }
}
