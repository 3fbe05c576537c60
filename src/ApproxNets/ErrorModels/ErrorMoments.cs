using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// First and second moment of the error of one product, given the activation and averaged over the weights:
/// <c>r(x) = sum_w p_w E(x, w)</c> and <c>q(x) = sum_w p_w E(x, w)^2</c>.
/// </summary>
internal static class ErrorMoments
{
    public static (double[] First, double[] Second) GivenActivation(Multiplier multiplier, double[] weightDistribution)
    {
        int[] errors = multiplier.ErrorMap();
        var first = new double[Multiplier.Codes];
        var second = new double[Multiplier.Codes];
        for (int x = 0; x < Multiplier.Codes; x++)
        {
            var row = errors.AsSpan(x * Multiplier.Codes, Multiplier.Codes);
            for (int w = 0; w < row.Length; w++)
            {
                double weighted = weightDistribution[w] * row[w];
                first[x] += weighted;
                second[x] += weighted * row[w];
            }
        }

        return (first, second);
    }
}
