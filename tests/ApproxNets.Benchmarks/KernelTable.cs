using System.Globalization;

namespace ApproxNets.Benchmarks;

/// <summary>The lines that <c>benchmark command kernels</c> shows.</summary>
internal static class KernelTable
{
    private const int NameWidth = 34;

    public static string Header(KernelBenchmarkOptions options) =>
        $"Signed: {options.Signed.Name}, unsigned: {options.Unsigned.Name}, path: {options.Path.ToString().ToLowerInvariant()}. "
        + $"Medians in ms; ratio: LUT / float; ~: scaled up from fewer samples.\n"
        + (GatherConv2d.UsesAvx2 ? "" : "Without AVX2 the gather baseline is a plain loop.\n")
        + $"{"layer",-NameWidth}{"batch",6}{"MMAC",9}{"float",10}{"signed",10}{"unsigned",10}{"gather",11}{"scalar",10}{"quantise",10}"
        + $"{"ratio s",9}{"ratio u",9}{"x gather",9}{"GMAC/s float",14}{"signed",8}{"unsigned",9}";

    public static string Row(KernelMeasurement m)
    {
        string gather = (m.GatherBatch < m.Layer.Shape.Batch ? "~" : "") + Milliseconds(m.Gather);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{m.Layer.Name,-NameWidth}{m.Layer.Shape.Batch,6}{m.Layer.Macs / 1e6,9:F2}{Milliseconds(m.Float),10}"
            + $"{Milliseconds(m.LutSigned),10}{Milliseconds(m.LutUnsigned),10}{gather,11}{Milliseconds(m.Scalar),10}"
            + $"{Milliseconds(m.Quantize),10}{m.RatioSigned,9:F2}{m.RatioUnsigned,9:F2}{m.SpeedupOverGather,9:F1}"
            + $"{m.GigaMacsPerSecond(m.Float),14:F2}{m.GigaMacsPerSecond(m.LutSigned),8:F2}{m.GigaMacsPerSecond(m.LutUnsigned),9:F2}");
    }

    /// <summary>Geometric means, by batch and of all; those of all last.</summary>
    public static string Means(IReadOnlyList<KernelMeasurement> measurements)
    {
        var batches = measurements.GroupBy(m => m.Layer.Shape.Batch).ToList();
        return string.Join(
            '\n', batches.Where(_ => batches.Count > 1).Select(b => Mean($"geometric mean, batch {b.Key}", [.. b]))
                .Append(Mean("geometric mean", measurements)));
    }

    private static string Mean(string name, IReadOnlyList<KernelMeasurement> measurements)
    {
        var means = BenchmarkReport.Geomeans(measurements);
        string gather = means[2].Value is double speedup
            ? string.Create(CultureInfo.InvariantCulture, $", {speedup:F1} times as fast as gather") : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"{name}: ratio signed {means[0].Value:F2}, unsigned {means[1].Value:F2}{gather}");
    }

    private static string Milliseconds(Timing? timing) => timing is not { MedianMilliseconds: var ms } ? "-"
        : ms.ToString(ms < 0.1 ? "F4" : ms < 10 ? "F3" : "F1", CultureInfo.InvariantCulture);
}
