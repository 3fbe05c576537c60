using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// All products of a layer draw their operands independently from the layer's two distributions:
/// <c>mu = sum E p_x p_w</c>, <c>s^2 = sum (E - mu)^2 p_x p_w</c>; the sum of n products has mean <c>n mu</c> and standard
/// deviation <c>sqrt(n) s</c>. Too small where the products of one output share an error, which real images make them do.
/// </summary>
public sealed class SingleDistributionErrorModel : IErrorModel
{
    /// <inheritdoc/>
    public string Name => "single";

    /// <inheritdoc/>
    public ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample)
    {
        sample.Check(multiplier);
        var (first, second) = ErrorMoments.GivenActivation(multiplier, sample.WeightDistribution);
        double[] activations = sample.ActivationDistribution;
        double mean = 0, square = 0;
        for (int x = 0; x < Multiplier.Codes; x++)
        {
            mean += activations[x] * first[x];
            square += activations[x] * second[x];
        }

        double variance = Math.Max(0, square - (mean * mean));
        return new ErrorEstimate(sample.FanIn * mean, Math.Sqrt(sample.FanIn * variance));
    }
}
