namespace ApproxNets.Multipliers;

/// <content>Families that leave out or merge bit products of the array multiplier.</content>
public static partial class MultiplierFamilies
{
    /// <summary>
    /// Makes a truncated multiplier: the bit products of the k least significant columns, <c>i + j &lt; k</c>, are left out. Unsigned, the
    /// mean error is <c>-sum_(c&lt;k) h_c 2^c / 4</c>, h_c being the height of column c.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (Baugh-Wooley cells).</param>
    /// <param name="columns">k, 1..14 of the 15 columns.</param>
    /// <remarks>Source: Schulte and Swartzlander, "Truncated multiplication with correction constant", VLSI Signal Processing VI,
    /// 1993; here without the correction.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static Multiplier Truncated(Signedness signedness, int columns)
    {
        Check(signedness);
        Check(columns, 1, 14);
        var kept = new PartialProducts(signedness, (i, j) => i + j >= columns);
        return FromArray(signedness, $"trunc{columns}", kept.Sum, kept.Gates());
    }

    /// <summary>
    /// Makes a truncated multiplier with a correction constant: as <see cref="Truncated"/>, plus the mean of what was left out, rounded to
    /// an integer. The bias is at most 1/2, and products with a zero operand are that constant, not 0.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (Baugh-Wooley cells).</param>
    /// <param name="columns">k, 2..14 of the 15 columns (for k = 1 the constant is 0).</param>
    /// <remarks>Source: Schulte and Swartzlander, "Truncated multiplication with correction constant", VLSI Signal Processing VI,
    /// 1993. They round the constant to the kept columns; the bits below cost nothing, so they are kept here.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static Multiplier TruncatedCompensated(Signedness signedness, int columns)
    {
        Check(signedness);
        Check(columns, 2, 14);
        var kept = new PartialProducts(signedness, (i, j) => i + j >= columns);
        var dropped = new PartialProducts(signedness, (i, j) => i + j < columns);
        int constant = (int)Math.Round(dropped.FourfoldMean() / 4.0, MidpointRounding.AwayFromZero);
        return FromArray(signedness, $"truncc{columns}", (x, w) => kept.Sum(x, w) + constant, kept.Gates(constant));
    }

    /// <summary>
    /// Makes a broken-array multiplier (BAM): the cells of the first <paramref name="horizontal"/> rows (<c>j &lt; h</c>, bits of w) and of
    /// the least significant <paramref name="vertical"/> columns (<c>i + j &lt; v</c>) are left out.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (Baugh-Wooley cells).</param>
    /// <param name="horizontal">Horizontal break level h, 0..7.</param>
    /// <param name="vertical">Vertical break level v, 0..14.</param>
    /// <remarks>Source: Mahdiani, Ahmadi, Fakhraie and Lucas, "Bio-inspired imprecise computational blocks for efficient VLSI
    /// implementation of soft-computing applications", IEEE TCAS-I 57(4), 2010.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static Multiplier BrokenArray(Signedness signedness, int horizontal, int vertical)
    {
        Check(signedness);
        Check(horizontal, 0, 7);
        Check(vertical, 0, 14);
        var kept = new PartialProducts(signedness, (i, j) => j >= horizontal && i + j >= vertical);
        return FromArray(signedness, $"bam_h{horizontal}_v{vertical}", kept.Sum, kept.Gates());
    }

    /// <summary>
    /// Makes a multiplier with perforated partial products: <paramref name="count"/> successive rows from row <paramref name="first"/>
    /// are left out, <c>m(x, w) = x (w - sum_(first &lt;= j &lt; first+count) w_j 2^j)</c>.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed, in which the sign row 7 must stay.</param>
    /// <param name="first">First row left out, 0..7 unsigned, 0..6 signed.</param>
    /// <param name="count">Rows left out, 1..8 - first unsigned (at most 7), 1..7 - first signed.</param>
    /// <remarks>Source: Zervakis, Tsoumanis, Xydis, Soudris and Pekmestzi, "Design-efficient approximate multiplication circuits
    /// through partial product perforation", IEEE TVLSI 24(10), 2016.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static Multiplier Perforated(Signedness signedness, int first, int count)
    {
        Check(signedness);
        int rows = signedness == Signedness.Signed ? 7 : 8;
        Check(first, 0, rows - 1);
        Check(count, 1, Math.Min(7, rows - first));
        var kept = new PartialProducts(signedness, (_, j) => j < first || j >= first + count);
        return FromArray(signedness, $"perf_j{first}_m{count}", kept.Sum, kept.Gates());
    }

    /// <summary>
    /// Makes a multiplier of truncated operands: the low bits of both are read as 0,
    /// <c>m(x, w) = 2^a floor(x / 2^a) 2^b floor(w / 2^b)</c>.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (two's complement: floor goes to minus infinity).</param>
    /// <param name="activationBits">a, low bits of x left out, 0..7.</param>
    /// <param name="weightBits">b, low bits of w left out, 0..7.</param>
    /// <remarks>Source: Jiang, Santiago, Mo, Liu and Han, "Approximate arithmetic circuits: a survey, characterization, and
    /// recent applications", Proceedings of the IEEE 108(12), 2020 (truncation of the operands).</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static Multiplier OperandTruncated(Signedness signedness, int activationBits, int weightBits)
    {
        Check(signedness);
        Check(activationBits, 0, 7);
        Check(weightBits, 0, 7);
        var kept = new PartialProducts(signedness, (i, j) => i >= activationBits && j >= weightBits);
        return FromArray(signedness, $"optrunc_x{activationBits}_w{weightBits}", kept.Sum, kept.Gates());
    }

    /// <summary>
    /// Makes a multiplier with a lower part of ORs: each of the k least significant columns gives the OR of its bit products and no
    /// carry, <c>m(x, w) = sum_(i+j &gt;= k) cell(i, j) + sum_(c&lt;k) 2^c OR_(i+j=c) (x_i w_j)</c>. Never above the exact product.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (Baugh-Wooley cells).</param>
    /// <param name="columns">k, 2..14 unsigned (column 0 has one cell), 2..7 signed: the negative cells begin in column 7.</param>
    /// <remarks>The lower-part OR adder is of Mahdiani, Ahmadi, Fakhraie and Lucas, IEEE TCAS-I 57(4), 2010; it is applied here to
    /// the columns of the array, without its carry-in.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static Multiplier LowerPartOr(Signedness signedness, int columns)
    {
        Check(signedness);
        Check(columns, 2, signedness == Signedness.Signed ? 7 : 14);
        var kept = new PartialProducts(signedness, (i, j) => i + j >= columns);
        int gates = kept.Gates();
        for (int column = 0; column < columns; column++)
        {
            int height = Math.Min(column + 1, 15 - column);
            gates += (2 * height) - 1;
        }

        return FromArray(signedness, $"orcol{columns}", (x, w) => kept.Sum(x, w) + OrColumns(x, w, columns), gates);
    }

    private static int OrColumns(int x, int w, int columns)
    {
        int or = 0;
        for (int j = 0; j < 8; j++)
        {
            or |= ((w >> j) & 1) != 0 ? (x & 255) << j : 0;
        }

        return or & ((1 << columns) - 1);
    }
}
