using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
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
    // Multipliers that are computed together: eight doubles, two vectors of four lanes.
    private const int Together = 8;

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
        return sample.OfAllChannels(average, (sumOfSquares / fields) - (average * average));
    }

    /// <inheritdoc/>
    public ErrorEstimate[,] EstimateAll(
        IReadOnlyList<LayerSample> samples, IReadOnlyList<Multiplier> multipliers, CancellationToken cancellation = default)
    {
        LayerSample.Check(samples, multipliers);
        var layers = samples.AsParallel().AsOrdered()
            .Select(s => (Fields: new ReceptiveFieldHistograms(s), Weights: s.WeightDistribution)).ToArray();
        var estimates = new ErrorEstimate[samples.Count, multipliers.Count];
        int blocks = (multipliers.Count + Together - 1) / Together;
        Parallel.For(0, samples.Count * blocks, new ParallelOptions { CancellationToken = cancellation }, unit =>
        {
            (int layer, int block) = Math.DivRem(unit, blocks);
            var (fields, weights) = layers[layer];
            int from = block * Together, count = Math.Min(Together, multipliers.Count - from);

            // Moments [code, r of eight multipliers, q of eight multipliers]; lanes without a multiplier stay 0.
            var moments = new double[fields.Codes.Length * 2 * Together];
            for (int m = 0; m < count; m++)
            {
                ErrorMoments.GivenActivations(
                    multipliers[from + m], weights, fields.Codes, moments.AsSpan(m), moments.AsSpan(Together + m), 2 * Together);
            }

            Span<double> means = stackalloc double[Together], squares = stackalloc double[Together];
            Sum(fields, moments, means, squares);
            for (int m = 0; m < count; m++)
            {
                double average = means[m] / fields.Count;
                estimates[layer, from + m] = samples[layer].OfAllChannels(average, (squares[m] / fields.Count) - (average * average));
            }
        });
        return estimates;
    }

    /// <summary>Sums <c>mu_k</c> and <c>mu_k^2 + s_k^2</c> over the fields; a lane is a multiplier.</summary>
    private static void Sum(ReceptiveFieldHistograms fields, ReadOnlySpan<double> moments, Span<double> means, Span<double> squares)
    {
        ref double start = ref MemoryMarshal.GetReference(moments);
        Vector256<double> meansLow = default, meansHigh = default, squaresLow = default, squaresHigh = default;
        double n = fields.FanIn;
        for (int k = 0; k < fields.Count; k++)
        {
            Vector256<double> meanLow = default, meanHigh = default, squareLow = default, squareHigh = default;
            foreach (var (code, times) in fields[k])
            {
                nuint at = (nuint)(code * 2 * Together);
                Vector256<double> weight = Vector256.Create((double)times);
                meanLow += weight * Vector256.LoadUnsafe(ref start, at);
                meanHigh += weight * Vector256.LoadUnsafe(ref start, at + 4);
                squareLow += weight * Vector256.LoadUnsafe(ref start, at + 8);
                squareHigh += weight * Vector256.LoadUnsafe(ref start, at + 12);
            }

            meansLow += meanLow;
            meansHigh += meanHigh;
            squaresLow += (meanLow * meanLow) + Vector256.Max(default, squareLow - (meanLow * meanLow / n));
            squaresHigh += (meanHigh * meanHigh) + Vector256.Max(default, squareHigh - (meanHigh * meanHigh / n));
        }

        meansLow.CopyTo(means);
        meansHigh.CopyTo(means[4..]);
        squaresLow.CopyTo(squares);
        squaresHigh.CopyTo(squares[4..]);
    }
}
