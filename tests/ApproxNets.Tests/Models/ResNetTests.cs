using ApproxNets.Models;
using ApproxNets.Tests.Layers;
using ApproxNets.Tests.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Models;

public sealed class ResNetTests
{
    [Theory]
    [InlineData(8, 78_042)]
    [InlineData(14, 175_258)]
    [InlineData(20, 272_474)]
    [InlineData(32, 466_906)]
    public void ParameterCountIsThatComputedByHand(int depth, long parameters)
    {
        // A block of c channels: two 3x3 convolutions and two batch normalisations of two parameters a channel.
        static long Block(long c) => (2 * 9 * c * c) + (2 * 2 * c);
        static long First(long from, long c) => (9 * from * c) + (9 * c * c) + (2 * 2 * c) + (from * c) + (2 * c);
        long more = (depth - 2) / 6 - 1;
        long expected = (27 * 16) + 32 + Block(16) + First(16, 32) + First(32, 64) + (more * (Block(16) + Block(32) + Block(64))) + 650;
        using var network = new ResNet(depth, 10, 0);
        Assert.Equal(parameters, expected);
        Assert.Equal(parameters, network.parameters().Sum(p => p.numel()));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(18)]
    [InlineData(-4)]
    public void OtherDepthsAreErrors(int depth) =>
        Assert.Contains($"{depth}", Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet(depth, 10, 0)).Message);

    [Fact]
    public void NoClassIsAnError() => Assert.Throws<ArgumentOutOfRangeException>(() => new ResNet(8, 0, 0));

    [Fact]
    public void WeightsDependOnTheSeedAlone()
    {
        manual_seed(1);
        using var first = new ResNet(8, 10, 7);
        manual_seed(2);
        using var again = new ResNet(8, 10, 7);
        using var other = new ResNet(8, 10, 8);
        Assert.Equal(TinyProblem.Fingerprint(first), TinyProblem.Fingerprint(again));
        foreach (var ((name, a), (_, b)) in first.named_parameters().Zip(other.named_parameters()).Where(p => p.First.parameter.dim() > 1))
        {
            Assert.False(TinyProblem.Bytes(a).SequenceEqual(TinyProblem.Bytes(b)), name);
        }
    }

    [Fact]
    public void ConvolutionsStartKaimingNormal()
    {
        using var scope = NewDisposeScope();
        using var network = new ResNet(8, 10, 3);
        var weight = network.named_parameters().Single(p => p.name == "layer3.0.conv2.weight").parameter.detach();

        // 36,864 draws: the sample's deviation is right to 0.4 %, its mean to 0.5 % of the deviation (one standard error).
        double deviation = Math.Sqrt(2.0 / (64 * 9));
        Assert.Equal(deviation, weight.std().item<float>(), 0.02 * deviation);
        Assert.Equal(0, weight.mean().item<float>(), 0.025 * deviation);
    }

    [Fact]
    public void ForwardGivesOneScorePerClassAndLeavesOnlyThemAlive()
    {
        using var network = new ResNet(14, 7, 0);
        using var x = randn(2, 3, 32, 32);
        network.call(x).Dispose();
        long before = LiveTensors.Settled();
        using var y = network.call(x);
        Assert.Equal(before + 1, Tensor.TotalCount);
        Assert.Equal([2, 7], y.shape);
    }
}
