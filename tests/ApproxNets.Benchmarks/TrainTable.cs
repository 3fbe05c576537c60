using System.Globalization;

namespace ApproxNets.Benchmarks;

/// <summary>The lines that <c>benchmark command train</c> shows.</summary>
internal static class TrainTable
{
    public static string Header(TrainBenchmarkOptions options) =>
        $"Training steps, batch {options.Batch}, multiplier {TrainBenchmark.Multiplier.Name} in all layers. Medians.\n"
        + $"{"network",-12}{"mode",-14}{"ms/step",10}{"16 bit",10}{"peak MB",10}{"before, MB",12}";

    /// <summary>One network: its modes and its ratios.</summary>
    public static string Rows(IReadOnlyList<TrainMeasurement> network)
    {
        string name = $"ResNet{network[0].Depth}";
        var lines = network.Select(m => string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-12}{m.Mode,-14}{m.Step.MedianMilliseconds,10:F1}{m.Reduced?.MedianMilliseconds,10:F1}{m.Memory?.Peak / 1e6,10:F0}{m.Memory?.Start / 1e6,12:F0}"));
        double? time = BenchmarkReport.ApproximateOverQat(network, m => m.Step.MedianMilliseconds);
        double? memory = BenchmarkReport.ApproximateOverQat(network, m => m.Memory?.Peak);
        return string.Join('\n', lines.Append(string.Create(
            CultureInfo.InvariantCulture, $"{name}: approximate / quantised: time {time:F2}, memory {memory:F2}")));
    }
}
