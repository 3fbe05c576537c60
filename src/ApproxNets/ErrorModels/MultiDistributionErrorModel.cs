using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// The probabilistic multi-distribution model (Trommer, Waschneck, Kumar, ICCAD 2022, section 4): the products of one
/// output share a receptive field, so each of K fields gives its own activation distribution, hence its own mean
/// <c>mu_k</c> and standard deviation <c>s_k</c> of the sum; over the fields <c>mean = avg mu_k</c> and
/// <c>sigma^2 = avg(mu_k^2 + s_k^2) - mean^2</c>.
/// </summary>
public sealed class MultiDistributionErrorModel : IErrorModel
{
    /// <inheritdoc/>
    public string Name => "multi";

    /// <inheritdoc/>
    public ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample)
    {
        sample.Check(multiplier);
        var (first, second) = ErrorMoments.GivenActivation(multiplier, sample.WeightDistribution);
        int n = sample.FanIn, fields = sample.ReceptiveFieldCount;
        double sumOfMeans = 0, sumOfSquares = 0;
        for (int k = 0; k < fields; k++)
        {
            // The field's own distribution gives each of its n activations the weight 1/n, so sums over it suffice.
            double mean = 0, square = 0;
            foreach (byte code in sample.ReceptiveFields.AsSpan(k * n, n))
            {
                mean += first[code];
                square += second[code];
            }

            // With mean = n mu of one product, the variance of the sum is n (avg q - mu^2) = square - mean^2 / n.
            double variance = Math.Max(0, square - (mean * mean / n));
            sumOfMeans += mean;
            sumOfSquares += (mean * mean) + variance;
        }

        double average = sumOfMeans / fields;
        return new ErrorEstimate(average, Math.Sqrt(Math.Max(0, (sumOfSquares / fields) - (average * average))));
    }
}
