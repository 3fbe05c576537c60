using ApproxNets.Kernels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Kernels;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Layers;

public sealed class SurrogateConv2dTests
{
    private const int XZero = 37, WZero = 120;
    private const float XScale = 0.02f, WScale = 0.01f;

    /// <summary>Errors of up to 500 without structure, also where an operand is zero: rank 256.</summary>
    private static readonly LowRankErrorTable Noisy = LowRankErrorTable.Of(MakeNoisy());

    [Fact]
    public void AllTermsEqualTheBitExactLayer() => Assert.All(ConvolutionShapes.Kinds, shape => CheckAgainstExact(shape, 1, Noisy));

    [Fact]
    public void RandomShapesAndRanksStayWithinWhatTheRankLeavesOut() =>
        Gen.Select(ConvolutionShapes.Any, Gen.Int[0, 1000], Gen.Int[0, 256], Gen.Int[1, 100_000]).Sample(
            (shape, seed, rank, budget) => CheckAgainstExact(shape, seed, Noisy.Truncate(rank), budget),
            iter: 60,
            threads: 1);

    [Fact]
    public void RankZeroIsTheExactConvolution() => Assert.All(ConvolutionShapes.Kinds, shape =>
    {
        using var scope = NewDisposeScope();
        var one = new Operands(shape, 1);
        Assert.True(one.Exact().Equals(one.Run(Noisy.Truncate(0))));
    });

    [Fact]
    public void OutputErrorFallsWithTheRank()
    {
        using var scope = NewDisposeScope();
        var one = new Operands(new Conv2dShape(4, 8, 12, 12, 16, 3, 3) { Padding = (1, 1) }, 1);
        var expected = one.Run(Noisy);
        double[] errors = [.. ((int[])[0, 32, 64, 96, 128, 160, 192, 224, 256]).Select(
            r => (double)one.Run(Noisy.Truncate(r)).sub(expected).square().mean().sqrt().item<float>())];
        Assert.Equal(errors.OrderDescending(), errors);
        Assert.Equal(0, errors[^1]);
    }

    [Fact]
    public void OneScalePerOutputChannel()
    {
        using var scope = NewDisposeScope();
        var one = new Operands(new Conv2dShape(2, 4, 6, 6, 3, 3, 3) { Padding = (1, 1) }, 1);
        var factors = tensor(new[] { 1f, 2f, 4f });
        var byChannel = factors.view(1, 3, 1, 1);
        Tensor Correction(LowRankErrorTable table, Tensor? scale = null) => one.Run(table, outputScale: scale).sub(one.Exact());

        // One convolution has the exact part and all planes: rounding grows with the scale of the channel, so the scale is taken off again, and
        // with the number of planes, by 1.4e-4 at rank 256 where libtorch uses AVX2, so there are few.
        var (few, scale) = (Noisy.Truncate(9), factors.mul(XScale * WScale));
        Assert.True(Correction(few, scale).div(byChannel).allclose(Correction(few), atol: 1e-4));

        // With gradients the correction is computed apart, and powers of two scale it without rounding. What is left is that of adding it to
        // outputs of up to 25 and of taking these off again.
        one.RequireGradients();
        Assert.True(Correction(Noisy, scale).allclose(Correction(Noisy).mul(byChannel), rtol: 0, atol: 1e-5));
    }

    [Fact]
    public void GradientIsThatOfTheExactQuantisedLayerAndTheValueThatWithoutGradient() => Assert.All(ConvolutionShapes.Kinds, shape =>
    {
        using var scope = NewDisposeScope();
        var one = new Operands(shape, 1);
        var plain = one.Run(Noisy.Truncate(9));
        one.RequireGradients();
        var direction = randn(plain.shape);
        var surrogate = one.Run(Noisy.Truncate(9));
        Assert.True(surrogate.allclose(plain, rtol: 1e-5, atol: 1e-5 * plain.abs().max().item<float>()));
        surrogate.mul(direction).sum().backward();
        Tensor[] found = one.TakeGradients();
        one.Exact().mul(direction).sum().backward();
        Assert.All(one.TakeGradients().Zip(found), g => Assert.True(g.First.Equals(g.Second)));
    });

    [Fact]
    public void FullyConnectedOperandsHaveTwoDimensions()
    {
        using var scope = NewDisposeScope();
        var one = new Operands(new Conv2dShape(5, 24, 1, 1, 7, 1, 1), 1);
        var flat = SurrogateConv2d.Run(
            one.X.view(5, 24), one.Weight.view(7, 24), one.XCodes.view(5, 24), one.WeightCodes, one.Scale, Operands.U(Noisy), Operands.V(Noisy),
            one.Shape, XZero);
        Assert.Equal([5, 7, 1, 1], flat.shape);
        Assert.True(flat.Equals(one.Run(Noisy)));
    }

    [Fact]
    public void AnEmptyBatchHasNoOutput()
    {
        using var scope = NewDisposeScope();
        var one = new Operands(new Conv2dShape(0, 3, 8, 8, 4, 3, 3) { Padding = (1, 1) }, 1);
        Assert.Equal([0, 4, 8, 8], one.Run(Noisy).shape);
    }

