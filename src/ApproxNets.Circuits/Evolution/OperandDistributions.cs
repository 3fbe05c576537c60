namespace ApproxNets.Circuits.Evolution;

/// <summary>Probabilities of signed 8-bit operands, 256 in numeric order from -128 on, as networks have them.</summary>
public static class OperandDistributions
{
    private const int Codes = 256, Greatest = 127, Half = Codes / 2;

    // Ranges are clipped so that one activation in a thousand is beyond them: 3.09 standard deviations of a half-normal distribution.
    // The greatest of a channel's hundred to five hundred weights is as far out.
    private const double GreatestInDeviations = 3.09;

    /// <summary>Activations behind a ReLU: half of them zero, the others half-normal.</summary>
    public static IReadOnlyList<double> Rectified { get; } = Normal(rectified: true);

    /// <summary>Weights, or activations that no ReLU has cut: normal around zero.</summary>
    public static IReadOnlyList<double> Symmetric { get; } = Normal(rectified: false);

    /// <summary>The probability of a magnitude, 0..127; that of -128 saturates.</summary>
    internal static double OfMagnitude(IReadOnlyList<double> signed, int magnitude) =>
        magnitude == 0 ? signed[Half]
        : signed[Half + magnitude] + signed[Half - magnitude] + (magnitude == Greatest ? signed[0] : 0);

    private static double[] Normal(bool rectified)
    {
        double deviation = Greatest / GreatestInDeviations;
        var density = new double[Codes];
        for (int code = -Greatest; code <= Greatest; code++)
        {
            density[(rectified ? Math.Max(code, 0) : code) + Half] += Math.Exp(-code * code / (2 * deviation * deviation));
        }

        double sum = density.Sum();
        return [.. density.Select(value => value / sum)];
    }
}
