using ApproxNets.Benchmarks;
using Xunit;

namespace ApproxNets.Tests.Benchmarks;

public sealed class TrainBenchmarkTests
{
    private static readonly TrainBenchmarkOptions Quick = new() { Threads = 1, Depths = [8], Batch = 2, Rounds = 1, MemorySteps = 1 };

    [Fact]
    public void Every_mode_is_measured_and_reported()
    {
        var asked = new List<string>();
        var measurements = TrainBenchmark.Run(
            Quick,
            (depth, mode) =>
            {
                asked.Add(mode);
                return new PeakMemory(100, mode == "Approximate" ? 400 : 200);
            },
            null,
            TestContext.Current.CancellationToken);

        Assert.Equal(TrainBenchmark.Modes, measurements.Select(m => m.Mode));
        Assert.Equal(TrainBenchmark.Modes, asked);
        Assert.All(measurements, m => Assert.True(m.Step is { MedianMilliseconds: > 0, Samples: 1 }));
        Assert.All(measurements, m => Assert.Equal(m.Mode == "Surrogate", m.Reduced is null));
        Assert.All(measurements, m => Assert.True(m.Reduced is null or { MedianMilliseconds: > 0, Samples: 1 }));
        var network = Assert.Single(BenchmarkReport.Training(measurements, Quick)["networks"]!.AsArray())!;
        Assert.Equal("ResNet8", (string?)network["name"]);
        Assert.Equal(["float", "quantized", "noise", "approximate", "surrogate"], network["modes"]!.AsArray().Select(m => (string?)m!["mode"]));
        Assert.True((double)network["approximate_over_qat"]! > 0);
        Assert.Equal(2, (double)network["memory_approximate_over_qat"]!);
        Assert.Equal(3, (double)network["memory_above_start_approximate_over_qat"]!);
    }

    [Fact]
    public void Peak_memory_does_not_fall()
    {
        var memory = TrainBenchmark.MeasureMemory(8, "Approximate", Quick);
        Assert.InRange(memory.Start, 1 << 20, memory.Peak);
    }

    [Fact]
    public void Wrong_options_are_refused()
        => Assert.Throws<ArgumentException>(
            () => TrainBenchmark.Run(Quick with { Rounds = 0 }, null, null, TestContext.Current.CancellationToken));

    [Fact]
    public void An_unknown_mode_is_named()
        => Assert.Contains("'exact'", Assert.Throws<ArgumentException>(() => TrainBenchmark.MeasureMemory(8, "exact", Quick)).Message);
}
