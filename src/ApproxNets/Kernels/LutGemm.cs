namespace ApproxNets.Kernels;

/// <summary>
/// Matrix product in which every product is looked up in the table of a multiplier: the integer part of an approximate fully
/// connected layer, <c>sums[m, n] = sum_k m(x[m, k], w[n, k])</c>.
/// </summary>
/// <remarks>Runs as the 1x1 convolution of M images of one pixel and K channels; bit-exact across paths and thread counts.</remarks>
public static class LutGemm
{
    /// <summary>Computes the sums of looked-up products.</summary>
    /// <param name="x">Activation codes, <c>[M, K]</c>.</param>
    /// <param name="weights">Weight codes, <c>[N, K]</c>.</param>
    /// <param name="table">The multiplier's products.</param>
    /// <param name="m">M, samples, &gt;= 0.</param>
    /// <param name="k">K, the fan-in.</param>
    /// <param name="n">N, outputs of one sample.</param>
    /// <param name="sums">The sums, <c>[M, N]</c> (written).</param>
    /// <param name="path">Which implementation to use.</param>
    /// <param name="threads">Threads to use at most; 0 for one per processor.</param>
    /// <exception cref="ArgumentException">A length does not agree with the sizes, or a size is not one a product can have.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The path is unknown or the number of threads is negative.</exception>
    /// <exception cref="PlatformNotSupportedException">AVX2 is asked for on a machine without it.</exception>
    /// <exception cref="InvalidOperationException">The environment variable names an unknown path.</exception>
    public static void Run(
        ReadOnlySpan<byte> x,
        ReadOnlySpan<byte> weights,
        LutTable table,
        int m,
        int k,
        int n,
        Span<int> sums,
        KernelPath path = KernelPath.Auto,
        int threads = 0)
    {
        if (m < 0 || k < 1 || n < 1 || k > Conv2dShape.MaxFanIn)
        {
            throw new ArgumentException(
                $"Matrix product: found M = {m}, K = {k}, N = {n}, expected M >= 0, K in 1..{Conv2dShape.MaxFanIn}, N >= 1.");
        }

        if (x.Length != (long)m * k || weights.Length != (long)n * k || sums.Length != (long)m * n)
        {
            throw new ArgumentException(
                $"Matrix product of M = {m}, K = {k}, N = {n}: found {x.Length} activation codes, {weights.Length} weight codes and "
                + $"{sums.Length} sums, expected {(long)m * k}, {(long)n * k} and {(long)m * n}.");
        }

        // No position is padded, so the padding code is never read.
        LutConv2d.Run(x, weights, table, new Conv2dShape(m, k, 1, 1, n, 1, 1), padCode: 0, sums, path, threads);
    }
}
