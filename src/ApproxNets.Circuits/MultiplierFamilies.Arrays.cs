namespace ApproxNets.Circuits;

/// <content>Families that leave out or merge bit products of the array multiplier.</content>
public static partial class MultiplierFamilies
{
    /// <summary>
    /// Makes a truncated multiplier: the bit products of the k least significant columns, <c>i + j &lt; k</c>, are left out. Unsigned, the
    /// mean error is <c>-sum_(c&lt;k) h_c 2^c / 4</c>, h_c being the height of column c.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (Baugh-Wooley cells).</param>
    /// <param name="columns">k, 1..2n-2 of the 2n-1 columns.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <remarks>Source: Schulte and Swartzlander, "Truncated multiplication with correction constant", VLSI Signal Processing VI,
    /// 1993; here without the correction.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit Truncated(Signedness signedness, int columns, int operandBits = 8)
    {
        Check(signedness, operandBits);
        Check(columns, 1, (2 * operandBits) - 2);
        return FromCircuit(
            signedness, $"trunc{columns}", CarrySaveArray.Of(signedness, operandBits, (i, j) => i + j >= columns));
    }

    /// <summary>
    /// Makes a truncated multiplier with a correction constant: as <see cref="Truncated"/>, plus the mean of what was left out, rounded to
    /// an integer. The bias is at most 1/2, and products with a zero operand are that constant, not 0.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (Baugh-Wooley cells).</param>
    /// <param name="columns">k, 2..2n-2 of the 2n-1 columns (for k = 1 the constant is 0).</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <remarks>Source: Schulte and Swartzlander, "Truncated multiplication with correction constant", VLSI Signal Processing VI,
    /// 1993. They round the constant to the kept columns; the bits below cost nothing, so they are kept here.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit TruncatedCompensated(Signedness signedness, int columns, int operandBits = 8)
    {
        Check(signedness, operandBits);
        Check(columns, 2, (2 * operandBits) - 2);
        int signBit = signedness == Signedness.Signed ? operandBits - 1 : -1, fourfoldMean = 0;
        for (int i = 0; i < operandBits; i++)
        {
            for (int j = 0; j < operandBits && i + j < columns; j++)
            {
                fourfoldMean += (i == signBit) != (j == signBit) ? -(1 << (i + j)) : 1 << (i + j); // each is 1 for a quarter of the pairs
            }
        }

        int constant = (int)Math.Round(fourfoldMean / 4.0, MidpointRounding.AwayFromZero);
        return FromCircuit(
            signedness, $"truncc{columns}", CarrySaveArray.Of(signedness, operandBits, (i, j) => i + j >= columns, constant));
    }

    /// <summary>
    /// Makes a broken-array multiplier (BAM): the cells of the first <paramref name="horizontal"/> rows (<c>j &lt; h</c>, bits of w) and of
    /// the least significant <paramref name="vertical"/> columns (<c>i + j &lt; v</c>) are left out.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (Baugh-Wooley cells).</param>
    /// <param name="horizontal">Horizontal break level h, 0..n-1.</param>
    /// <param name="vertical">Vertical break level v, 0..2n-2.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <remarks>Source: Mahdiani, Ahmadi, Fakhraie and Lucas, "Bio-inspired imprecise computational blocks for efficient VLSI
    /// implementation of soft-computing applications", IEEE TCAS-I 57(4), 2010.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit BrokenArray(Signedness signedness, int horizontal, int vertical, int operandBits = 8)
    {
        Check(signedness, operandBits);
        Check(horizontal, 0, operandBits - 1);
        Check(vertical, 0, (2 * operandBits) - 2);
        return FromCircuit(
            signedness, $"bam_h{horizontal}_v{vertical}",
            CarrySaveArray.Of(signedness, operandBits, (i, j) => j >= horizontal && i + j >= vertical));
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
    public static MultiplierCircuit Perforated(Signedness signedness, int first, int count)
    {
        Check(signedness);
        int rows = signedness == Signedness.Signed ? 7 : 8;
        Check(first, 0, rows - 1);
        Check(count, 1, Math.Min(7, rows - first));
        return FromCircuit(
            signedness, $"perf_j{first}_m{count}", CarrySaveArray.Of(signedness, 8, (_, j) => j < first || j >= first + count));
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
    public static MultiplierCircuit OperandTruncated(Signedness signedness, int activationBits, int weightBits)
    {
        Check(signedness);
        Check(activationBits, 0, 7);
        Check(weightBits, 0, 7);
        return FromCircuit(
            signedness, $"optrunc_x{activationBits}_w{weightBits}",
            CarrySaveArray.Of(signedness, 8, (i, j) => i >= activationBits && j >= weightBits));
    }

    /// <summary>
    /// Makes a multiplier with a lower part of ORs: each of the k least significant columns gives the OR of its bit products and no
    /// carry, <c>m(x, w) = sum_(i+j &gt;= k) cell(i, j) + sum_(c&lt;k) 2^c OR_(i+j=c) (x_i w_j)</c>. Never above the exact product.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (Baugh-Wooley cells).</param>
    /// <param name="columns">k, 2..14 unsigned (column 0 has one cell; 1 is exact), 2..7 signed: the negative cells begin in column
    /// 7.</param>
    /// <remarks>The lower-part OR adder is of Mahdiani, Ahmadi, Fakhraie and Lucas, IEEE TCAS-I 57(4), 2010; it is applied here to
    /// the columns of the array, without its carry-in.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit LowerPartOr(Signedness signedness, int columns)
    {
        Check(signedness);
        Check(columns, 2, signedness == Signedness.Signed ? 7 : 14);
        var circuit = new NetlistBuilder(8);
        int[] x = circuit.OperandA(), w = circuit.OperandB();
        int[] product = CarrySaveArray.Product(circuit, x, w, signedness, (i, j) => i + j >= columns);
        for (int column = 0; column < columns; column++)
        {
            product[column] = circuit.AnyOf([.. from i in Enumerable.Range(0, 8)
                                                where column - i is >= 0 and < 8
                                                select circuit.And(x[i], w[column - i])]);
        }

        return FromCircuit(signedness, $"orcol{columns}", circuit.Build(product).Simplified());
    }
}
