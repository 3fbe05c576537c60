using System.Text.Json.Nodes;
using ApproxNets.Benchmarks;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Layers;
using TorchSharp;
using Xunit;

namespace ApproxNets.Tests.Benchmarks;

public sealed class KernelBenchmarkTests
{
    private static readonly KernelBenchmarkOptions Quick = new() { Threads = 1, LeastRounds = 1, MostRounds = 1, SecondsPerLayer = 0 };

    private static readonly KernelLayer[] Tiny =
    [
        new("conv", new Conv2dShape(3, 4, 6, 7, 5, 3, 3) { Padding = (1, 1), Stride = (2, 1) }),
        new("depthwise", new Conv2dShape(1, 6, 5, 5, 6, 3, 3) { Padding = (1, 1), Groups = 6 }),
        new("fc", new Conv2dShape(4, 12, 1, 1, 7, 1, 1)),
    ];

    [Fact]
    public void A_tiny_list_is_checked_and_measured()
    {
        var seen = new List<KernelMeasurement>();
        int before = torch.get_num_threads();

        var measurements = KernelBenchmark.Run(Tiny, Quick, seen.Add, TestContext.Current.CancellationToken);

        Assert.Equal(Tiny, measurements.Select(m => m.Layer));
        Assert.Equal(measurements, seen);
        Assert.Equal(before, torch.get_num_threads());
        Assert.All(measurements, m => Assert.All(
            new[] { m.Float, m.LutSigned, m.LutUnsigned, m.Quantize, m.Gather!.Value, m.Scalar!.Value },
            timing => Assert.True(timing is { MedianMilliseconds: > 0, MinMilliseconds: > 0, Samples: 1 })));
    }

    [Fact]
    public void Random_tables_and_no_baselines_are_options()
    {
        var options = Quick with
        {
            Baselines = false,
            Signed = KernelBenchmarkOptions.RandomMultiplier(Signedness.Signed, 1),
            Unsigned = KernelBenchmarkOptions.RandomMultiplier(Signedness.Unsigned, 1),
        };
        var measurements = KernelBenchmark.Run(Tiny, options, null, TestContext.Current.CancellationToken);

        Assert.All(measurements, m => Assert.Equal((null, null, null), (m.Gather, m.Scalar, m.SpeedupOverGather)));
        Assert.Null(BenchmarkReport.Kernels(measurements, options)["geomean_speedup_vs_gather"]);
    }

    [Fact]
    public void Tensors_are_given_back()
    {
        KernelBenchmark.Run(Tiny, Quick, null, TestContext.Current.CancellationToken);
        long before = LiveTensors.Settled();
        KernelBenchmark.Run(Tiny, Quick, null, TestContext.Current.CancellationToken);
        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void Wrong_options_are_refused()
    {
        KernelBenchmarkOptions[] wrong =
            [Quick with { Threads = -1 }, Quick with { LeastRounds = 2 }, Quick with { Signed = Quick.Unsigned }];
        Assert.All(wrong, options => Assert.Throws<ArgumentException>(
            () => KernelBenchmark.Run(Tiny, options, null, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void A_cancelled_measurement_stops()
        => Assert.Throws<OperationCanceledException>(() => KernelBenchmark.Run(Tiny, Quick, null, new CancellationToken(true)));

    [Fact]
    public void The_report_has_the_fields_that_readers_rely_on()
    {
        static Timing T(double ms) => new(ms, ms / 2, 3);
        KernelMeasurement[] measurements =
        [
            new(Tiny[0], T(2), T(2), T(4), T(1), T(20), 3, T(50)),
            new(Tiny[1], T(1), T(4), T(8), T(1), T(40), 1, null),
        ];
        JsonObject json = BenchmarkReport.Kernels(measurements, Quick);

        Assert.NotEqual("", (string?)json["cpu"]);
        Assert.Equal(1, (int)json["threads"]!);
        JsonArray layers = json["layers"]!.AsArray();
        Assert.Equal(2, layers.Count);
        Assert.Equal("conv", (string?)layers[0]!["name"]);
        Assert.Equal(3, (int)layers[0]!["batch"]!);
        Assert.Equal(3L * 5 * 3 * 7 * 36, (long)layers[0]!["macs"]!);
        Assert.Equal(
            [2, 2, 4, 20],
            new[] { "float_ms", "lut_signed_ms", "lut_unsigned_ms", "gather_ms" }.Select(key => (double)layers[0]![key]!));
        Assert.Equal(2, (double)json["geomean_ratio_signed"]!, 1e-3);
        Assert.Equal(4, (double)json["geomean_ratio_unsigned"]!, 1e-3);
        Assert.Equal(10, (double)json["geomean_speedup_vs_gather"]!, 1e-2);
        Assert.Equal(1, (double)json["batch_3"]!["geomean_ratio_signed"]!, 1e-3);
    }
}
