using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn.functional;

namespace ApproxNets.Tests.Layers;

public sealed class NativeSettingsTests
{
    // libtorch multiplies doubles without oneDNN: two implementations are compared. Channels that are no multiple of 16 go through
    // oneDNN's padded formats.
    [Theory]
    [InlineData(20, 3, 8, 4, 3, 1, 1)]
    [InlineData(3, 5, 7, 17, 3, 1, 1)]
    [InlineData(8, 1, 28, 6, 5, 1, 2)]
    [InlineData(8, 19, 16, 10, 3, 1, 1)]
    [InlineData(8, 16, 16, 32, 3, 2, 1)]
    public void FloatConvolutionsAreThoseOfDoubles(int images, int channels, int size, int outputs, int kernel, int stride, int padding)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var images64 = randn([images, channels, size, size], ScalarType.Float64, generator: generator);
        var weights64 = randn([outputs, channels, kernel, kernel], ScalarType.Float64, generator: generator);
        foreach (bool channelsLast in new[] { false, true })
        {
            var ordered = channelsLast ? images64.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : images64;
            var expected = Gradients(ordered, weights64, stride, padding);
            var actual = Gradients(ordered.@float(), weights64.@float(), stride, padding);
            foreach (var (e, a) in expected.Zip(actual))
            {
                Assert.InRange((a.@double() - e).abs().max().item<double>() / e.abs().max().item<double>(), 0, 1e-4);
            }
        }
    }

    private static Tensor[] Gradients(Tensor images, Tensor weights, int stride, int padding)
    {
        images = images.detach().requires_grad_();
        weights = weights.detach().requires_grad_();
        var output = conv2d(images, weights, strides: [stride, stride], padding: [padding, padding]);
        (output * output.detach()).sum().backward();
        return [output, images.grad!, weights.grad!];
    }
}
