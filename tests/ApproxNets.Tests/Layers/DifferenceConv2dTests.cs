using ApproxNets.Kernels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using ApproxNets.Tests.Multipliers;
using ApproxNets.Tests.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Layers;

public sealed class DifferenceConv2dTests
{
    public static TheoryData<Signedness, bool, int, int, int, int, KernelPath> Convolutions => new()
    {
        // scheme, per-channel weights, stride, padding, dilation, groups
        { Signedness.Signed, false, 1, 1, 1, 1, KernelPath.Auto },
        { Signedness.Signed, true, 2, 1, 1, 2, KernelPath.Auto },
        { Signedness.Unsigned, false, 1, 1, 1, 1, KernelPath.Auto },
        { Signedness.Unsigned, false, 2, 1, 1, 1, KernelPath.Tensor },
        { Signedness.Unsigned, false, 3, 2, 2, 2, KernelPath.Auto },
        { Signedness.Unsigned, false, 1, 0, 1, 4, KernelPath.Auto },
    };

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void GradientsEqualTheNaiveLoopOverTheTables(
        Signedness scheme, bool perChannel, int stride, int padding, int dilation, int groups, KernelPath path)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(7);
        var conv = nn.Conv2d(4, 8, 3, stride: stride, padding: padding, dilation: dilation, groups: groups, bias: true);
        var layer = new ApproxConv2d("c", conv, new QuantizationOptions(scheme) { PerChannelWeights = perChannel });
        var x = Prepare(layer, [3, 4, 8, 9], random);
        var multiplier = DifferenceGradientTests.Noisy(scheme);
        var differences = new ApproximateArithmetic(multiplier)
        {
            Gradient = GradientKind.Difference,
            GradientShare = 1e-5,
            HalfWindow = 2,
            KernelPath = path,
        };

        var (value, found) = Gradients(layer, x, differences, random.Clone());
        var (straightValue, straight) = Gradients(layer, x, new ApproximateArithmetic(multiplier) { KernelPath = path }, random.Clone());
        double[][] expected = Naive(layer, x, value.shape, stride, padding, dilation, groups, differences, random.Clone());

        // The value is the simulation's, which with the straight-through path by tensors is off by rounding.
        Assert.True(value.allclose(straightValue, rtol: 1e-5, atol: 1e-4));
        for (int i = 0; i < found.Length; i++)
        {
            AssertClose(expected[i], found[i], 1e-4);
        }

