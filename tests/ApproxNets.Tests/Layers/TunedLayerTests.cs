using ApproxNets.Kernels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Layers;

public sealed class TunedLayerTests
{
    private static Multiplier Tuned { get; } = Multiplier.FromFunction("third", Signedness.Signed, (x, w) => 2 * x * w / 3, 0.5, "test").TunedFor(
        [.. Enumerable.Range(0, 256).Select(code => code < 128 ? 0.0 : 1)], [.. Enumerable.Range(0, 256).Select(_ => 1.0)]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_output_is_the_scale_times_the_integer_sums_on_every_path(bool perChannel)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var (layer, x) = Layer(perChannel);
        Assert.NotEqual(1, Tuned.Scale);

        var shape = layer.ShapeFor(x.shape);
        var sums = new int[shape.OutputLength];
        LutConv2d.Run(layer.ActivationCodes(x).bytes, layer.WeightCodes(), Tuned.Table, shape, layer.ActivationParameters.ZeroCode, sums);
        float[] scales = layer.OutputScale(), bias = layer.Bias!.data<float>().ToArray();
        float[] expected = [.. sums.Select((sum, i) =>
        {
            int o = i / (shape.OutHeight * shape.OutWidth) % shape.OutChannels;
            float product = sum * (float)(scales[perChannel ? o : 0] * Tuned.Scale);
            return product + bias[o];
        })];
        foreach (KernelPath path in new[] { KernelPath.Auto, KernelPath.Scalar, KernelPath.Tensor })
        {
            using var output = layer.With(new ApproximateArithmetic(Tuned) { KernelPath = path }, x);
            Assert.Equal(expected, output.data<float>().ToArray());
        }
    }

    [Fact]
    public void Straight_through_gradients_are_those_of_the_quantised_layer()
    {
        using var scope = NewDisposeScope();
        var (layer, x) = Layer(false);
        var (exact, tuned) = (Gradients(new QuantizedArithmetic()), Gradients(new ApproximateArithmetic(Tuned)));
        Assert.Equal(exact.Item1, tuned.Item1);
        Assert.Equal(exact.Item2, tuned.Item2);

        (float[], float[]) Gradients(Arithmetic arithmetic)
        {
            var input = x.detach().clone().requires_grad_();
            layer.Weight.grad?.zero_();
            layer.With(arithmetic, input).sum().backward();
            return (input.grad!.data<float>().ToArray(), layer.Weight.grad!.data<float>().ToArray());
        }
    }

    [Fact]
    public void The_low_rank_surrogate_and_difference_gradients_have_the_scale()
    {
        using var scope = NewDisposeScope();
        var (layer, x) = Layer(false);
        using (no_grad())
        {
            var table = layer.With(new ApproximateArithmetic(Tuned), x);
            var surrogate = layer.With(new SurrogateArithmetic(Tuned, LowRankErrorTable.Of(Tuned).Rank), x);
            Assert.True(table.sub(surrogate).abs().max().item<float>() < 1e-3 * table.abs().max().item<float>());
        }

        // alpha 2 x w / 3 is nearly x w, hence its slope is, too; without alpha it would be a third off.
        var input = x.detach().clone().requires_grad_();
        layer.With(new ApproximateArithmetic(Tuned) { Gradient = GradientKind.Difference }, input).sum().backward();
        var reference = x.detach().clone().requires_grad_();
        layer.With(new QuantizedArithmetic(), reference).sum().backward();
        double relative = (input.grad!.sub(reference.grad!).norm() / reference.grad!.norm()).item<float>();
        Assert.InRange(relative, 0, 0.15);
    }

    private static (ApproxConv2d Layer, Tensor X) Layer(bool perChannel)
    {
        using var random = new Generator(7);
        var layer = new ApproxConv2d("c", nn.Conv2d(3, 5, 3, padding: 1, bias: true), new QuantizationOptions(Signedness.Signed) { PerChannelWeights = perChannel });
        using var gradients = no_grad();
        layer.Weight.normal_(0, 0.3, random);
        layer.Bias!.normal_(0, 1, random);
        var x = randn(2, 3, 6, 7, generator: random).abs();
        layer.train();
        layer.With(new QuantizedArithmetic(), x);
        layer.eval();
        return (layer, x);
    }
}
