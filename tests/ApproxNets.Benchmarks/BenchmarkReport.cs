using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;
using ApproxNets.Experiments;
using ApproxNets.Multipliers;

namespace ApproxNets.Benchmarks;

/// <summary>Writes measurements as JSON, with machine, versions and commit.</summary>
public static class BenchmarkReport
{
    /// <summary>Measurements of kernels.</summary>
    /// <param name="measurements">The measurements, at least one.</param>
    /// <param name="options">What they were made with.</param>
    public static JsonObject Kernels(IReadOnlyList<KernelMeasurement> measurements, KernelBenchmarkOptions options)
    {
        JsonObject json = Machine(options.ThreadCount);
        json["path"] = options.Path.ToString().ToLowerInvariant();
        json["gather"] = GatherConv2d.UsesAvx2 ? "avx2" : "scalar";
        json["table_signed"] = Table(options.Signed);
        json["table_unsigned"] = Table(options.Unsigned);
        json["seed"] = options.Seed;
        json["layers"] = new JsonArray([.. measurements.Select(Layer)]);
        foreach (var (key, value) in Geomeans(measurements))
        {
            json[key] = value;
        }

        foreach (var batch in measurements.GroupBy(m => m.Layer.Shape.Batch))
        {
            var geomeans = new JsonObject();
            foreach (var (key, value) in Geomeans([.. batch]))
            {
                geomeans[key] = value;
            }

            json[$"batch_{batch.Key}"] = geomeans;
        }

        return json;
    }

    /// <summary>What a sweep adds to every job.</summary>
    internal static JsonObject Sweep(SweepOverhead overhead)
    {
        JsonObject json = Machine(1);
        json["jobs"] = overhead.Jobs;
        json["milliseconds_per_job"] = Math.Round(overhead.MillisecondsPerJob, 3);
        json["median_milliseconds"] = Math.Round(overhead.MedianMilliseconds, 3);
        json["status_milliseconds"] = Math.Round(overhead.StatusMilliseconds, 1);
        return json;
    }

    /// <summary>Measurements of training steps.</summary>
    /// <param name="measurements">The measurements, at least one.</param>
    /// <param name="options">What they were made with.</param>
    public static JsonObject Training(IReadOnlyList<TrainMeasurement> measurements, TrainBenchmarkOptions options)
    {
        JsonObject json = Machine(options.Threads == 0 ? Environment.ProcessorCount : options.Threads);
        json["batch"] = options.Batch;
        json["multiplier"] = Table(TrainBenchmark.Multiplier);
        json["rounds"] = options.Rounds;
        json["memory_steps"] = options.MemorySteps;
        json["seed"] = options.Seed;
        json["networks"] = new JsonArray([.. measurements.GroupBy(m => m.Depth).Select(n => Network([.. n]))]);
        return json;
    }

    /// <summary>Measurements of error models.</summary>
    /// <param name="measurements">The measurements, at least one.</param>
    /// <param name="options">What they were made with.</param>
    public static JsonObject ErrorModels(IReadOnlyList<ErrorModelMeasurement> measurements, ErrorModelBenchmarkOptions options)
    {
        JsonObject json = Machine(Environment.ProcessorCount);
        json["network"] = $"ResNet{options.Depth}";
        json["multipliers"] = options.Multipliers;
        json["pairs"] = measurements[0].Pairs;
        json["images"] = options.Images;
        json["monte_carlo_runs"] = options.MonteCarloRuns;
        json["seed"] = options.Seed;
        json["models"] = new JsonArray(
        [
            .. measurements.Select(m => (JsonNode)new JsonObject
            {
                ["name"] = m.Model,
                ["seconds"] = Rounded(m.Time.MedianMilliseconds / 1000),
                ["least_seconds"] = Rounded(m.Time.MinMilliseconds / 1000),
                ["rounds"] = m.Time.Samples,
            }),
        ]);
        json["all_seconds"] = Rounded(measurements.Sum(m => m.Time.MedianMilliseconds) / 1000);
        return json;
    }

    /// <summary>The geometric means over layers: time in units of the float layer's, signed and unsigned, and the gather baseline's in
    /// units of the signed time (null without baseline).</summary>
    /// <param name="measurements">The measurements, at least one.</param>
    public static IReadOnlyList<KeyValuePair<string, double?>> Geomeans(IReadOnlyList<KernelMeasurement> measurements)
    {
        double[] speedups = [.. measurements.Select(m => m.SpeedupOverGather).OfType<double>()];
        return
        [
            new("geomean_ratio_signed", Rounded(Timing.GeometricMean([.. measurements.Select(m => m.RatioSigned)]))),
            new("geomean_ratio_unsigned", Rounded(Timing.GeometricMean([.. measurements.Select(m => m.RatioUnsigned)]))),
            new("geomean_speedup_vs_gather", speedups.Length > 0 ? Rounded(Timing.GeometricMean(speedups)) : null),
        ];
    }

    /// <summary>The ratio of two modes of one network by a quantity of theirs; null where one was not measured.</summary>
    /// <param name="network">The measurements of one network.</param>
    /// <param name="quantity">E.g. the median time of a step.</param>
    /// <returns>Approximate in units of Quantized.</returns>
    public static double? ApproximateOverQat(IEnumerable<TrainMeasurement> network, Func<TrainMeasurement, double?> quantity)
    {
        var byMode = network.ToDictionary(m => m.Mode, quantity);
        return byMode["Approximate"] / byMode["Quantized"];
    }