        // Without the table's slopes it would be far off, so the test tells them apart.
        Assert.True(straight[0].sub(found[0]).norm().item<float>() > 0.05 * straight[0].norm().item<float>());
        Assert.True(straight[1].sub(found[1]).norm().item<float>() > 0.05 * straight[1].norm().item<float>());
        Assert.True(straight[2].allclose(found[2], rtol: 1e-4, atol: 1e-4));
    }

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void FullyConnectedGradientsEqualTheNaiveLoop(Signedness scheme)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(8);
        var layer = new ApproxLinear("l", nn.Linear(23, 5, hasBias: false), new QuantizationOptions(scheme));
        var x = Prepare(layer, [7, 23], random);
        var differences = new ApproximateArithmetic(DifferenceGradientTests.Noisy(scheme)) { Gradient = GradientKind.Difference, GradientShare = 1e-5 };
        var (value, found) = Gradients(layer, x, differences, random.Clone());
        double[][] expected = Naive(layer, x, [7, 5, 1, 1], 1, 0, 1, 1, differences, random.Clone());
        Assert.Equal([7, 5], value.shape);
        Assert.Equal(2, found.Length);
        AssertClose(expected[0], found[0], 1e-4);
        AssertClose(expected[1], found[1], 1e-4);
    }

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void ExactMultiplierHasTheStraightThroughGradient(Signedness scheme)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(9);
        var layer = new ApproxConv2d("c", nn.Conv2d(4, 8, 3, stride: 2, padding: 1), new QuantizationOptions(scheme));
        var x = Prepare(layer, [3, 4, 9, 9], random);
        var exact = Multiplier.FromFunction("exact", scheme, (a, b) => a * b, 1, "definition");
        var (_, expected) = Gradients(layer, x, new ApproximateArithmetic(exact), random.Clone());
        var (_, found) = Gradients(layer, x, new ApproximateArithmetic(exact) { Gradient = GradientKind.Difference }, random.Clone());
        Assert.All(expected.Zip(found), g => Assert.True(
            g.First.sub(g.Second).abs().max().item<float>() <= 1e-5 * g.First.abs().max().item<float>()));
    }

    [Fact]
    public void FewTermsComeNearAndChunksOfImagesDoNotMatter()
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(10);

        // 40 images of 64 KB and more a term: several chunks.
        var layer = new ApproxConv2d("c", nn.Conv2d(16, 4, 3, padding: 1), new QuantizationOptions(Signedness.Unsigned));
        var x = Prepare(layer, [40, 16, 32, 32], random);
        var multiplier = MultiplierFamilies.BrokenArray(Signedness.Unsigned, 3, 8);
        var (_, few) = Gradients(layer, x, new ApproximateArithmetic(multiplier) { Gradient = GradientKind.Difference }, random.Clone());
        var (_, all) = Gradients(
            layer, x, new ApproximateArithmetic(multiplier) { Gradient = GradientKind.Difference, GradientShare = 1e-4 }, random.Clone());
        var (_, straight) = Gradients(layer, x, new ApproximateArithmetic(multiplier), random.Clone());
        for (int i = 0; i < 2; i++)
        {
            double left = few[i].sub(all[i]).norm().item<float>(), correction = straight[i].sub(all[i]).norm().item<float>();
            Assert.True(left < 0.15 * correction, $"{left} of {correction} are left"); // 5 % if all operands were equally frequent
        }
    }

    [Fact]
    public void StepsWithTheSameSeedGiveTheSameBits()
    {
        string Run()
        {
            using var scope = NewDisposeScope();
            using var random = new Generator(11);
            var layer = new ApproxConv2d("c", nn.Conv2d(16, 8, 3, padding: 1), new QuantizationOptions(Signedness.Signed));
            var x = Prepare(layer, [16, 16, 16, 16], random);
            var (_, found) = Gradients(
                layer, x, new ApproximateArithmetic(MultiplierFamilies.Truncated(Signedness.Signed, 7)) { Gradient = GradientKind.Difference }, random);
            return string.Concat(found.Select(g => Convert.ToHexString(TinyProblem.Bytes(g))));
        }

        Assert.Equal(Run(), Run());
    }

    [Fact]
    public void ModelSetsAllLayersAndTrainsWithThem()
    {
        using var scope = NewDisposeScope();
        var model = TinyProblem.Model(1);
        TinyProblem.Observe(model);
        var assignment = Assignment.Uniform(MultiplierFamilies.Truncated(Signedness.Signed, 7), model.Opcounts);
        model.Use(assignment, GradientKind.Difference, 4);
        var shared = Assert.IsType<ApproximateArithmetic>(model.Layers[0].Arithmetic);
        Assert.Equal((GradientKind.Difference, 4), (shared.Gradient, shared.HalfWindow));
        Assert.All(model.Layers, l => Assert.Same(shared, l.Arithmetic));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Use(assignment, GradientKind.Difference, 127));
        model.Network.call(TinyProblem.Batch()).sum().backward();
        Assert.All(model.Layers, l => Assert.True(l.Weight.grad!.isfinite().all().item<bool>()));
    }

    [Fact]
    public void NeitherPassLeavesTensorsBehind()
    {
        using var random = new Generator(12);
        using var layer = new ApproxConv2d("c", nn.Conv2d(3, 4, 3, padding: 1), new QuantizationOptions(Signedness.Signed));
        using var x = Prepare(layer, [2, 3, 8, 8], random);
        layer.Arithmetic = new ApproximateArithmetic(MultiplierFamilies.Truncated(Signedness.Signed, 7)) { Gradient = GradientKind.Difference };
        layer.call(x).Dispose();
        void Step()
        {
            using var y = layer.call(x);
            using var sum = y.sum();
            sum.backward();
        }

        Step();
        long before = LiveTensors.Settled();
        using (var y = layer.call(x))
        {
            Assert.Equal(before + 1, Tensor.TotalCount);
        }

        Step();
        Assert.Equal(before, LiveTensors.Settled());
    }

    private static Tensor Prepare(ApproxLayer layer, long[] shape, Generator random)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        layer.Weight.normal_(0.05, 0.3, random);
        layer.Bias?.normal_(0, 1, random);
        var x = randn(shape, generator: random).add(0.3);
        layer.train();
        layer.With(new QuantizedArithmetic(), x.mul(0.7)); // so that some values lie outside of the grid
        layer.eval();
        return x.MoveToOuterDisposeScope();
    }

    private static (Tensor Value, Tensor[] Gradients) Gradients(
        ApproxLayer layer, Tensor input, ApproximateArithmetic arithmetic, Generator random)
    {
        layer.zero_grad();
        var x = input.clone().requires_grad_();
        var y = layer.With(arithmetic, x);
        y.mul(randn(y.shape, generator: random)).sum().backward();
        var all = new[] { x.grad!, layer.Weight.grad! }.Concat(layer.Bias is null ? [] : [layer.Bias.grad!]);
        return (y.detach(), [.. all.Select(g => g.clone())]);
    }

    // dy/dx = s_w (dm/dx - z_w) and dy/dw = s_x (dm/dw - z_x), product by product.
    private static double[][] Naive(
        ApproxLayer layer, Tensor input, long[] outputShape, int stride, int padding, int dilation, int groups,
        ApproximateArithmetic arithmetic, Generator random)
    {
        float[] g = randn(outputShape.Where((s, i) => input.dim() == 4 || i < 2).ToArray(), generator: random).data<float>().ToArray();
        float[] x = input.data<float>().ToArray(), w = layer.Weight.data<float>().ToArray();
        int[] size = [.. input.shape.Select(s => (int)s), 1, 1], kernel = [.. layer.Weight.shape.Select(s => (int)s), 1, 1];
        int outputs = kernel[0], height = (int)outputShape[2], width = (int)outputShape[3];
        AffineParameters ax = layer.ActivationParameters, aw = layer.WeightParameters;
        float[] scales = layer.OutputScale().Length == 1
            ? [(float)aw.Scale]
            : [.. w.Chunk(w.Length / outputs).Select(channel => FakeQuantize.ChannelScale(channel))];
        float[] slopesX = DifferenceGradient.OfActivation(arithmetic.Multiplier, arithmetic.HalfWindow);
        float[] slopesW = DifferenceGradient.OfWeight(arithmetic.Multiplier, arithmetic.HalfWindow);
        int Code(float value, double scale, AffineParameters p) =>
            (int)Math.Clamp(MathF.Round(value / (float)scale) + p.ZeroPoint, p.Min, p.Max) - p.Offset;
        bool Inside(float value, double scale, AffineParameters p) =>
            value >= (float)scale * (p.Min - p.ZeroPoint) && value <= (float)scale * (p.Max - p.ZeroPoint);
        double[] ofX = new double[x.Length], ofW = new double[w.Length];
        for (int i = 0; i < g.Length; i++)
        {
            int column = i % width, row = i / width % height, o = i / (width * height) % outputs, n = i / (width * height * outputs);
            double sw = scales[scales.Length == 1 ? 0 : o];
            for (int k = 0; k < kernel[1] * kernel[2] * kernel[3]; k++)
            {
                int c = (k / (kernel[2] * kernel[3])) + (o / (outputs / groups) * kernel[1]);
                int r = (row * stride) - padding + (k / kernel[3] % kernel[2] * dilation);
                int s = (column * stride) - padding + (k % kernel[3] * dilation);
                bool inside = r >= 0 && r < size[2] && s >= 0 && s < size[3];
                int at = (((((n * size[1]) + c) * size[2]) + r) * size[3]) + s, of = (o * kernel[1] * kernel[2] * kernel[3]) + k;
                int qx = inside ? Code(x[at], ax.Scale, ax) : ax.ZeroCode, qw = Code(w[of], sw, aw);
                if (inside && Inside(x[at], ax.Scale, ax))
                {
                    ofX[at] += g[i] * sw * (slopesX[(qx * 256) + qw] - aw.ZeroPoint);
                }

                // No weight lies outside of its grid.
                ofW[of] += g[i] * ax.Scale * (slopesW[(qx * 256) + qw] - ax.ZeroPoint);
            }
        }

        return [ofX, ofW, .. layer.Bias is null ? (double[][])[] : [[.. Enumerable.Range(0, outputs).Select(
            o => g.Where((_, i) => i / (width * height) % outputs == o).Sum(v => (double)v))]]];
    }

    private static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        float[] found = actual.contiguous().data<float>().ToArray();
        Assert.Equal(expected.Length, found.Length);
        double greatest = expected.Max(Math.Abs);
        for (int i = 0; i < found.Length; i++)
        {
            Assert.Equal(expected[i], found[i], tolerance * greatest);
        }
    }
}

internal static class GeneratorExtensions
{
    /// <summary>A generator of its own in the same state.</summary>
    public static Generator Clone(this Generator generator)
    {
        var copy = new Generator();
        using var state = generator.get_state();
        copy.set_state(state);
        return copy;
    }
}
