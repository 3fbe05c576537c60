// The flow of data, 5 of 8. The error model predicts the error of a layer (3) under a multiplier (1) from a sample of operands, without
// simulation. ErrorTable holds the predictions for all pairs; matching (6) and subset search (7) read it.
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// The probabilistic multi-distribution model (Trommer, Waschneck, Kumar, ICCAD 2022, section 4). The n products of one output share a
/// receptive field, so each of K sampled fields has an activation distribution <c>p_x^k</c> of its own. The sum of its n products errs with
/// the mean <c>mu_k = n sum E p_x^k p_w</c> and the variance <c>s_k^2 = n Var_k</c>, where
/// <c>Var_k = sum E^2 p_x^k p_w - (sum E p_x^k p_w)^2</c> is that of one product's error. Over all fields
/// <c>mean = avg mu_k</c> and <c>sigma^2 = avg(mu_k^2 + s_k^2) - mean^2</c>.
/// </summary>
/// <remarks><see cref="Estimate"/> is the equation as it stands. <see cref="EstimateAll"/> is the same for many multipliers: a field becomes
/// a histogram once, and eight multipliers are computed side by side.</remarks>
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
            // p_x^k gives each of the field's n activations the weight 1/n. So n sum E p_x^k p_w is the sum of r(x) = sum_w E p_w
            // over them, and n sum E^2 p_x^k p_w that of q(x) = sum_w E^2 p_w.
            double mean = 0, square = 0;
            foreach (byte code in sample.ReceptiveFields.AsSpan(k * n, n))
            {
                mean += first[code];
                square += second[code];
            }

            // s_k^2 = n (square / n - (mean / n)^2).
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

/// <summary>
/// How often every activation code stands in every receptive field of a sample. Sparse, as few of the 256 codes occur in one field
/// after a ReLU, and zero occurs often.
/// </summary>
internal sealed class ReceptiveFieldHistograms
{
    private readonly (int Code, int Times)[] _entries;
    private readonly int[] _starts;

    public ReceptiveFieldHistograms(LayerSample sample)
    {
        FanIn = sample.FanIn;
        Codes = [.. sample.ActivationDistribution.Index().Where(p => p.Item > 0).Select(p => (byte)p.Index)];
        var entries = new List<(int, int)>();
        _starts = new int[sample.ReceptiveFieldCount + 1];
        Span<int> times = stackalloc int[Multiplier.Codes];
        for (int k = 0; k < Count; k++)
        {
            times.Clear();
            foreach (byte code in sample.ReceptiveFields.AsSpan(k * FanIn, FanIn))
            {
                times[code]++;
            }

            for (int i = 0; i < Codes.Length; i++)
            {
                if (times[Codes[i]] > 0)
                {
                    entries.Add((i, times[Codes[i]]));
                }
            }

            _starts[k + 1] = entries.Count;
        }

        _entries = [.. entries];
    }

    public int FanIn { get; }

    /// <summary>The codes that occur, rising.</summary>
    public byte[] Codes { get; }

    /// <summary>Number of fields.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>The histogram of a field: indices into <see cref="Codes"/> and how often they occur.</summary>
    public ReadOnlySpan<(int Code, int Times)> this[int field] => _entries.AsSpan(_starts[field].._starts[field + 1]);
}