    [Fact]
    public void WrongOperandsAreNamed()
    {
        using var scope = NewDisposeScope();
        var one = new Operands(new Conv2dShape(2, 3, 4, 4, 5, 3, 3), 1);
        Tensor Run(Tensor? x = null, Tensor? w = null, Tensor? codes = null, Tensor? scale = null) => SurrogateConv2d.Run(
            x ?? one.X, w ?? one.Weight, codes ?? one.XCodes, one.WeightCodes, scale ?? one.Scale, Operands.U(Noisy), Operands.V(Noisy), one.Shape, XZero);
        Assert.Contains("found activations Float64", Message(() => Run(x: one.X.to(ScalarType.Float64))));
        Assert.Contains("expected Float32 [5, 3, 3, 3]", Message(() => Run(w: one.Weight.view(3, 5, 3, 3))));
        Assert.Contains("found activation codes Byte [3, 2, 4, 4]", Message(() => Run(codes: one.XCodes.view(3, 2, 4, 4))));
        Assert.Contains("found output scale Float32 [2] on cpu, expected Float32 [5]", Message(() => Run(scale: ones(2))));

        static string Message(Action run) => Assert.Throws<ArgumentException>(run).Message;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OnlyTheOutputStaysAlive(bool gradients)
    {
        using var scope = NewDisposeScope();
        var one = new Operands(ConvolutionShapes.Kinds[0], 1);
        if (gradients)
        {
            one.RequireGradients();
        }

        var table = Noisy.Truncate(3);
        var (u, v) = (Operands.U(table), Operands.V(table));
        Tensor Run(long budget) => SurrogateConv2d.Run(one.X, one.Weight, one.XCodes, one.WeightCodes, one.Scale, u, v, one.Shape, XZero, budget);
        Run(SurrogateConv2d.BudgetBytes).Dispose();
        long before = LiveTensors.Settled();
        using var y = Run(1);
        Assert.Equal(before + 1, Tensor.TotalCount);
    }

    private static void CheckAgainstExact(Conv2dShape shape, int seed, LowRankErrorTable table, long budget = SurrogateConv2d.BudgetBytes)
    {
        using var scope = NewDisposeScope();
        var one = new Operands(shape, seed);
        int[] errors = table.Multiplier.ErrorMap();
        int[] sums = NaiveConvolution.Run(
            one.XCodes.data<byte>().ToArray(), one.WeightCodes.data<byte>().ToArray(),
            (x, w) => ((x - XZero) * (w - WZero)) + errors[(x * 256) + w], shape, XZero);
        float[] found = one.Run(table, budget: budget).data<float>().ToArray();
        Assert.Equal(sums.Length, found.Length);

        // A fan-in's errors may all add up; and float32 rounds sums of n products of up to 255 x 255 and n R corrections.
        double tolerance = XScale * WScale * shape.FanIn * (table.Residuals[table.Rank].MaxAbsolute + (1e-6 * 65025));
        for (int i = 0; i < sums.Length; i++)
        {
            Assert.Equal((double)XScale * WScale * sums[i], found[i], tolerance);
        }
    }

    private static Multiplier MakeNoisy()
    {
        var random = new Random(3);
        return Multiplier.FromFunction(
            "noisy", Signedness.Unsigned, (x, w) => Math.Clamp((x * w) + random.Next(-500, 501), 0, 65535), 1, "test");
    }

    /// <summary>Random codes of one convolution with the numbers they stand for.</summary>
    private sealed class Operands
    {
        public Operands(Conv2dShape shape, int seed)
        {
            Shape = shape;
            XCodes = tensor(ConvolutionShapes.RandomCodes(shape.InputLength, seed))
                .view(shape.Batch, shape.InChannels, shape.Height, shape.Width);
            WeightCodes = tensor(ConvolutionShapes.RandomCodes(shape.WeightLength, ~seed)).view(shape.OutChannels, shape.FanIn);
            X = XCodes.to(ScalarType.Float32).sub(XZero).mul(XScale);
            Weight = WeightCodes.to(ScalarType.Float32).sub(WZero).mul(WScale)
                .view(shape.OutChannels, shape.InChannels / shape.Groups, shape.KernelHeight, shape.KernelWidth);
            Scale = tensor(new[] { XScale * WScale });
        }

        public Conv2dShape Shape { get; }

        public Tensor X { get; }

        public Tensor Weight { get; }

        public Tensor XCodes { get; }

        public Tensor WeightCodes { get; }

        public Tensor Scale { get; }

        public Tensor Run(LowRankErrorTable table, Tensor? outputScale = null, long budget = SurrogateConv2d.BudgetBytes) =>
            SurrogateConv2d.Run(X, Weight, XCodes, WeightCodes, outputScale ?? Scale, U(table), V(table), Shape, XZero, budget);

        public static Tensor U(LowRankErrorTable table) => SurrogateConv2d.Terms(table.U, table.Rank);

        public static Tensor V(LowRankErrorTable table) => SurrogateConv2d.Terms(table.V, table.Rank);

        public Tensor Exact() => nn.functional.conv2d(
            X, Weight, null,
            [Shape.Stride.H, Shape.Stride.W], [Shape.Padding.H, Shape.Padding.W], [Shape.Dilation.H, Shape.Dilation.W], Shape.Groups);

        public void RequireGradients()
        {
            X.requires_grad_();
            Weight.requires_grad_();
        }

        public Tensor[] TakeGradients()
        {
            Tensor[] gradients = [X.grad!.clone(), Weight.grad!.clone()];
            X.grad!.zero_();
            Weight.grad!.zero_();
            return gradients;
        }
    }
}
