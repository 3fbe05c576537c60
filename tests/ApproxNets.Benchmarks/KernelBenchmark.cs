using ApproxNets.Kernels;
using ApproxNets.Quantization;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Benchmarks;

/// <summary>
/// Measures the look-up-table convolution beside TorchSharp's float convolution, layer by layer, with the same number of threads.
/// </summary>
/// <remarks>
/// <para>The timed call goes from codes to real outputs with bias and dequantisation, <c>conv2d</c> from float to float with bias.
/// Either allocates and frees its output. Quantising the activations is not in the time of the look-up-table call; it is reported
/// beside it. Weights are coded, and the tables of the multipliers laid out, before.</para>
/// <para>Every layer is checked first (<see cref="KernelCheck"/>), then all calls run in turns and the medians count. The gather
/// baseline is linear in the batch and slow: on large layers it runs on fewer samples and its time is scaled up.</para>
/// </remarks>
public static class KernelBenchmark
{
    private const long GatherMacs = 250_000_000;
    private const long ScalarMacs = 20_000_000;
    private const int BaselineSamples = 3;

    /// <summary>Measures layers in order.</summary>
    /// <param name="layers">The layers, e.g. of <see cref="KernelLayers"/>.</param>
    /// <param name="options">Threads, path, multipliers, repetitions.</param>
    /// <param name="measured">Called after every layer.</param>
    /// <param name="cancellation">Stops between two calls.</param>
    /// <exception cref="ArgumentException">The options are out of range.</exception>
    /// <exception cref="InvalidOperationException">A kernel's result is wrong.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine lacks the path.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public static IReadOnlyList<KernelMeasurement> Run(
        IReadOnlyList<KernelLayer> layers,
        KernelBenchmarkOptions options,
        Action<KernelMeasurement>? measured = null,
        CancellationToken cancellation = default)
    {
        options.Validate();
        var tables = new Tables(new(options.Signed.Products.Span), new(options.Unsigned.Products.Span),
            GatherConv2d.WeightMajor(options.Signed.Products.Span));
        var measurements = new List<KernelMeasurement>();
        int threadsBefore = get_num_threads();
        set_num_threads(options.ThreadCount);
        try
        {
            using var gradients = no_grad();
            WarmUp(options, tables, cancellation);
            foreach (KernelLayer layer in layers)
            {
                measurements.Add(Measure(layer, options, tables, cancellation));
                measured?.Invoke(measurements[^1]);
            }
        }
        finally
        {
            set_num_threads(threadsBefore);
        }

        return measurements;
    }

    private static KernelMeasurement Measure(
        KernelLayer layer, KernelBenchmarkOptions options, Tables tables, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var signed = new LayerOperands(layer, options.Signed, tables.Signed, options.Seed);
        var unsigned = new LayerOperands(layer, options.Unsigned, tables.Unsigned, options.Seed);
        int gatherBatch = (int)Math.Clamp(GatherMacs / layer.Shape.MultiplicationsPerSample, 1, layer.Shape.Batch);
        KernelCheck.Verify(signed, options, options.Baselines ? tables.Gather : null, gatherBatch);
        cancellation.ThrowIfCancellationRequested();
        KernelCheck.Verify(unsigned, options, null, 0);

        var calls = new Calls(signed, unsigned, options, tables, gatherBatch);
        foreach (InterleavedCall call in calls.InTurns)
        {
            cancellation.ThrowIfCancellationRequested();
            call.WarmUp();
        }

        InterleavedCall.Measure(
            calls.InTurns, options.LeastRounds, options.MostRounds, TimeSpan.FromSeconds(options.SecondsPerLayer), cancellation);
        return new KernelMeasurement(
            layer, calls.Float.Timing, calls.LutSigned.Timing, calls.LutUnsigned.Timing, calls.Quantize.Timing,
            calls.Gather?.Timing.Scale((double)layer.Shape.Batch / gatherBatch), gatherBatch, calls.Scalar?.Timing);
    }

    /// <summary>Small layers of each kind, often enough for the compiler's last tier, which takes calls and then some time.</summary>
    private static void WarmUp(KernelBenchmarkOptions options, Tables tables, CancellationToken cancellation)
    {
        Conv2dShape shape = new(2, 16, 8, 8, 16, 3, 3) { Padding = (1, 1) };
        Conv2dShape[] kinds =
        [
            shape, shape with { Stride = (2, 2) }, shape with { Groups = 16 }, new(2, 16, 8, 8, 32, 1, 1), new(2, 64, 1, 1, 10, 1, 1),
        ];
        for (int round = 0; round < 3; round++)
        {
            foreach (Conv2dShape kind in kinds)
            {
                cancellation.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                var layer = new KernelLayer("warm-up", kind);
                var signed = new LayerOperands(layer, options.Signed, tables.Signed, options.Seed);
                var unsigned = new LayerOperands(layer, options.Unsigned, tables.Unsigned, options.Seed);
                foreach (InterleavedCall call in new Calls(signed, unsigned, options, tables, 1).InTurns)
                {
                    call.WarmUp(20);
                }
            }

            Thread.Sleep(150);
        }
    }

    private sealed record Tables(LutTable Signed, LutTable Unsigned, int[] Gather);

    /// <summary>The calls of one layer. Those of libtorch come last, since its threads linger.</summary>
    private sealed class Calls
    {
        public Calls(LayerOperands signed, LayerOperands unsigned, KernelBenchmarkOptions options, Tables tables, int gatherBatch)
        {
            int threads = options.ThreadCount;
            Conv2dShape s = signed.Layer.Shape;
            var (x, weights, bias) = signed.Floats();
            var grid = new AffineParameters(0.02, 0, -128, 127);
            LutSigned = new InterleavedCall(() => signed.Run(options.Path, threads));
            LutUnsigned = new InterleavedCall(() => unsigned.Run(options.Path, threads));
            Gather = options.Baselines
                ? new InterleavedCall(() => signed.RunGather(gatherBatch, tables.Gather, threads), BaselineSamples) : null;
            Scalar = options.Baselines && signed.Layer.Macs <= ScalarMacs
                ? new InterleavedCall(() => signed.Run(KernelPath.Scalar, threads), BaselineSamples) : null;
            Quantize = new InterleavedCall(() =>
            {
                using var codes = FakeQuantize.Codes(x, grid);
            });
            long[] stride = [s.Stride.H, s.Stride.W], padding = [s.Padding.H, s.Padding.W], dilation = [s.Dilation.H, s.Dilation.W];
            Float = new InterleavedCall(
                () =>
                {
                    using var y = signed.Layer.IsFullyConnected
                        ? functional.linear(x, weights, bias)
                        : functional.conv2d(x, weights, bias, stride, padding, dilation, s.Groups);
                },
                usesTorchThreads: true);
        }

        public InterleavedCall LutSigned { get; }

        public InterleavedCall LutUnsigned { get; }

        public InterleavedCall? Gather { get; }

        public InterleavedCall? Scalar { get; }

        public InterleavedCall Quantize { get; }

        public InterleavedCall Float { get; }

        public IReadOnlyList<InterleavedCall> InTurns =>
            [.. new[] { LutSigned, LutUnsigned, Gather, Scalar, Quantize, Float }.OfType<InterleavedCall>()];
    }
}
