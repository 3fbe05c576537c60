namespace ApproxNets.Multipliers;

/// <summary>
/// A subset of the 64 bit products of an 8x8 array multiplier. Cell (i, j) is worth <c>s_i s_j x_i w_j 2^(i+j)</c>; in the signed
/// reading <c>s_7 = -1</c> (Baugh and Wooley, IEEE Trans. Computers 1973), all other s are 1. Row j belongs to bit j of w.
/// </summary>
/// <remarks>
/// A circuit stores a negative cell inverted, <c>-b 2^c = (1 - b) 2^c - 2^c</c>, and gathers all <c>-2^c</c> in one constant. A cell
/// left out is left out with its share of that constant, so it counts as 0 whatever its sign.
/// </remarks>
internal sealed class PartialProducts
{
    private readonly bool _signed;
    private readonly byte[] _rows = new byte[8];

    internal PartialProducts(Signedness signedness, Func<int, int, bool> keep)
    {
        _signed = signedness == Signedness.Signed;
        for (int j = 0; j < 8; j++)
        {
            for (int i = 0; i < 8; i++)
            {
                _rows[j] |= (byte)(keep(i, j) ? 1 << i : 0);
            }
        }
    }

    internal static PartialProducts All(Signedness signedness) => new(signedness, (_, _) => true);

    /// <summary>Sum of the kept cells.</summary>
    internal int Sum(int x, int w)
    {
        int sum = 0;
        for (int j = 0; j < 8; j++)
        {
            if (((w >> j) & 1) != 0)
            {
                int bits = x & _rows[j];
                int row = (_signed ? (sbyte)bits : bits) << j;
                sum += _signed && j == 7 ? -row : row;
            }
        }

        return sum;
    }

    /// <summary>Four times the mean of the kept cells over uniform operands, in which every cell is 1 for a quarter of the pairs.</summary>
    internal int FourfoldMean()
    {
        int mean = 0;
        ForEachCell((column, negative) => mean += negative ? -(1 << column) : 1 << column);
        return mean;
    }

    /// <summary>Unit gates: one for each kept cell, the adders of its columns, and a constant added on top.</summary>
    internal int Gates(int constant = 0)
    {
        var heights = new int[16];
        int cells = 0;
        ForEachCell((column, negative) =>
        {
            cells++;
            heights[column]++;
            constant -= negative ? 1 << column : 0;
        });
        return cells + UnitGates.ColumnSum(heights, constant & 0xFFFF);
    }

    private void ForEachCell(Action<int, bool> visit)
    {
        for (int j = 0; j < 8; j++)
        {
            for (int i = 0; i < 8; i++)
            {
                if (((_rows[j] >> i) & 1) != 0)
                {
                    visit(i + j, _signed && (i == 7) != (j == 7));
                }
            }
        }
    }
}
