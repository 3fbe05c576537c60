namespace ApproxNets.Multipliers;

/// <summary>
/// Tells in which order the rows and columns of a table run: an approximate product still correlates with the exact product of the right
/// reading, and less with that of a wrong one (the exact unsigned table read as signed: 0.37).
/// </summary>
internal static class TableReading
{
    private static readonly (string Name, Func<int, int> Operand)[] Readings =
    [
        ("unsigned 0..255", code => code),
        ("signed -128..127", code => code - 128),
        ("signed by bit pattern 0..127, -128..-1", code => (sbyte)code),
    ];

    /// <summary>Throws when another reading than the declared one correlates better.</summary>
    internal static void Check(string path, ReadOnlySpan<int> products, Signedness signedness)
    {
        int declared = signedness == Signedness.Signed ? 1 : 0;
        double declaredCorrelation = Correlation(products, Readings[declared].Operand);
        for (int other = 0; other < Readings.Length; other++)
        {
            double correlation = Correlation(products, Readings[other].Operand);
            if (correlation > declaredCorrelation)
            {
                string found = FormattableString.Invariant(
                    $"{Readings[other].Name} (correlation {correlation:F3} with the exact product)");
                string expected = FormattableString.Invariant($"{Readings[declared].Name} (correlation {declaredCorrelation:F3})");
                throw new InvalidDataException($"{path}: found a table that fits the operands {found}, expected {expected}.");
            }
        }
    }

    /// <summary>Pearson correlation of the table with the exact products of a reading; 0 for a constant table, which fits any.</summary>
    private static double Correlation(ReadOnlySpan<int> products, Func<int, int> operand)
    {
        Int128 n = products.Length, sumP = 0, sumE = 0, sumPP = 0, sumEE = 0, sumPE = 0;
        for (int i = 0; i < products.Length; i++)
        {
            long product = products[i], exact = operand(i >> 8) * operand(i & 255);
            sumP += product;
            sumE += exact;
            sumPP += product * product;
            sumEE += exact * exact;
            sumPE += product * exact;
        }

        double variances = (double)((n * sumPP) - (sumP * sumP)) * (double)((n * sumEE) - (sumE * sumE));
        return variances == 0 ? 0 : (double)((n * sumPE) - (sumP * sumE)) / Math.Sqrt(variances);
    }
}
