using ApproxNets.Kernels;
using ApproxNets.Layers;
using ApproxNets.Tests.Kernels;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Layers;

public sealed class TensorLutConv2dTests
{
    private static readonly int[] SignedTable = ConvolutionCase.RandomTable(short.MinValue, short.MaxValue, 1);
    private static readonly int[] UnsignedTable = ConvolutionCase.RandomTable(0, ushort.MaxValue, 2);

    [Fact]
    public void EveryKindOfConvolutionEqualsNaiveLoop() => Assert.All(ConvolutionShapes.Kinds, shape =>
    {
        CheckAgainstNaive(shape, SignedTable, 1, 128);
        CheckAgainstNaive(shape, UnsignedTable, 2, 0);
    });

    [Fact]
    public void RandomShapesTablesAndBudgetsEqualNaiveLoop() =>
        Gen.Select(ConvolutionShapes.Any, Gen.Int[0, 1000], Gen.Byte, Gen.Int[0, 20_000]).Sample(
            (shape, seed, pad, budget) => CheckAgainstNaive(shape, seed % 2 == 0 ? SignedTable : UnsignedTable, seed, pad, budget),
            iter: 200,
            threads: 1);

    [Fact]
    public void EveryCutIntoTilesGivesTheSameSums()
    {
        // 3 images of 5 x 6 outputs; an output position has 32 bytes of indices and 48 of products and sums.
        var shape = new Conv2dShape(3, 4, 9, 6, 6, 3, 2) { Padding = (1, 1), Stride = (2, 1), Dilation = (1, 2), Groups = 2 };
        Assert.Equal((5, 6), (shape.OutHeight, shape.OutWidth));
        for (long positions = 0; positions <= (3 * 30) + 1; positions++)
        {
            CheckAgainstNaive(shape, SignedTable, 1, 9, positions * 80);
        }
    }

    [Fact]
    public void ExtremeProductsDoNotWrap()
    {
        var shape = new Conv2dShape(1, 8, 6, 6, 17, 3, 3) { Padding = (1, 1) };
        foreach (int extreme in (int[])[short.MinValue, short.MaxValue, ushort.MaxValue])
        {
            var table = new int[65536];
            Array.Fill(table, extreme);
            CheckAgainstNaive(shape, table, 1, 0);
            var deepest = new Conv2dShape(1, Conv2dShape.MaxFanIn, 1, 2, 3, 1, 1);
            CheckAgainstNaive(deepest, table, 1, 0);
        }
    }

    [Fact]
    public void PaddingGoesThroughTheTable()
    {
        // Only m(0, 0) differs from 0, and all weights have the code 0: sums count the padded positions of a receptive field.
        using var scope = NewDisposeScope();
        var table = new int[65536];
        table[0] = 7;
        var shape = new Conv2dShape(1, 1, 2, 2, 1, 3, 3) { Padding = (1, 1) };
        var sums = TensorLutConv2d.Run(
            full([1, 1, 2, 2], 5, ScalarType.Byte), zeros([1, 9], ScalarType.Byte), tensor(table), shape, 0);
        Assert.Equal([35, 35, 35, 35], sums.data<int>().ToArray());
    }

    [Fact]
    public void StridesOfTheInputDoNotMatterAndFullyConnectedInputsHaveTwoDimensions()
    {
        using var scope = NewDisposeScope();
        var shape = new Conv2dShape(2, 6, 5, 4, 8, 3, 3) { Padding = (1, 1), Groups = 2 };
        var x = tensor(ConvolutionShapes.RandomCodes(shape.InputLength, 1)).view(2, 6, 5, 4);
        var weights = tensor(ConvolutionShapes.RandomCodes(shape.WeightLength, 2)).view(8, 27);
        var expected = TensorLutConv2d.Run(x, weights, tensor(SignedTable), shape, 3);
        var otherStrides = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
        Assert.False(otherStrides.is_contiguous());
        Assert.True(expected.Equals(TensorLutConv2d.Run(otherStrides, weights.t().contiguous().t(), tensor(SignedTable), shape, 3)));

        var connected = new Conv2dShape(5, 24, 1, 1, 7, 1, 1);
        var flat = x.reshape(-1)[..120].view(5, 24);
        var kernel = weights.reshape(-1)[..168].view(7, 24);
        var sums = TensorLutConv2d.Run(flat, kernel, tensor(SignedTable), connected, 0);
        Assert.Equal([5, 7, 1, 1], sums.shape);
        Assert.True(sums.Equals(TensorLutConv2d.Run(flat.view(5, 24, 1, 1), kernel, tensor(SignedTable), connected, 0)));
    }

