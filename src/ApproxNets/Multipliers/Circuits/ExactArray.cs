namespace ApproxNets.Multipliers.Circuits;

/// <summary>
/// The exact carry-save array multiplier that costs are related to: row by row the bit products <c>a_i b_j</c> are added to sum and carry
/// of the row before, and a ripple-carry adder ends it (Braun, 1963). Signed operands by Baugh and Wooley (IEEE Trans. Computers 1973):
/// products with one sign bit are inverted, and <c>2^n + 2^(2n-1)</c> is added.
/// </summary>
public static class ExactArray
{
    /// <summary>Makes the circuit of two n-bit operands with its 2n-bit product.</summary>
    /// <param name="signedness">How operands and product are read.</param>
    /// <param name="operandBits">n, 4 to 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown, or the width not 4 to 8.</exception>
    public static Netlist Of(Signedness signedness, int operandBits = 8)
    {
        if (signedness is not (Signedness.Signed or Signedness.Unsigned))
        {
            throw new ArgumentOutOfRangeException(nameof(signedness), $"Found signedness {(int)signedness}, expected Unsigned or Signed.");
        }

        bool signed = signedness == Signedness.Signed;
        int n = operandBits;
        var circuit = new NetlistBuilder(n);
        var product = new int[2 * n];

        // Of row i: sums and carries, sum j of weight i + j, carry j of weight i + j + 1.
        int[] sums = [.. Enumerable.Range(0, n).Select(j => BitProduct(0, j))];
        int[] carries = [.. Enumerable.Repeat(circuit.Zero, n)];
        product[0] = sums[0];
        for (int i = 1; i < n; i++)
        {
            var (nextSums, nextCarries) = (new int[n], new int[n]);
            for (int j = 0; j < n; j++)
            {
                int above = j + 1 < n ? sums[j + 1] : signed && i == 1 ? circuit.One : circuit.Zero; // 2^n beside row 1
                (nextSums[j], nextCarries[j]) = circuit.FullAdder(above, carries[j], BitProduct(i, j));
            }

            (sums, carries) = (nextSums, nextCarries);
            product[i] = sums[0];
        }

        int carry = circuit.Zero;
        for (int j = 0; j < n; j++)
        {
            int above = j + 1 < n ? sums[j + 1] : signed ? circuit.One : circuit.Zero; // 2^(2n-1)
            (product[n + j], carry) = circuit.FullAdder(above, carries[j], carry);
        }

        return circuit.Build(product).Simplified();

        int BitProduct(int i, int j) => signed && (i == n - 1) != (j == n - 1)
            ? circuit.Nand(circuit.A(i), circuit.B(j))
            : circuit.And(circuit.A(i), circuit.B(j));
    }
}
