using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <summary>
/// 2D convolution in which every product is looked up in the table of a multiplier: the integer part of an approximate layer,
/// <c>sums[b, o, y, x] = sum_k m(x_k, w_k)</c> over the fan-in k = (channel, kernel row, kernel column).
/// </summary>
/// <remarks>
/// <para>Knows operand codes only (<c>value - MinOperand</c>, 0..255) and no tensors. Sums are 32-bit integers, so every path, every
/// strategy and every number of threads gives the same bits.</para>
/// <para>Layout: a unit of work packs the activations of a strip (<see cref="PackedStrip"/>), then looks up its products by the
/// strategy that <see cref="StripPlan"/> finds cheapest for the shape. Paths differ in the strategies they have:</para>
/// <list type="bullet">
/// <item><see cref="KernelPath.Scalar"/>: the plain loop (<see cref="LutConv2dScalar"/>), the oracle of all others.</item>
/// <item><see cref="KernelPath.Vector128"/>, <see cref="KernelPath.Avx2"/>: tables expanded for 8 or 16 lanes, either channels or outputs
/// (<see cref="LutConv2dLanes{TLanes}"/>), and single look-ups where those do not pay (<see cref="LutConv2dColumns"/>).</item>
/// <item><see cref="KernelPath.Avx512"/>: the same with 32 lanes, and byte permutations (<see cref="LutConv2dPermutation"/>).</item>
/// </list>
/// <para>Measured: data/results/bench has every layer with processor and versions.</para>
/// </remarks>
public static class LutConv2d
{
    /// <summary>Environment variable that forces the choice of <see cref="KernelPath.Auto"/>: <c>scalar</c>, <c>vector128</c>,
    /// <c>avx2</c> or <c>avx512</c>.</summary>
    public const string PathVariable = "APPROXNETS_KERNEL";

    /// <summary>Computes the sums of looked-up products.</summary>
    /// <param name="x">Activation codes, <c>[B, C, H, W]</c>.</param>
    /// <param name="weights">Weight codes, <c>[O, C / Groups, KernelHeight, KernelWidth]</c>.</param>
    /// <param name="table">The multiplier's products.</param>
    /// <param name="shape">Sizes, stride, padding, dilation and groups.</param>
    /// <param name="padCode">Activation code of a padded position; its products go through the table like any other.</param>
    /// <param name="sums">The sums, <c>[B, O, OutHeight, OutWidth]</c> (written).</param>
    /// <param name="path">Which implementation to use.</param>
    /// <param name="threads">Threads to use at most; 0 for one per processor.</param>
    /// <exception cref="ArgumentException">A length does not agree with the shape, or the shape is not one a convolution can have.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The path is unknown or the number of threads is negative.</exception>
    /// <exception cref="PlatformNotSupportedException">The path needs instructions that this machine does not have.</exception>
    /// <exception cref="InvalidOperationException">The environment variable names an unknown path.</exception>
    public static void Run(
        ReadOnlySpan<byte> x, ReadOnlySpan<byte> weights, LutTable table, in Conv2dShape shape, byte padCode, Span<int> sums,
        KernelPath path = KernelPath.Auto, int threads = 0) => Run(x, weights, table, shape, padCode, sums, path, threads, strategy: null);

    /// <summary>Computes the sums with a strategy of the vector paths instead of the cheapest one.</summary>
    internal static unsafe void Run(
        ReadOnlySpan<byte> x, ReadOnlySpan<byte> weights, LutTable table, in Conv2dShape shape, byte padCode, Span<int> sums,
        KernelPath path, int threads, LutStrategy? strategy)
    {
        Check(x, weights, shape, sums.Length, threads);
        fixed (byte* px = x, pw = weights)
        fixed (int* ps = sums)
        {
            var operands = new LutConv2dOperands
            {
                X = px,
                Weights = pw,
                Table = table,
                Shape = shape,
                PadCode = padCode,
                Output = ps,
                Strategy = strategy,
            };
            Run(operands, Resolve(path), threads);
        }
    }

    /// <summary>Computes the real outputs of a layer: sums of looked-up products, zero-point corrections, scale and bias in one pass.</summary>
    /// <param name="x">Activation codes, <c>[B, C, H, W]</c>.</param>
    /// <param name="weights">Weight codes, <c>[O, C / Groups, KernelHeight, KernelWidth]</c>.</param>
    /// <param name="table">The multiplier's products.</param>
    /// <param name="shape">Sizes, stride, padding, dilation and groups.</param>
    /// <param name="padCode">Activation code of a padded position; its products go through the table like any other.</param>
    /// <param name="output">How sums become real.</param>
    /// <param name="y">The outputs, <c>[B, O, OutHeight, OutWidth]</c> (written).</param>
    /// <param name="path">Which implementation to use.</param>
    /// <param name="threads">Threads to use at most; 0 for one per processor.</param>
    /// <exception cref="ArgumentException">A length does not agree with the shape, the shape is not one a convolution can have, or a
    /// corrected sum might not fit 32 bits.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The path is unknown or the number of threads is negative.</exception>
    /// <exception cref="PlatformNotSupportedException">The path needs instructions that this machine does not have.</exception>
    /// <exception cref="InvalidOperationException">The environment variable names an unknown path.</exception>
    public static unsafe void Run(
        ReadOnlySpan<byte> x, ReadOnlySpan<byte> weights, LutTable table, in Conv2dShape shape, byte padCode, in LutDequantization output,
        Span<float> y, KernelPath path = KernelPath.Auto, int threads = 0)
    {
        Check(x, weights, shape, y.Length, threads);
        output.Validate(shape, table);
        fixed (byte* px = x, pw = weights)
        fixed (float* py = y, scale = output.Scale, bias = output.Bias)
        fixed (int* offset = output.Offset)
        {
            var operands = new LutConv2dOperands
            {
                X = px,
                Weights = pw,
                Table = table,
                Shape = shape,
                PadCode = padCode,
                Output = (int*)py,
                Scale = scale,
                ScaleStep = output.Scale.Length == 1 ? 0 : 1,
                Bias = bias,
                Offset = offset,
                CodeFactor = output.CodeFactor,
            };
            Run(operands, Resolve(path), threads);
        }
    }