    private static JsonNode Layer(KernelMeasurement m) => new JsonObject
    {
        ["name"] = m.Layer.Name,
        ["batch"] = m.Layer.Shape.Batch,
        ["macs"] = m.Layer.Macs,
        ["float_ms"] = Rounded(m.Float.MedianMilliseconds),
        ["lut_signed_ms"] = Rounded(m.LutSigned.MedianMilliseconds),
        ["lut_unsigned_ms"] = Rounded(m.LutUnsigned.MedianMilliseconds),
        ["gather_ms"] = Rounded(m.Gather?.MedianMilliseconds),
        ["gather_batch"] = m.Gather is null ? null : m.GatherBatch,
        ["scalar_ms"] = Rounded(m.Scalar?.MedianMilliseconds),
        ["quantize_ms"] = Rounded(m.Quantize.MedianMilliseconds),
        ["ratio_signed"] = Rounded(m.RatioSigned),
        ["ratio_unsigned"] = Rounded(m.RatioUnsigned),
        ["speedup_vs_gather"] = Rounded(m.SpeedupOverGather),
        ["lut_signed_gmacs"] = Rounded(m.GigaMacsPerSecond(m.LutSigned)),
        ["float_min_ms"] = Rounded(m.Float.MinMilliseconds),
        ["lut_signed_min_ms"] = Rounded(m.LutSigned.MinMilliseconds),
        ["lut_unsigned_min_ms"] = Rounded(m.LutUnsigned.MinMilliseconds),
        ["samples"] = m.Float.Samples,
    };

    private static JsonNode Network(IReadOnlyList<TrainMeasurement> network) => new JsonObject
    {
        ["name"] = $"ResNet{network[0].Depth}",
        ["modes"] = new JsonArray(
        [
            .. network.Select(m => (JsonNode)new JsonObject
            {
                ["mode"] = m.Mode.ToLowerInvariant(),
                ["step_ms"] = Rounded(m.Step.MedianMilliseconds),
                ["step_min_ms"] = Rounded(m.Step.MinMilliseconds),
                ["step_16_bit_ms"] = Rounded(m.Reduced?.MedianMilliseconds),
                ["peak_bytes"] = m.Memory?.Peak,
                ["start_bytes"] = m.Memory?.Start,
            }),
        ]),
        ["approximate_over_qat"] = Rounded(ApproximateOverQat(network, m => m.Step.MedianMilliseconds)),
        ["memory_approximate_over_qat"] = Rounded(ApproximateOverQat(network, m => m.Memory?.Peak)),

        // Without what runtime, libtorch and network take in every mode, which hides differences of small networks.
        ["memory_above_start_approximate_over_qat"] = Rounded(ApproximateOverQat(network, m => m.Memory?.Peak - m.Memory?.Start)),
    };

    /// <summary>Circuits on sign and magnitude.</summary>
    /// <param name="circuits">The circuits.</param>
    internal static JsonObject Magnitudes(IReadOnlyList<MagnitudeCircuit> circuits)
    {
        JsonObject json = Machine(Environment.ProcessorCount);
        json["circuits"] = MagnitudeCircuits.Rows(circuits);
        return json;
    }

    internal static JsonObject Machine(int threads)
    {
        var origin = Provenance.Current();
        return new JsonObject
        {
            ["cpu"] = origin.Cpu,
            ["threads"] = threads,
            ["processors"] = Environment.ProcessorCount,
            ["instruction_sets"] = new JsonArray([.. InstructionSets().Select(name => (JsonNode)name)]),
            ["operating_system"] = origin.OperatingSystem,
            ["framework"] = origin.Framework,
            ["libtorch"] = origin.LibTorch,
            ["torchsharp"] = typeof(TorchSharp.torch).Assembly.GetName().Version?.ToString(3),
            ["commit"] = origin.Commit,
            ["dirty"] = origin.Dirty,
            ["time_utc"] = origin.TimeUtc.ToString("O"),
        };
    }

    private static IEnumerable<string> InstructionSets()
    {
        (string Name, bool Has)[] all =
        [
            ("sse4.2", Sse42.IsSupported), ("avx2", Avx2.IsSupported), ("fma", Fma.IsSupported), ("avx512f", Avx512F.IsSupported),
            ("avx512bw", Avx512BW.IsSupported), ("avx512vbmi", Avx512Vbmi.IsSupported), ("advsimd", AdvSimd.IsSupported),
        ];
        string architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        return all.Where(set => set.Has).Select(set => set.Name).Prepend(architecture);
    }

    private static JsonObject Table(Multiplier multiplier) => new() { ["name"] = multiplier.Name, ["hash"] = multiplier.TableHash };

    /// <summary>Four significant digits: more would be noise.</summary>
    internal static double? Rounded(double? value)
    {
        if (value is not double number || number == 0)
        {
            return value;
        }

        double step = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(number))) - 3);
        return (double)((decimal)Math.Round(number / step) * (decimal)step);
    }
}
