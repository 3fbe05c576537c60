using System.Runtime.CompilerServices;
using ApproxNets.Kernels;
using Xunit;

namespace ApproxNets.Tests.Kernels;

/// <summary>Random operands of one convolution, and the comparison of a path with the naive loop.</summary>
internal sealed class ConvolutionCase
{
    // Laying out a table takes longer than most of these convolutions.
    private static readonly ConditionalWeakTable<int[], LutTable> Tables = [];

    private readonly Conv2dShape _shape;
    private readonly byte[] _x;
    private readonly byte[] _weights;
    private readonly int[] _products;
    private readonly LutTable _table;
    private readonly byte _padCode;
    private int[]? _expected;

    public ConvolutionCase(Conv2dShape shape, int[] products, int seed, byte firstCode = 0, byte lastCode = 255, byte padCode = 128)
    {
        var random = new Random(seed);
        _shape = shape;
        _products = products;
        _table = Tables.GetValue(products, static p => new LutTable(p));
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

    /// <summary>The strategies of a path.</summary>
    public static IEnumerable<LutStrategy> Strategies(KernelPath path) => path switch
    {
        KernelPath.Scalar => [],
        KernelPath.Avx512 => Enum.GetValues<LutStrategy>(),
        _ => [LutStrategy.Columns, LutStrategy.ChannelLanes, LutStrategy.OutputLanes],
    };

    /// <summary>Products near those of the exact multiplier, with an error that depends on both operands.</summary>
    public static int[] NearExactTable(bool signed, int greatestError, int seed)
    {
        var random = new Random(seed);
        var products = new int[65536];
        int offset = signed ? 128 : 0;
        for (int i = 0; i < products.Length; i++)
        {
            int error = random.Next(-greatestError, greatestError + 1);
            products[i] = Math.Clamp((((i >> 8) - offset) * ((i & 255) - offset)) + error, signed ? -32768 : 0, signed ? 32767 : 65535);
        }

        return products;
    }

    public static void SkipUnlessSupported(KernelPath path) => Assert.SkipUnless(
        LutConv2d.SupportedPaths.Contains(path), $"This processor (or runtime setting) does not have the path {path}.");

    public int[] Run(KernelPath path, int threads = 2, LutStrategy? strategy = null)
    {
        // Not zeroed: a kernel must write every sum.
        var sums = new int[_shape.OutputLength];
        Array.Fill(sums, 0x5EED);
        LutConv2d.Run(_x, _weights, _table, _shape, _padCode, sums, path, threads, strategy);
        return sums;
    }

    public float[] Dequantized(float[] scale, float[] bias, int[] offset, int codeFactor, KernelPath path, int threads = 2)
    {
        var outputs = new float[_shape.OutputLength];
        Array.Fill(outputs, float.NaN);
        LutConv2d.Run(
            _x, _weights, _table, _shape, _padCode, new LutDequantization(scale, bias, offset, codeFactor), outputs, path, threads);
        return outputs;
    }

    public int Product(int x, int w) => _products[(x * 256) + w];

    public int[] Naive(Func<int, int, int>? product = null) =>
        NaiveConvolution.Run(_x, _weights, product ?? ((x, w) => _products[(x * 256) + w]), _shape, _padCode);

    public void CheckAgainstNaive(KernelPath path, int threads = 2, LutStrategy? strategy = null)
    {
        int[] expected = _expected ??= Naive(), found = Run(path, threads, strategy);
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                expected[i] == found[i],
                $"{_shape}, {path}, {strategy}, {threads} threads: sum {i}: found {found[i]}, expected {expected[i]}.");
        }
    }
}