    private static void Run(in LutConv2dOperands operands, KernelPath path, int threads)
    {
        Conv2dShape shape = operands.Shape;
        if (shape.Batch == 0)
        {
            return;
        }

        // A 1x1 kernel without stride and padding sees no rows: one long row copies faster.
        LutConv2dOperands a = shape is { KernelHeight: 1, KernelWidth: 1, Stride: (1, 1), Padding: (0, 0) }
            ? operands with { Shape = shape with { Height = 1, Width = shape.Height * shape.Width } }
            : operands;
        threads = threads == 0 ? Environment.ProcessorCount : threads;
        switch (path)
        {
            case KernelPath.Scalar:
                LutConv2dScalar.Run(a, threads);
                break;
            case KernelPath.Vector128:
                LutConv2dStrips<LutLanes128>.Run(a, permutations: false, threads);
                break;
            case KernelPath.Avx2:
                LutConv2dStrips<LutLanes256>.Run(a, permutations: false, threads);
                break;
            default:
                if (a.Shape.OutChannels / a.Shape.Groups > LutLanes256.Count)
                {
                    LutConv2dStrips<LutLanes512>.Run(a, permutations: true, threads);
                }
                else
                {
                    LutConv2dStrips<LutLanes256>.Run(a, permutations: true, threads);
                }

                break;
        }
    }

    /// <summary>The paths of this machine for spans, the fastest first. All give the same bits.</summary>
    public static IReadOnlyList<KernelPath> SupportedPaths { get; } = [.. FastestFirst.Where(IsSupported)];

    private static IEnumerable<KernelPath> FastestFirst => [KernelPath.Avx512, KernelPath.Avx2, KernelPath.Vector128, KernelPath.Scalar];

    private static bool IsSupported(KernelPath path) => path switch
    {
        KernelPath.Avx512 => LutConv2dPermutation.IsSupported && Avx2.IsSupported,
        KernelPath.Avx2 => Avx2.IsSupported,
        KernelPath.Vector128 => Vector128.IsHardwareAccelerated,
        KernelPath.Scalar => true,
        _ => false,
    };

    /// <summary>The one place that chooses: what was asked for, else the environment variable, else the fastest.</summary>
    private static KernelPath Resolve(KernelPath path)
    {
        if (path == KernelPath.Auto)
        {
            string? forced = Environment.GetEnvironmentVariable(PathVariable);
            if (string.IsNullOrEmpty(forced))
            {
                return SupportedPaths[0];
            }

            path = FastestFirst.FirstOrDefault(known => string.Equals(known.ToString(), forced, StringComparison.OrdinalIgnoreCase));
            if (path == KernelPath.Auto)
            {
                throw new InvalidOperationException(
                    $"Environment variable {PathVariable}: found '{forced}', expected one of "
                    + $"{string.Join(", ", FastestFirst).ToLowerInvariant()}.");
            }
        }

        if (!FastestFirst.Contains(path))
        {
            throw new ArgumentOutOfRangeException(
                nameof(path),
                $"Look-up-table kernel: found path {path}, expected Auto or one of {string.Join(", ", FastestFirst)}.");
        }

        return IsSupported(path) ? path : throw new PlatformNotSupportedException(
            $"Look-up-table kernel: found the path {path} asked for, expected one this processor (and runtime setting) has: "
            + $"{string.Join(", ", SupportedPaths)}.");
    }

    private static void CheckLength(int found, long expected, in Conv2dShape shape, string what, string parameter)
    {
        if (found != expected)
        {
            throw new ArgumentException($"Convolution: found {found} {what}, expected {expected} for {shape}.", parameter);
        }
    }

    private static void Check(ReadOnlySpan<byte> x, ReadOnlySpan<byte> weights, in Conv2dShape shape, int outputs, int threads)
    {
        shape.Validate();
        CheckLength(x.Length, (long)shape.Batch * shape.InChannels * shape.Height * shape.Width, shape, "activation codes", nameof(x));
        CheckLength(weights.Length, (long)shape.OutChannels * shape.FanIn, shape, "weight codes", nameof(weights));
        CheckLength(outputs, (long)shape.Batch * shape.OutChannels * shape.OutHeight * shape.OutWidth, shape, "outputs", "output");
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
    }
}

/// <summary>Which implementation computes a look-up-table kernel. All give the same bits.</summary>
public enum KernelPath
{
    /// <summary>The one named by the environment variable <c>APPROXNETS_KERNEL</c> (a name of this list); without it
    /// the fastest one this machine supports.</summary>
    Auto,

    /// <summary>The plain loop, for any machine.</summary>
    Scalar,

    /// <summary>128-bit vectors of any machine that has some, such as ARM64.</summary>
    Vector128,

    /// <summary>256-bit vectors of x86-64.</summary>
    Avx2,

    /// <summary>512-bit vectors of x86-64 with byte permutations (AVX-512 BW and VBMI: Intel Ice Lake, AMD Zen 4 and later).</summary>
    Avx512,

    /// <summary>TorchSharp tensor operations on the device of the tensors. For layers, not for the kernels on spans; what
    /// <see cref="Auto"/> means for tensors that are not on the CPU.</summary>
    Tensor,
}
