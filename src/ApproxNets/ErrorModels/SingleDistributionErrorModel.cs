using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// All products of a layer draw their operands independently from the layer's two distributions:
/// <c>mu = sum E p_x p_w</c>, <c>s^2 = sum (E - mu)^2 p_x p_w</c>; the sum of n products has mean <c>n mu</c> and standard
/// deviation <c>sqrt(n) s</c>. That is too small where the products of one output share an error, as they do on real images.
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

        return sample.OfAllChannels(sample.FanIn * mean, sample.FanIn * (square - (mean * mean)));
    }

    /// <inheritdoc/>
    public ErrorEstimate[,] EstimateAll(
        IReadOnlyList<LayerSample> samples, IReadOnlyList<Multiplier> multipliers, CancellationToken cancellation = default)
    {
        LayerSample.Check(samples, multipliers);
        var layers = samples.AsParallel().AsOrdered().Select(s => (
            Weights: s.WeightDistribution, Activations: s.ActivationDistribution.Where(p => p > 0).ToArray(),
            Codes: s.ActivationDistribution.Index().Where(p => p.Item > 0).Select(p => (byte)p.Index).ToArray())).ToArray();
        var estimates = new ErrorEstimate[samples.Count, multipliers.Count];
        Parallel.For(0, estimates.Length, new ParallelOptions { CancellationToken = cancellation }, pair =>
        {
            (int l, int m) = Math.DivRem(pair, multipliers.Count);
            var (weights, activations, codes) = layers[l];
            Span<double> first = stackalloc double[codes.Length], second = stackalloc double[codes.Length];
            ErrorMoments.GivenActivations(multipliers[m], weights, codes, first, second, 1);
            double mean = 0, square = 0;
            for (int i = 0; i < codes.Length; i++)
            {
                mean += activations[i] * first[i];
                square += activations[i] * second[i];
            }

            int n = samples[l].FanIn;
            estimates[l, m] = samples[l].OfAllChannels(n * mean, n * (square - (mean * mean)));
        });
        return estimates;
    }
}
