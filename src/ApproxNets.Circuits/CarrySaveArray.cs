using System.Diagnostics;

namespace ApproxNets.Circuits;

/// <summary>
/// The carry-save array multiplier (Braun, 1963), of which bit products may be left out: row by row the products <c>x_i w_j</c> of one
/// bit w_j are added to sum and carry of the row before, and a ripple-carry adder ends it. Signed by Baugh and Wooley (IEEE Trans.
/// Computers 1973): a product with one sign bit is worth <c>-b 2^c = (1 - b) 2^c - 2^c</c>, so it is inverted, and the <c>-2^c</c> of all
/// kept ones are gathered in one constant.
/// </summary>
public static class CarrySaveArray
{
    /// <summary>Makes the exact array, which costs are related to; signed, <c>2^n + 2^(2n-1)</c> is added to it.</summary>
    /// <param name="signedness">How operands and product are read.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown, or the width not 4 to 8.</exception>
    public static Netlist Exact(Signedness signedness, int operandBits = 8) => Of(signedness.Checked(), operandBits, (_, _) => true);

    /// <summary>Makes a circuit of two n-bit operands with its 2n-bit product.</summary>
    /// <param name="signedness">How operands and product are read.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <param name="keep">Whether the product of bit i of the activation and bit j of the weight is kept.</param>
    /// <param name="constant">Is added; even unless the product of both bits 0 is left out.</param>
    internal static Netlist Of(Signedness signedness, int operandBits, Func<int, int, bool> keep, int constant = 0)
    {
        var circuit = new NetlistBuilder(operandBits);
        return circuit.Build(Product(circuit, circuit.OperandA(), circuit.OperandB(), signedness, keep, constant)).Simplified();
    }

    /// <summary>Adds the array of two words of equal width to a circuit.</summary>
    /// <returns>The nets of the product, twice as wide.</returns>
    internal static int[] Product(
        NetlistBuilder circuit, int[] x, int[] w, Signedness signedness, Func<int, int, bool> keep, int constant = 0)
    {
        int n = x.Length;
        bool signed = signedness == Signedness.Signed;
        for (int cell = 0; cell < n * n; cell++)
        {
            (int i, int j) = (cell % n, cell / n);
            constant -= keep(i, j) && IsNegative(i, j) ? 1 << (i + j) : 0;
        }

        Debug.Assert((constant & 1) == 0 || !keep(0, 0));
        var product = new int[2 * n];

        // Of row j: sums and carries, sum i of weight i + j, carry i of weight i + j + 1. The constant takes the places that are free:
        // its lower bits those of the carries into row 1, bit n + j - 1 the top of row j, the last one the top of the final adder.
        int[] sums = [.. Enumerable.Range(0, n).Select(i => BitProduct(i, 0))];
        int[] carries = [.. Enumerable.Range(0, n).Select(i => i + 1 < n ? Constant(i + 1) : circuit.Zero)];
        product[0] = keep(0, 0) ? sums[0] : Constant(0);
        for (int j = 1; j < n; j++)
        {
            var (nextSums, nextCarries) = (new int[n], new int[n]);
            for (int i = 0; i < n; i++)
            {
                int above = i + 1 < n ? sums[i + 1] : Constant(n + j - 1);
                (nextSums[i], nextCarries[i]) = circuit.FullAdder(above, carries[i], BitProduct(i, j));
            }

            (sums, carries) = (nextSums, nextCarries);
            product[j] = sums[0];
        }

        int carry = circuit.Zero;
        for (int i = 0; i < n; i++)
        {
            int above = i + 1 < n ? sums[i + 1] : Constant((2 * n) - 1);
            (product[n + i], carry) = circuit.FullAdder(above, carries[i], carry);
        }

        return product;

        bool IsNegative(int i, int j) => signed && (i == n - 1) != (j == n - 1);
        int Constant(int bit) => ((constant >> bit) & 1) != 0 ? circuit.One : circuit.Zero;
        int BitProduct(int i, int j) => !keep(i, j) ? circuit.Zero
            : IsNegative(i, j) ? circuit.Nand(x[i], w[j]) : circuit.And(x[i], w[j]);
    }
}
