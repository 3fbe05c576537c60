using System.Globalization;

namespace ApproxNets.Benchmarks;

/// <summary>The lines that <c>benchmark command errors</c> shows.</summary>
internal static class ErrorModelTable
{
    public static string Text(IReadOnlyList<ErrorModelMeasurement> measurements, ErrorModelBenchmarkOptions options) => string.Join(
        '\n',
        measurements.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Model,-14}{m.Time.MedianMilliseconds / 1000,10:F2} s"))
            .Prepend(
                $"ResNet{options.Depth}, {options.Multipliers} multipliers: {measurements[0].Pairs} pairs. Medians of {options.Rounds} rounds."));
}
