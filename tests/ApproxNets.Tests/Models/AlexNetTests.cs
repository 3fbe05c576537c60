using ApproxNets.Models;
using Xunit;

namespace ApproxNets.Tests.Models;

public sealed class AlexNetTests
{
    [Fact]
    public void LargeImagesGetTorchvisionsTopology()
    {
        // 61,100,840: docs.pytorch.org/vision, AlexNet_Weights.IMAGENET1K_V1, num_params.
        using var network = new AlexNet(1000, 0);
        Assert.Equal(61_100_840, NetworkAssert.Parameters(network));
        string[] names =
        [
            .. new[] { "features.0", "features.3", "features.6", "features.8", "features.10", "classifier.1", "classifier.4", "classifier.6" }
                .SelectMany(n => new[] { n + ".weight", n + ".bias" }),
        ];
        Assert.Equal(names, network.state_dict().Keys);
        NetworkAssert.Forward(network, 1000, 3, 224, 224);
    }

    [Theory]
    [InlineData(1, 28, 5)]
    [InlineData(3, 32, 5)]
    [InlineData(3, 64, 5)]
    public void SmallImagesGetASmallFirstLayer(int channels, int size, int kernel)
    {
        static long Layer(long outputs, long inputs) => outputs * (inputs + 1);
        long expected = Layer(64, channels * kernel * kernel) + Layer(192, 64 * 25) + Layer(384, 192 * 9) + Layer(256, 384 * 9)
            + Layer(256, 256 * 9) + Layer(1024, 256 * 4) + Layer(1024, 1024) + Layer(10, 1024);
        using var network = new AlexNet(10, 0, channels, size);
        Assert.Equal(expected, NetworkAssert.Parameters(network));
        NetworkAssert.Forward(network, 10, channels, size, size);
    }

    [Fact]
    public void WeightsDependOnTheSeedAlone() => NetworkAssert.DependsOnTheSeedAlone(seed => new AlexNet(10, seed, 3, 32, 64));

    [Fact]
    public void ConvertsToApproximateLayers() => NetworkAssert.Converts(new AlexNet(10, 1, 3, 32), 5, 3, 3, 32, 32);

    [Fact]
    public void SmallerImagesAreErrors() =>
        Assert.Contains("27, expected 28", Assert.Throws<ArgumentOutOfRangeException>(() => new AlexNet(10, 0, 3, 27)).Message);
}
