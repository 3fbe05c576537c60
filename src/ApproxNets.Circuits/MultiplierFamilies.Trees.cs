namespace ApproxNets.Circuits;

/// <summary>An approximate 4:2 compressor without carry in and out: four bits of one column become a sum of the same column and a carry of
/// the next one.</summary>
public enum ApproximateCompressor
{
    /// <summary>
    /// Design 2 of Momeni, Han, Montuschi and Lombardi, "Design and analysis of approximate compressors for multiplication", IEEE Trans.
    /// Computers 64(4), 2015: <c>sum = (x1 xnor x2) or (x3 xnor x4)</c>, <c>carry = (x1 or x2) and (x3 or x4)</c>. Wrong for 4 of the 16
    /// inputs, by 1 each; four zeros give 1.
    /// </summary>
    Momeni,

    /// <summary>
    /// Design 1 of Yang, Han and Lombardi, "Approximate compressors for error-resilient multiplier design", DFTS 2015: as the exact one,
    /// but four ones give 3.
    /// </summary>
    Yang,

    /// <summary>
    /// Venkatachalam and Ko, "Design of power and area efficient approximate multipliers", IEEE TVLSI 25(5), 2017:
    /// <c>sum = (x1 xor x2) or (x3 xor x4) or (x1 x2 x3 x4)</c>, <c>carry = x1 x2 or x3 x4</c>. Wrong for 5 of the 16 inputs, by -1 each.
    /// </summary>
    Venkatachalam,
}

/// <content>Families that sum bit products in a tree: exact ones, approximate compressors, 2x2 blocks.</content>
public static partial class MultiplierFamilies
{
    /// <summary>Makes the exact multiplier with a Wallace tree and a ripple-carry adder; signed by Baugh and Wooley.</summary>
    /// <param name="signedness">How operands and product are read.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <remarks>Source: Wallace, "A suggestion for a fast multiplier", IEEE Trans. Electronic Computers EC-13(1), 1964.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit Wallace(Signedness signedness, int operandBits = 8)
    {
        Check(signedness, operandBits);
        var circuit = new NetlistBuilder(operandBits);
        return FromCircuit(signedness, "wallace", circuit.Build(ColumnTree.OfProducts(circuit, signedness).Wallace()).Simplified());
    }

    /// <summary>Makes the exact multiplier with a Dadda tree and a ripple-carry adder; signed by Baugh and Wooley.</summary>
    /// <param name="signedness">How operands and product are read.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <remarks>Source: Dadda, "Some schemes for parallel multipliers", Alta Frequenza 34, 1965.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit Dadda(Signedness signedness, int operandBits = 8)
    {
        Check(signedness, operandBits);
        var circuit = new NetlistBuilder(operandBits);
        return FromCircuit(signedness, "dadda", circuit.Build(ColumnTree.OfProducts(circuit, signedness).Dadda()).Simplified());
    }

    /// <summary>
    /// Makes a multiplier with a tree of approximate 4:2 compressors in its k least significant columns and of full adders in the others;
    /// a ripple-carry adder ends it.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (Baugh-Wooley cells).</param>
    /// <param name="compressor">The compressor, with its source.</param>
    /// <param name="columns">k, 0..2n; 0 is exact.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <remarks>Which bits of a column meet in a compressor is not said by the papers in full; here they are taken in the order of the
    /// activation's bits, carries last. Error figures of whole multipliers therefore differ from the papers'.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit Compressed(Signedness signedness, ApproximateCompressor compressor, int columns, int operandBits = 8)
    {
        Check(signedness, operandBits);
        Check(columns, 0, 2 * operandBits);
        if (!Enum.IsDefined(compressor))
        {
            throw new ArgumentOutOfRangeException(
                nameof(compressor), $"Found compressor {(int)compressor}, expected one of {nameof(ApproximateCompressor)}.");
        }

        var circuit = new NetlistBuilder(operandBits);
        int[] product = ColumnTree.OfProducts(circuit, signedness).Compressed(compressor, columns);
        string name = compressor.ToString().ToLowerInvariant();
        return FromCircuit(signedness, $"c42{name}{columns}", circuit.Build(product).Simplified());
    }

    /// <summary>
    /// Makes an underdesigned multiplier of 2x2 blocks: a block gives 7 for 3 x 3 and is exact otherwise; the product is
    /// <c>sum_(p,q) 4^(p+q) block(x digit p, w digit q)</c> over base-4 digits. Never above the exact product; relative error at most 2/9.
    /// </summary>
    /// <param name="signedness">Unsigned, or signed (sign-magnitude).</param>
    /// <param name="diagonals">0..7: blocks with <c>p + q &lt; diagonals</c> are underdesigned, the others exact; 7 is the published
    /// design, 0 exact.</param>
    /// <remarks>Source: Kulkarni, Gupta and Ercegovac, "Trading accuracy for power with an underdesigned multiplier architecture",
    /// VLSI Design 2011; here a Dadda tree sums the blocks.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">A parameter is out of range.</exception>
    public static MultiplierCircuit Underdesigned(Signedness signedness, int diagonals)
    {
        Check(signedness);
        Check(diagonals, 0, 7);
        return FromCore(signedness, $"udm{diagonals}", (circuit, x, w) =>
        {
            var tree = new ColumnTree(circuit, 16);
            for (int block = 0; block < 16; block++)
            {
                (int p, int q) = (block >> 2, block & 3);
                (int x0, int x1, int w0, int w1) = (x[2 * p], x[(2 * p) + 1], w[2 * q], w[(2 * q) + 1]);
                int column = 2 * (p + q), middle = circuit.And(x1, w0), other = circuit.And(x0, w1), high = circuit.And(x1, w1);
                tree.Add(column, circuit.And(x0, w0));
                if (p + q < diagonals)
                {
                    tree.Add(column + 1, circuit.Or(middle, other));
                    tree.Add(column + 2, high);
                }
                else
                {
                    (int sum, int carry) = circuit.HalfAdder(middle, other);
                    (int upper, int top) = circuit.HalfAdder(high, carry);
                    tree.Add(column + 1, sum);
                    tree.Add(column + 2, upper);
                    tree.Add(column + 3, top);
                }
            }

            return tree.Dadda();
        });
    }
}
