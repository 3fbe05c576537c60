using ApproxNets.Models;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Models;

public sealed class InitialWeightsTests
{
    [Theory]
    [InlineData(true, 64)] // one input: 3x3 outputs of each of the 64 channels
    [InlineData(false, 32)] // one output: 3x3 inputs of each of the 32 channels
    public void ConvolutionsAreKaimingNormal(bool fanOut, int channels)
    {
        using var conv = nn.Conv2d(32, 64, 3);
        Draw(conv, fanOut);

        // 18,432 draws: the sample's deviation is right to 0.5 %, its mean to 0.7 % of the deviation (one standard error).
        double deviation = Math.Sqrt(2.0 / (9 * channels));
        using var weight = conv.weight!.detach();
        Assert.Equal(deviation, weight.std().item<float>(), 0.025 * deviation);
        Assert.Equal(0, weight.mean().item<float>(), 0.035 * deviation);
        Assert.Equal(0, conv.bias!.abs().max().item<float>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DepthwiseConvolutionsCountTheirOwnChannelAlone(bool fanOut)
    {
        using var conv = nn.Conv2d(2048, 2048, 3, groups: 2048);
        Draw(conv, fanOut);
        double deviation = Math.Sqrt(2.0 / 9);
        using var weight = conv.weight!.detach();
        Assert.Equal(deviation, weight.std().item<float>(), 0.025 * deviation);
    }

    [Fact]
    public void FullyConnectedLayersAreUniform()
    {
        using var linear = nn.Linear(400, 100);
        Draw(linear, fanOut: false);
        using var weight = linear.weight!.detach();
        Assert.InRange(weight.max().item<float>(), 0.0499, 0.05);
        Assert.InRange(weight.min().item<float>(), -0.05, -0.0499);
        Assert.Equal(0.05 / Math.Sqrt(3), weight.std().item<float>(), 0.0005); // deviation of a uniform distribution
        Assert.InRange(linear.bias!.abs().max().item<float>(), 0.04, 0.05);
    }

    private static void Draw(nn.Module<Tensor, Tensor> layer, bool fanOut)
    {
        var network = nn.Sequential(("layer", layer));
        if (fanOut)
        {
            InitialWeights.DrawFanOut(network, 3);
        }
        else
        {
            InitialWeights.DrawFanIn(network, 3);
        }
    }
}
