using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using ApproxNets.Tests.Layers;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Quantization;

public sealed class FakeQuantizeTests
{
    // Scales are powers of two, so that quotients and products are exact and ties are ties.
    public static TheoryData<AffineParameters> Grids =>
    [
        new AffineParameters(0.25, 0, -128, 127),
        new AffineParameters(0.5, 0, -127, 127),
        new AffineParameters(0.125, 77, 0, 255),
        new AffineParameters(1, 0, 0, 255),
        new AffineParameters(1, 255, 0, 255),
    ];

    [Theory]
    [MemberData(nameof(Grids))]
    public void PerTensorEqualsTheNaiveLoop(AffineParameters grid)
    {
        using var scope = NewDisposeScope();
        float[] values = Values(grid.Scale);
        float[] expected = [.. values.Select(v => (float)(grid.Scale * (Code(v, grid) - grid.ZeroPoint)))];
        var actual = FakeQuantize.PerTensor(tensor(values).reshape(3, -1), grid);
        Assert.Equal([3, values.Length / 3], actual.shape);
        Assert.Equal(expected, actual.data<float>().ToArray());

        // The same with gradients, where the value takes another way.
        var leaf = tensor(values, requires_grad: true);
        Assert.Equal(expected, FakeQuantize.PerTensor(leaf, grid).detach().data<float>().ToArray());
    }

    [Fact]
    public void TiesGoToTheEvenInteger()
    {
        using var scope = NewDisposeScope();
        var rounded = FakeQuantize.PerTensor(tensor(new float[] { 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f }), new AffineParameters(1, 0, -128, 127));
        Assert.Equal([0f, 2, 2, 0, -2, -2], rounded.data<float>().ToArray());
    }

    [Fact]
    public void GradientIsOneInsideTheRangeAndZeroOutside()
    {
        using var scope = NewDisposeScope();
        var grid = new AffineParameters(0.5, 55, 0, 255); // -27.5 .. 100
        var x = tensor(new float[] { -30, -27.75f, -27.25f, 0, 3.2f, 99.9f, 100.25f, 1000 }, requires_grad: true);
        var direction = tensor(new float[] { 1, 2, 3, 4, 5, 6, 7, 8 });
        FakeQuantize.PerTensor(x, grid).mul(direction).sum().backward();
        Assert.Equal([0f, 0, 3, 4, 5, 6, 0, 0], x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void PerChannelUsesEachChannelsScale()
    {
        using var scope = NewDisposeScope();
        float[] scales = [0.25f, 1, 0.0625f];
        float[] values = Values(0.25);
        int each = values.Length / 3;
        var actual = FakeQuantize.PerChannel(tensor(values).reshape(3, each / 6, 2, 3), tensor(scales));
        Assert.Equal([3, each / 6, 2, 3], actual.shape);
        float[] expected = [.. values.Select((v, i) => scales[i / each] * (float)Math.Clamp(Math.Round(v / (double)scales[i / each], MidpointRounding.ToEven), -127, 127))];
        Assert.Equal(expected, actual.data<float>().ToArray());

        // Gradients: zero beyond 127 steps of the own channel.
        var weight = tensor(values).reshape(3, each).requires_grad_();
        FakeQuantize.PerChannel(weight, tensor(scales)).sum().backward();
        Assert.Equal([.. values.Select((v, i) => Math.Abs(v) <= 127 * scales[i / each] ? 1f : 0f)], weight.grad!.data<float>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Grids))]
    public void CodesGoThereAndBack(AffineParameters grid)
    {
        using var scope = NewDisposeScope();
        float[] values = Values(grid.Scale);
        var onGrid = FakeQuantize.PerTensor(tensor(values), grid);
        var codes = FakeQuantize.Codes(onGrid, grid);
        Assert.Equal(ScalarType.Byte, codes.dtype);
        Assert.Equal([.. values.Select(v => (byte)(Code(v, grid) - grid.Offset))], codes.bytes.ToArray());
        float[] back = [.. codes.bytes.ToArray().Select(c => (float)(grid.Scale * (c + grid.Offset - grid.ZeroPoint)))];
        Assert.Equal(onGrid.data<float>().ToArray(), back);
    }

    [Fact]
    public void CodesOfATransposedTensorAreInItsOwnOrder()
    {
        using var scope = NewDisposeScope();
        var grid = new AffineParameters(1, 0, 0, 255);
        var codes = FakeQuantize.Codes(tensor(new float[] { 1, 2, 3, 4, 5, 6 }).reshape(2, 3).t(), grid);
        Assert.Equal(new byte[] { 1, 4, 2, 5, 3, 6 }, codes.bytes.ToArray());
    }

    [Fact]
    public void OnlyTheResultsStayAlive()
    {
        var grid = AffineParameters.ForActivations(-1, 2, Signedness.Unsigned);
        using var x = randn(10, 10);
        using var leaf = randn(10, 10, requires_grad: true);
        using var scales = ones(10);
        long before = LiveTensors.Settled();
        using var plain = FakeQuantize.PerTensor(x, grid);
        using var graph = FakeQuantize.PerTensor(leaf, grid);
        using var channels = FakeQuantize.PerChannel(leaf, scales);
        using var codes = FakeQuantize.Codes(plain, grid);
        Assert.Equal(before + 4, Tensor.TotalCount);
    }

    // Random values well beyond the range, every tie in it, and the ends. A multiple of 18 in number.
    private static float[] Values(double scale)
    {
        var random = new Random(1);
        float[] ties = [.. Enumerable.Range(-300, 600).Select(i => (float)((i + 0.5) * scale))];
        float[] drawn = [.. Enumerable.Range(0, 300).Select(_ => (float)((random.NextDouble() - 0.5) * 700 * scale))];
        return [.. ties, .. drawn];
    }

    private static int Code(double value, AffineParameters grid) =>
        (int)Math.Clamp(Math.Round(value / grid.Scale, MidpointRounding.ToEven) + grid.ZeroPoint, grid.Min, grid.Max);
}