    [Fact]
    public void AnEmptyBatchHasNoSums()
    {
        using var scope = NewDisposeScope();
        var shape = new Conv2dShape(0, 3, 8, 8, 4, 3, 3) { Padding = (1, 1) };
        Tensor x = empty([0, 3, 8, 8], ScalarType.Byte), weights = zeros([4, 27], ScalarType.Byte);
        Assert.Equal([0, 4, 8, 8], TensorLutConv2d.Run(x, weights, tensor(SignedTable), shape, 0).shape);
    }

    [Fact]
    public void WrongOperandsAreNamed()
    {
        using var scope = NewDisposeScope();
        var shape = new Conv2dShape(2, 3, 4, 4, 5, 3, 3);
        Tensor x = zeros([2, 3, 4, 4], ScalarType.Byte), weights = zeros([5, 27], ScalarType.Byte), table = tensor(SignedTable);
        Assert.Contains(
            "found activation codes Byte [3, 2, 4, 4] on cpu, expected Byte [2, 3, 4, 4] on cpu",
            Message(() => TensorLutConv2d.Run(x.view(3, 2, 4, 4), weights, table, shape, 0)));
        Assert.Contains(
            "found activation codes Int32", Message(() => TensorLutConv2d.Run(x.to(ScalarType.Int32), weights, table, shape, 0)));
        Assert.Contains("found weight codes Byte [27, 5]", Message(() => TensorLutConv2d.Run(x, weights.t(), table, shape, 0)));
        Assert.Contains("found product table Int64", Message(() => TensorLutConv2d.Run(x, weights, table.to(ScalarType.Int64), shape, 0)));
        Assert.Contains("expected Int32 [65536]", Message(() => TensorLutConv2d.Run(x, weights, table.view(256, 256), shape, 0)));
        Assert.Contains("groups", Message(() => TensorLutConv2d.Run(x, weights, table, shape with { Groups = 2 }, 0)));
        Assert.Contains("on meta", Message(() => TensorLutConv2d.Run(x, weights, table.to(META), shape, 0)));

        static string Message(Action run) => Assert.Throws<ArgumentException>(run).Message;
    }

    [Fact]
    public void OnlyTheSumsStayAlive()
    {
        var shape = ConvolutionShapes.Kinds[0];
        using var x = zeros([3, 5, 7, 9], ScalarType.Byte);
        using var weights = zeros([17, 45], ScalarType.Byte);
        using var table = tensor(SignedTable);
        TensorLutConv2d.Run(x, weights, table, shape, 0).Dispose();
        long before = LiveTensors.Settled();
        using var sums = TensorLutConv2d.Run(x, weights, table, shape, 0, 5000);
        Assert.Equal(before + 1, Tensor.TotalCount);
    }

    private static void CheckAgainstNaive(
        Conv2dShape shape, int[] table, int seed, byte padCode, long budget = TensorLutConv2d.BudgetBytes)
    {
        using var scope = NewDisposeScope();
        byte[] x = ConvolutionShapes.RandomCodes(shape.InputLength, seed);
        byte[] weights = ConvolutionShapes.RandomCodes(shape.WeightLength, ~seed);
        int[] expected = NaiveConvolution.Run(x, weights, (a, b) => table[(a * 256) + b], shape, padCode);
        var sums = TensorLutConv2d.Run(
            tensor(x).view(shape.Batch, shape.InChannels, shape.Height, shape.Width),
            tensor(weights).view(shape.OutChannels, shape.FanIn), tensor(table), shape, padCode, budget);
        Assert.Equal([shape.Batch, shape.OutChannels, shape.OutHeight, shape.OutWidth], sums.shape);
        Assert.Equal(ScalarType.Int32, sums.dtype);
        Assert.True(expected.AsSpan().SequenceEqual(sums.data<int>().ToArray()), $"{shape}, seed {seed}, budget {budget}: sums differ.");
    }
}
