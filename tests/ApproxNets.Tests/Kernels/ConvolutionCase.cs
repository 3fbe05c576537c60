using ApproxNets.Kernels;
using Xunit;

namespace ApproxNets.Tests.Kernels;

/// <summary>Random operands of one convolution, and the comparison of a path with the naive loop.</summary>
internal sealed class ConvolutionCase
{
    private readonly Conv2dShape _shape;
    private readonly byte[] _x;
    private readonly byte[] _weights;
    private readonly int[] _products;
    private readonly LutTable _table;
    private readonly byte _padCode;

    public ConvolutionCase(Conv2dShape shape, int[] products, int seed, byte firstCode = 0, byte lastCode = 255, byte padCode = 128)
    {
        var random = new Random(seed);
        _shape = shape;
        _products = products;
        _table = new LutTable(products);
        _padCode = padCode;
        _x = new byte[shape.InputLength];
        _weights = new byte[shape.WeightLength];
        random.NextBytes(_weights);
        for (int i = 0; i < _x.Length; i++)
        {
            _x[i] = (byte)random.Next(firstCode, lastCode + 1);
        }
    }

    /// <summary>A table without structure: no entry, not even [0][0], can be taken for an exact product.</summary>
    public static int[] RandomTable(int least, int greatest, int seed)
    {
        var random = new Random(seed);
        var products = new int[65536];
        for (int i = 0; i < products.Length; i++)
        {
            products[i] = random.Next(least, greatest + 1);
        }

        return products;
    }

    /// <summary>Every path for spans, whether or not this machine has it.</summary>
    public static IEnumerable<KernelPath> Paths => [KernelPath.Scalar, KernelPath.Vector128, KernelPath.Avx2, KernelPath.Avx512];

    public static void SkipUnlessSupported(KernelPath path) => Assert.SkipUnless(
        LutConv2d.SupportedPaths.Contains(path), $"This processor (or runtime setting) does not have the path {path}.");

    public int[] Run(KernelPath path, int threads = 2)
    {
        // Not zeroed: a kernel must write every sum.
        var sums = new int[_shape.OutputLength];
        Array.Fill(sums, 0x5EED);
        LutConv2d.Run(_x, _weights, _table, _shape, _padCode, sums, path, threads);
        return sums;
    }

    public int[] Naive(Func<int, int, int>? product = null) =>
        NaiveConvolution.Run(_x, _weights, product ?? ((x, w) => _products[(x * 256) + w]), _shape, _padCode);

    public void CheckAgainstNaive(KernelPath path, int threads = 2)
    {
        int[] expected = Naive(), found = Run(path, threads);
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                expected[i] == found[i],
                $"{_shape}, {path}, {threads} threads: sum {i}: found {found[i]}, expected {expected[i]}.");
        }
    }
}
