using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <summary>
/// 2D convolution in which every product is looked up in the table of a multiplier: the integer part of an approximate layer,
/// <c>sums[b, o, y, x] = sum_k m(x_k, w_k)</c> over the fan-in k = (channel, kernel row, kernel column).
/// </summary>
/// <remarks>
/// Knows operand codes only (<c>value - MinOperand</c>, 0..255), no tensors, scales or zero points. Sums are 32-bit integers, so
/// every path and every number of threads gives the same bits.
/// </remarks>
public static class LutConv2d
{
    /// <summary>Environment variable that forces the choice of <see cref="KernelPath.Auto"/>: <c>scalar</c> or <c>avx2</c>.</summary>
    public const string PathVariable = "APPROXNETS_KERNEL";

    private const int TableLength = 256 * 256;

    /// <summary>Computes the sums of looked-up products.</summary>
    /// <param name="x">Activation codes, <c>[B, C, H, W]</c>.</param>
    /// <param name="weights">Weight codes, <c>[O, C / Groups, KernelHeight, KernelWidth]</c>.</param>
    /// <param name="products">The product table, 65,536 entries, <c>[xCode * 256 + wCode]</c>, of 16-bit products.</param>
    /// <param name="shape">Sizes, stride, padding, dilation and groups.</param>
    /// <param name="padCode">Activation code of a padded position; its products go through the table like any other.</param>
    /// <param name="sums">The sums, <c>[B, O, OutHeight, OutWidth]</c> (written).</param>
    /// <param name="path">Which implementation to use.</param>
    /// <param name="threads">Threads to use at most; 0 for one per processor.</param>
    /// <exception cref="ArgumentException">A length does not agree with the shape, the shape is not one a convolution can have, or
    /// the products do not fit 16 bits.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The path is unknown or the number of threads is negative.</exception>
    /// <exception cref="PlatformNotSupportedException">AVX2 is asked for on a machine without it.</exception>
    /// <exception cref="InvalidOperationException">The environment variable names an unknown path.</exception>
    public static unsafe void Run(
        ReadOnlySpan<byte> x,
        ReadOnlySpan<byte> weights,
        ReadOnlySpan<int> products,
        in Conv2dShape shape,
        byte padCode,
        Span<int> sums,
        KernelPath path = KernelPath.Auto,
        int threads = 0)
    {
        shape.Validate();
        CheckLength(x.Length, (long)shape.Batch * shape.InChannels * shape.Height * shape.Width, shape, "activation codes", nameof(x));
        CheckLength(weights.Length, (long)shape.OutChannels * shape.FanIn, shape, "weight codes", nameof(weights));
        long outputs = (long)shape.Batch * shape.OutChannels * shape.OutHeight * shape.OutWidth;
        CheckLength(sums.Length, outputs, shape, "sums", nameof(sums));
        CheckProducts(products);
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        path = Resolve(path);
        if (shape.Batch == 0)
        {
            return;
        }

        fixed (byte* px = x, pw = weights)
        fixed (int* pp = products, ps = sums)
        {
            // A 1x1 kernel without stride and padding sees no rows: one long row copies faster.
            bool pointwise = shape is { KernelHeight: 1, KernelWidth: 1, Stride: (1, 1), Padding: (0, 0) };
            Conv2dShape seen = pointwise ? shape with { Height = 1, Width = shape.Height * shape.Width } : shape;
            var operands = new LutConv2dOperands(px, pw, pp, seen, padCode, ps);
            threads = threads == 0 ? Environment.ProcessorCount : threads;
            if (path == KernelPath.Avx2)
            {
                LutConv2dAvx2.Run(operands, threads);
            }
            else
            {
                LutConv2dScalar.Run(operands, threads);
            }
        }
    }

    /// <summary>The one place that chooses: what was asked for, else the environment variable, else the fastest.</summary>
    private static KernelPath Resolve(KernelPath path)
    {
        if (path == KernelPath.Auto)
        {
            string? forced = Environment.GetEnvironmentVariable(PathVariable);
            path = forced switch
            {
                null or "" => Avx2.IsSupported ? KernelPath.Avx2 : KernelPath.Scalar,
                "scalar" => KernelPath.Scalar,
                "avx2" => KernelPath.Avx2,
                _ => throw new InvalidOperationException(
                    $"Environment variable {PathVariable}: found '{forced}', expected 'scalar' or 'avx2'."),
            };
        }

        return path switch
        {
            KernelPath.Scalar => path,
            KernelPath.Avx2 when Avx2.IsSupported => path,
            KernelPath.Avx2 => throw new PlatformNotSupportedException(
                "Look-up-table kernel: found the path Avx2 asked for, expected a processor (and runtime setting) with AVX2."),
            _ => throw new ArgumentOutOfRangeException(
                nameof(path),
                $"Look-up-table kernel: found path {(int)path}, expected {KernelPath.Auto}, {KernelPath.Scalar} or {KernelPath.Avx2}."),
        };
    }

    private static void CheckLength(int found, long expected, in Conv2dShape shape, string what, string parameter)
    {
        if (found != expected)
        {
            throw new ArgumentException($"Convolution: found {found} {what}, expected {expected} for {shape}.", parameter);
        }
    }

    private static void CheckProducts(ReadOnlySpan<int> products, [CallerArgumentExpression(nameof(products))] string parameter = "")
    {
        if (products.Length != TableLength)
        {
            throw new ArgumentException($"Product table: found {products.Length} products, expected 256 x 256 = {TableLength}.", parameter);
        }

        (int least, int greatest) = SpanRange.Of(products);
        if (least < short.MinValue || greatest > ushort.MaxValue || greatest - least > ushort.MaxValue)
        {
            throw new ArgumentException(
                $"Product table: found products of {least}..{greatest}, expected 16 bits "
                + $"({short.MinValue}..{short.MaxValue} or 0..{ushort.MaxValue}).",
                parameter);
        }
    }
}
