namespace ApproxNets.Multipliers;

/// <summary>
/// The difference-based gradient of an approximate multiplier (Meng, Burleson, Qian, De Micheli, "Gradient Approximation of
/// Approximate Multipliers for High-Accuracy Deep Neural Network Retraining", DATE 2025; extended in arXiv 2509.10519): central
/// differences of the product table after a moving average along one operand.
/// </summary>
/// <remarks>
/// <para>With the half window size h and the other operand fixed,
/// <c>S(x) = sum_{i=-h..h} m(x + i, w) / (2h + 1)</c> and <c>dm/dx = (S(x + 1) - S(x - 1)) / 2</c>, which is
/// <c>(m(x+h+1) + m(x+h) - m(x-h) - m(x-h-1)) / (4h + 2)</c>.</para>
/// <para>Within h + 1 steps of the table's ends the windows do not fit. There this library takes the slope of the nearest x where they do.
/// That keeps the gradient linear in the table, exact for the exact multiplier, and of the right sign for negative weights. The authors'
/// program takes the greatest less the least product of the row, divided by 256, which is never negative and right only for unsigned
/// operands: a deviation on purpose. Elsewhere both agree.</para>
/// </remarks>
public static class DifferenceGradient
{
    /// <summary>Greatest half window size: two windows still fit side by side.</summary>
    public const int MaxHalfWindow = (Multiplier.Codes / 2) - 2;

    /// <summary>Computes <c>dm/dx</c> for all operands.</summary>
    /// <param name="multiplier">The multiplier.</param>
    /// <param name="halfWindow">Half window size h, 0..<see cref="MaxHalfWindow"/>; 0 does not smooth.</param>
    /// <returns>65,536 slopes, <c>[xCode * 256 + wCode]</c>; <c>w</c> for the exact multiplier.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The window does not fit.</exception>
    public static float[] OfActivation(Multiplier multiplier, int halfWindow) => AlongActivation(Products(multiplier), halfWindow);

    /// <summary>Computes <c>dm/dw</c> for all operands, as <see cref="OfActivation"/> does <c>dm/dx</c>.</summary>
    /// <inheritdoc cref="OfActivation"/>
    public static float[] OfWeight(Multiplier multiplier, int halfWindow) => AlongWeight(Products(multiplier), halfWindow);

    internal static float[] AlongActivation(float[] table, int halfWindow) => Slopes(table, halfWindow, Multiplier.Codes, 1);

    internal static float[] AlongWeight(float[] table, int halfWindow) => Slopes(table, halfWindow, 1, Multiplier.Codes);

    internal static void Check(int halfWindow)
    {
        if (halfWindow is < 0 or > MaxHalfWindow)
        {
            throw new ArgumentOutOfRangeException(
                nameof(halfWindow), $"Difference gradient: found a half window size of {halfWindow}, expected 0..{MaxHalfWindow}.");
        }
    }

    /// <summary>The slope at one code of a function of codes: linear in <paramref name="values"/>.</summary>
    internal static float Slope(ReadOnlySpan<float> values, int stride, int code, int halfWindow)
    {
        int c = Math.Clamp(code, halfWindow + 1, Multiplier.Codes - 2 - halfWindow);
        double rise = (double)values[(c + halfWindow + 1) * stride] + values[(c + halfWindow) * stride]
            - values[(c - halfWindow) * stride] - values[(c - halfWindow - 1) * stride];
        return (float)(rise / ((4 * halfWindow) + 2));
    }

    private static float[] Products(Multiplier multiplier) => Array.ConvertAll(multiplier.Products.ToArray(), v => (float)v);

    private static float[] Slopes(float[] values, int halfWindow, int along, int across)
    {
        Check(halfWindow);
        var slopes = new float[values.Length];
        for (int fixedCode = 0; fixedCode < Multiplier.Codes; fixedCode++)
        {
            var line = values.AsSpan(fixedCode * across);
            for (int code = 0; code < Multiplier.Codes; code++)
            {
                slopes[(fixedCode * across) + (code * along)] = Slope(line, along, code, halfWindow);
            }
        }

        return slopes;
    }
}
