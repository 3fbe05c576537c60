namespace ApproxNets.Multipliers;

/// <summary>
/// Tells in which order the rows and columns of a table run: an approximate product still correlates with the exact product of the right
/// reading, and less with that of a wrong one (the exact unsigned table read as signed: 0.37).
/// </summary>
public static class TableReading
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

    /// <summary>
    /// Reads a table whose order is not known: rows and columns in numeric order or by bit pattern, signed products as numbers or as their
    /// unsigned 16-bit patterns. The reading that correlates best with its exact product is taken.
    /// </summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="values">65,536 values, activation first.</param>
    /// <param name="declared">The signedness it is said to have, or null.</param>
    /// <returns>The signedness and the products in numeric order.</returns>
    /// <exception cref="InvalidDataException">A value does not fit 16 bits, the best reading is of the other signedness than the declared
    /// one, or nothing is declared and no reading correlates at all.</exception>
    public static (Signedness Signedness, int[] Products) Read(string path, ReadOnlySpan<int> values, Signedness? declared)
    {
        int outside = values.IndexOfAnyExceptInRange(short.MinValue, ushort.MaxValue);
        if (outside >= 0)
        {
            throw new InvalidDataException(
                $"{path}: found the product {values[outside]} in row {outside >> 8}, column {outside & 255}, expected one of 16 bits.");
        }

        int[] signed = new int[values.Length];
        for (int i = 0; i < signed.Length; i++)
        {
            signed[i] = (short)values[i];
        }

        bool negative = values.ContainsAnyInRange(short.MinValue, -1);
        double[] correlations =
        [
            negative ? double.NegativeInfinity : Correlation(values, Readings[0].Operand),
            Correlation(signed, Readings[1].Operand), Correlation(signed, Readings[2].Operand),
        ];
        int best = Best(correlations, 0, 3), ofDeclared = declared switch
        {
            Signedness.Unsigned => 0,
            Signedness.Signed => Best(correlations, 1, 3),
            _ => best,
        };
        string Described(int reading) => double.IsNegative(correlations[reading]) && double.IsInfinity(correlations[reading])
            ? $"{Readings[reading].Name} (impossible, as there are negative products)"
            : FormattableString.Invariant($"{Readings[reading].Name} (correlation {correlations[reading]:F3} with the exact product)");
        if (declared is null && correlations[best] <= 0)
        {
            throw new InvalidDataException(
                $"{path}: found a table that correlates with no exact product, expected a declaration of its signedness.");
        }

        if (correlations[ofDeclared] < correlations[best])
        {
            throw new InvalidDataException($"{path}: found a table that fits the operands {Described(best)}, "
                + $"expected {declared?.Word()} ones: {Described(ofDeclared)}.");
        }

        if (ofDeclared == 0)
        {
            return (Signedness.Unsigned, values.ToArray());
        }

        var products = new int[values.Length];
        int toPattern = ofDeclared == 2 ? 0x8080 : 0; // both sign bits
        for (int i = 0; i < products.Length; i++)
        {
            products[i ^ toPattern] = signed[i];
        }

        return (Signedness.Signed, products);
    }

    /// <summary>Computes the Pearson correlation of a table in numeric order with the exact products; 0 for a constant table, which fits
    /// any.</summary>
    /// <param name="products">65,536 products, activation first.</param>
    /// <param name="signedness">How the operands are read.</param>
    public static double Correlation(ReadOnlySpan<int> products, Signedness signedness) =>
        Correlation(products, Readings[signedness == Signedness.Signed ? 1 : 0].Operand);

    private static int Best(double[] correlations, int start, int end) =>
        Enumerable.Range(start, end - start).MaxBy(i => correlations[i]);

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
