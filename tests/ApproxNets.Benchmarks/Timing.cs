namespace ApproxNets.Benchmarks;

/// <summary>What repetitions of one call took.</summary>
/// <param name="MedianMilliseconds">Median of the samples.</param>
/// <param name="MinMilliseconds">Least of the samples.</param>
/// <param name="Samples">Number of samples; a sample of a short call is the mean of several calls in a row.</param>
public readonly record struct Timing(double MedianMilliseconds, double MinMilliseconds, int Samples)
{
    /// <summary>Computes the median and the least of samples in milliseconds.</summary>
    /// <exception cref="ArgumentException">There is no sample.</exception>
    public static Timing Of(IReadOnlyCollection<double> samples)
    {
        if (samples.Count == 0)
        {
            throw new ArgumentException("Timing: found no sample, expected at least one.", nameof(samples));
        }

        double[] sorted = [.. samples.Order()];
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Timing(median, sorted[0], sorted.Length);
    }

    /// <summary>The time of a call that does <paramref name="factor"/> times the work.</summary>
    public Timing Scale(double factor) => new(MedianMilliseconds * factor, MinMilliseconds * factor, Samples);

    /// <summary>Computes the geometric mean <c>exp(mean(log v))</c>, the mean that suits ratios: that of the inverses is its
    /// inverse.</summary>
    /// <exception cref="ArgumentException">There is no value, or one is not positive.</exception>
    public static double GeometricMean(IReadOnlyCollection<double> values) => values.Count > 0 && values.All(value => value > 0)
        ? Math.Exp(values.Average(Math.Log))
        : throw new ArgumentException(
            $"Geometric mean: found [{string.Join(", ", values)}], expected at least one value, all positive.", nameof(values));
}
