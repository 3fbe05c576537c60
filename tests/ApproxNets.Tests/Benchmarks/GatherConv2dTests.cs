using ApproxNets.Benchmarks;
using ApproxNets.Kernels;
using ApproxNets.Tests.Kernels;
using CsCheck;
using Xunit;

namespace ApproxNets.Tests.Benchmarks;

public sealed class GatherConv2dTests
{
    private static readonly int[] Products = ConvolutionCase.RandomTable(short.MinValue, short.MaxValue, 1);

    public static TheoryData<Conv2dShape> Shapes =>
    [
        new Conv2dShape(1, 1, 1, 1, 1, 1, 1),
        new Conv2dShape(3, 5, 7, 9, 17, 3, 3) { Padding = (1, 1) },
        new Conv2dShape(2, 4, 11, 13, 6, 3, 5) { Padding = (0, 2), Stride = (2, 1) },
        new Conv2dShape(1, 3, 13, 12, 5, 2, 3) { Padding = (1, 4), Dilation = (3, 2), Stride = (3, 2) },
        new Conv2dShape(2, 12, 9, 9, 18, 3, 3) { Padding = (1, 1), Groups = 3 },
        new Conv2dShape(2, 7, 9, 10, 7, 3, 3) { Padding = (1, 1), Groups = 7 },
        new Conv2dShape(1, 2, 2, 2, 3, 2, 2) { Padding = (5, 5) },
        new Conv2dShape(3, 10, 5, 5, 33, 1, 1) { Stride = (2, 2) },
        new Conv2dShape(300, 20, 1, 1, 10, 1, 1),
    ];

    private static (byte[] X, byte[] Weights) Operands(Conv2dShape shape, int seed)
    {
        var random = new Random(seed);
        byte[] x = new byte[shape.InputLength], weights = new byte[shape.WeightLength];
        random.NextBytes(x);
        random.NextBytes(weights);
        return (x, weights);
    }

    private static void CheckAgainstNaive(Conv2dShape shape, int threads, int seed)
    {
        const byte PadCode = 77;
        var (x, weights) = Operands(shape, seed);
        var found = new int[shape.OutputLength];
        Array.Fill(found, 0x5EED);

        GatherConv2d.Run(x, weights, GatherConv2d.WeightMajor(Products), shape, PadCode, found, threads);

        Assert.Equal(NaiveConvolution.Run(x, weights, (a, w) => Products[(a * 256) + w], shape, PadCode), found);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Equals_the_naive_loop(Conv2dShape shape)
    {
        foreach (int threads in new[] { 1, 2, 5 })
        {
            CheckAgainstNaive(shape, threads, 1);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(255)]
    [InlineData(257)]
    public void Equals_the_naive_loop_around_lanes_and_strips(int width) =>
        CheckAgainstNaive(new Conv2dShape(1, 2, 1, width, 3, 1, 3) { Padding = (0, 1) }, 2, width);

    [Fact]
    public void Random_shapes_equal_the_naive_loop() =>
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Int[1, 12], Gen.Int[1, 3], Gen.Int[1, 2], Gen.Int[0, 2], Gen.Int[1, 2])
            .Where(t => t.Item4 + (2 * t.Item7) > t.Item8 * (t.Item5 - 1))
            .Sample(
                t =>
                {
                    var (batch, groups, channels, size, kernel, stride, padding, dilation) = t;
                    CheckAgainstNaive(
                        new Conv2dShape(batch, groups * channels, size, size + 1, groups * 2, kernel, kernel)
                        {
                            Groups = groups,
                            Stride = (stride, stride),
                            Padding = (padding, padding),
                            Dilation = (dilation, dilation),
                        },
                        2,
                        1);
                },
                iter: 100,
                threads: 1);

    [Fact]
    public void Real_outputs_are_scaled_and_shifted_sums()
    {
        var shape = new Conv2dShape(2, 3, 5, 6, 4, 3, 3) { Padding = (1, 1) };
        var (x, weights) = Operands(shape, 3);
        int[] table = GatherConv2d.WeightMajor(Products), sums = new int[shape.OutputLength];
        float[] bias = [0.5f, -1, 0, 2], y = new float[shape.OutputLength];

        GatherConv2d.Run(x, weights, table, shape, 128, sums, 2);
        GatherConv2d.Run(x, weights, table, shape, 128, 0.25f, bias, y, 2);

        // A quarter of such sums is exact in float32 up to the rounding of the sum itself, the bias adds one more.
        Assert.All(Enumerable.Range(0, y.Length), i => Assert.Equal((0.25 * sums[i]) + bias[i / 30 % 4], y[i], 0.01));
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        var shape = new Conv2dShape(1, 1, 2, 2, 1, 1, 1);
        Assert.Throws<ArgumentException>(() => GatherConv2d.Run(new byte[3], new byte[1], Products, shape, 0, new int[4], 1));
        Assert.Throws<ArgumentException>(() => GatherConv2d.Run(new byte[4], new byte[1], Products, shape, 0, 1f, [], new float[4], 1));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => GatherConv2d.Run(new byte[4], new byte[1], Products, shape, 0, new int[4], 0));
    }
}
