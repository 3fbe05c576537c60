using System.Runtime.InteropServices;
using ApproxNets.Kernels;
using static TorchSharp.torch;

namespace ApproxNets.Benchmarks;

/// <summary>
/// Checks a call before it is timed. The scalar loop would take minutes on the large layers, so: the integer sums of the whole batch
/// are computed by the path under test; those of the first samples must equal the scalar path's, and those at positions drawn from the
/// whole batch must equal the sum written out here. At the same positions the real outputs of the timed call must be what the sums say.
/// </summary>
internal static class KernelCheck
{
    private const long ScalarMacs = 30_000_000;
    private const long SampledMacs = 2_000_000;

    // Both sides round a few times in float32; relative to the terms, which may cancel.
    private const double Tolerance = 1e-6;

    /// <summary>Checks all calls on the operands.</summary>
    /// <param name="operands">The operands.</param>
    /// <param name="options">Path and threads.</param>
    /// <param name="gatherTable">Table of the gather baseline; null if it is not measured.</param>
    /// <param name="gatherBatch">Samples that the baseline runs on.</param>
    /// <exception cref="InvalidOperationException">A result differs.</exception>
    public static void Verify(LayerOperands operands, KernelBenchmarkOptions options, int[]? gatherTable, int gatherBatch)
    {
        using var scope = NewDisposeScope();
        Conv2dShape s = operands.Layer.Shape;
        int threads = options.ThreadCount, perSample = s.OutputLength / s.Batch;
        Span<int> sums = MemoryMarshal.Cast<byte, int>(empty([s.OutputLength], ScalarType.Int32).bytes);
        operands.Sums(s.Batch, sums, options.Path, threads);

        int samples = (int)Math.Clamp(ScalarMacs / s.MultiplicationsPerSample, 1, s.Batch);
        Span<int> expected = MemoryMarshal.Cast<byte, int>(empty([samples * perSample], ScalarType.Int32).bytes);
        operands.Sums(samples, expected, KernelPath.Scalar, threads);
        Same(operands, options.Path.ToString(), sums[..expected.Length], expected);

        Span<float> y = MemoryMarshal.Cast<byte, float>(empty([s.OutputLength]).bytes);
        operands.Outputs(y, options.Path, threads);
        var random = new Random(options.Seed);
        for (long i = 0; i < Math.Clamp(SampledMacs / s.FanIn, 1, s.OutputLength); i++)
        {
            int at = random.Next(s.OutputLength);
            var (sum, codes) = SumAt(operands, at);
            Same(operands, $"{options.Path}, output {at}", [sums[at]], [sum]);
            Near(operands, y[at], at, sum, codes);
        }

        if (gatherTable is not null)
        {
            Span<int> gathered = MemoryMarshal.Cast<byte, int>(empty([gatherBatch * perSample], ScalarType.Int32).bytes);
            operands.GatherSums(gatherBatch, gatherTable, gathered, threads);
            Same(operands, "gather", gathered, sums[..gathered.Length]);
        }
    }

    private static void Same(LayerOperands operands, string what, ReadOnlySpan<int> found, ReadOnlySpan<int> expected)
    {
        int at = found.CommonPrefixLength(expected);
        if (at < expected.Length)
        {
            throw new InvalidOperationException(
                $"{operands.Layer.Name}, batch {operands.Layer.Shape.Batch}, {operands.Multiplier.Name}, {what}: "
                + $"sum {at}: found {found[at]}, expected {expected[at]}.");
        }
    }

    private static void Near(LayerOperands operands, float found, int at, int sum, int codes)
    {
        int o = at / (operands.Layer.Shape.OutHeight * operands.Layer.Shape.OutWidth) % operands.Layer.Shape.OutChannels;
        double offset = operands.Offset.Length == 0 ? 0 : operands.Offset[o], shift = (double)operands.CodeFactor * codes;
        double expected = (operands.Scale * (sum + offset + shift)) + operands.Bias[o];
        double terms = (operands.Scale * (Math.Abs((double)sum) + Math.Abs(offset) + Math.Abs(shift))) + Math.Abs(operands.Bias[o]);
        if (!(Math.Abs(found - expected) <= Tolerance * terms))
        {
            throw new InvalidOperationException(
                $"{operands.Layer.Name}, batch {operands.Layer.Shape.Batch}, {operands.Multiplier.Name}: "
                + $"output {at}: found {found}, expected {expected}.");
        }
    }

    /// <summary>The sums of products and of activation codes at one output.</summary>
    private static (int Sum, int Codes) SumAt(LayerOperands operands, int at)
    {
        Conv2dShape s = operands.Layer.Shape;
        ReadOnlySpan<byte> x = operands.X.bytes, weights = operands.Weights.bytes;
        ReadOnlySpan<int> products = operands.Multiplier.Products.Span;
        int ox = at % s.OutWidth, oy = at / s.OutWidth % s.OutHeight, o = at / s.OutWidth / s.OutHeight % s.OutChannels;
        int b = at / s.OutWidth / s.OutHeight / s.OutChannels, groupIn = s.InChannels / s.Groups;
        int first = o / (s.OutChannels / s.Groups) * groupIn, sum = 0, codes = 0;
        for (int k = 0; k < s.FanIn; k++)
        {
            int c = first + (k / (s.KernelHeight * s.KernelWidth));
            int iy = (oy * s.Stride.H) - s.Padding.H + (k / s.KernelWidth % s.KernelHeight * s.Dilation.H);
            int ix = (ox * s.Stride.W) - s.Padding.W + (k % s.KernelWidth * s.Dilation.W);
            bool inside = iy >= 0 && iy < s.Height && ix >= 0 && ix < s.Width;
            int code = inside ? x[((((b * s.InChannels) + c) * s.Height) + iy) * s.Width + ix] : operands.PadCode;
            sum += products[(code * 256) + weights[(o * s.FanIn) + k]];
            codes += code;
        }

        return (sum, codes);
    }
}
