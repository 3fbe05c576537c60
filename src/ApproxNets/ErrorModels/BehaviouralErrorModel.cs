using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// The truth that the other models predict. Runs the layer on the whole sample with the multiplier and with the exact one, and takes
/// mean and standard deviation of the difference over all outputs, the sums of a tuned multiplier times its scale. Exact for the sample. The
/// number of sample images decides the cost; <see cref="LayerSample.First"/> takes fewer. Sums are formed in double precision in a fixed order.
/// </summary>
public sealed class BehaviouralErrorModel : IErrorModel
{
    // The exact sums of a sample serve all multipliers; the table forgets them with the sample.
    private readonly ConditionalWeakTable<LayerSample, int[]> _exact = [];

    /// <inheritdoc/>
    public string Name => "behavioural";

    /// <inheritdoc/>
    public ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample) =>
        Compare(sample, sample.Simulate(multiplier), multiplier.Scale, _exact.GetValue(sample, s => s.Simulate(Exact(s.Scheme))));

    /// <inheritdoc/>
    public ErrorEstimate[,] EstimateAll(
        IReadOnlyList<LayerSample> samples, IReadOnlyList<Multiplier> multipliers, CancellationToken cancellation = default)
    {
        LayerSample.Check(samples, multipliers);
        var estimates = new ErrorEstimate[samples.Count, multipliers.Count];
        for (int l = 0; l < samples.Count; l++)
        {
            var sample = samples[l];
            int layer = l;
            int[] exact = sample.Simulate(Exact(sample.Scheme));

            // One thread per multiplier: no waiting for the last unit of every simulation, and one buffer per thread.
            Parallel.For(
                0, multipliers.Count, new ParallelOptions { CancellationToken = cancellation }, () => new int[exact.Length],
                (m, _, sums) =>
                {
                    sample.Simulate(multipliers[m], sums, threads: 1);
                    estimates[layer, m] = Compare(sample, sums, multipliers[m].Scale, exact);
                    return sums;
                },
                _ => { });
        }

        return estimates;
    }

    private static Multiplier Exact(Signedness scheme) => Multiplier.FromFunction("exact", scheme, (x, w) => x * w, 1, "definition");

    /// <summary>Takes the moments of the differences: by channel, then over all, every channel by its scale.</summary>
    private static ErrorEstimate Compare(LayerSample sample, int[] sums, double alpha, int[] exact)
    {
        int channels = sample.Shape.OutChannels, plane = sample.Shape.OutHeight * sample.Shape.OutWidth;
        double[] scales = sample.RelativeScales;
        var channelSums = new double[channels];
        double squares = 0;
        for (int at = 0, i = 0; at < exact.Length; at += plane, i++)
        {
            var (sum, square) = Moments(sums.AsSpan(at, plane), alpha, exact.AsSpan(at, plane));
            double scale = scales[i % scales.Length];
            channelSums[i % channels] += scale * sum;
            squares += scale * scale * square;
        }

        double outputs = exact.Length, mean = channelSums.Sum() / outputs, perChannel = outputs / channels;
        double between = channelSums.Sum(s => ((s / perChannel) - mean) * ((s / perChannel) - mean)) / channels;
        double variance = Math.Max(0, (squares / outputs) - (mean * mean));
        return sample.Share(mean, Math.Sqrt(variance), Math.Sqrt(Math.Min(between, variance)));
    }

    /// <summary>Sum and sum of squares of <c>alpha a - b</c>, eight at a time. With alpha = 1, sums of integers below 2^53 are exact.</summary>
    private static (double Sum, double Squares) Moments(ReadOnlySpan<int> a, double alpha, ReadOnlySpan<int> b)
    {
        ref int left = ref MemoryMarshal.GetReference(a);
        ref int right = ref MemoryMarshal.GetReference(b);
        Vector256<double> sums = default, squares = default, scale = Vector256.Create(alpha);
        int i = 0;
        for (; i <= a.Length - 8; i += 8)
        {
            Vector256<int> found = Vector256.LoadUnsafe(ref left, (nuint)i), exact = Vector256.LoadUnsafe(ref right, (nuint)i);
            Vector256<double> low = ErrorMoments.Error(Vector256.WidenLower(found), Vector256.WidenLower(exact), scale);
            Vector256<double> high = ErrorMoments.Error(Vector256.WidenUpper(found), Vector256.WidenUpper(exact), scale);
            sums += low + high;
            squares += (low * low) + (high * high);
        }

        double sum = ErrorMoments.Sum(sums), square = ErrorMoments.Sum(squares);
        for (; i < a.Length; i++)
        {
            double error = (alpha * a[i]) - b[i];
            sum += error;
            square += error * error;
        }

        return (sum, square);
    }
}
