using ApproxNets.Models;
using Xunit;

namespace ApproxNets.Tests.Models;

public sealed class VggTests
{
    [Theory]
    [InlineData(11, 132_868_840)]
    [InlineData(13, 133_053_736)]
    [InlineData(16, 138_365_992)]
    [InlineData(19, 143_678_248)]
    public void LargeImagesGetTorchvisionsTopology(int depth, long published)
    {
        // Published: docs.pytorch.org/vision, VGG11_BN_Weights.IMAGENET1K_V1 and so on, num_params. The fully connected layers, nine
        // tenths of the parameters, are made 8 units wide and counted for 4,096 by hand.
        const long Width = 4096, Inputs = 512 * 7 * 7;
        using var network = new Vgg(depth, 1000, 0, classifierWidth: 8);
        Assert.Equal((8 * (Inputs + 1)) + (8 * 9) + (1000 * 9), NetworkAssert.Parameters(network, "classifier."));
        long classifier = (Width * (Inputs + 1)) + (Width * (Width + 1)) + (1000 * (Width + 1));
        Assert.Equal(published, NetworkAssert.Parameters(network, "features.") + classifier);
    }

    [Fact]
    public void NamesAndShapesAreTorchvisions()
    {
        using var network = new Vgg(16, 1000, 0);
        Assert.Equal(138_365_992, NetworkAssert.Parameters(network));
        var state = network.state_dict();

        // torchvision's vgg16_bn: convolutions stand at these places, each followed by its batch normalisation.
        int[] convolutions = [0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40];
        string[] names =
        [
            .. convolutions.SelectMany(i => new[] { $"features.{i}.weight", $"features.{i}.bias" }),
            .. convolutions.SelectMany(i => new[] { "weight", "bias", "running_mean", "running_var", "num_batches_tracked" }, (i, n) => $"features.{i + 1}.{n}"),
            .. new[] { 0, 3, 6 }.SelectMany(i => new[] { $"classifier.{i}.weight", $"classifier.{i}.bias" }),
        ];
        Assert.Equal(names.Order(StringComparer.Ordinal), state.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([512, 256, 3, 3], state["features.24.weight"].shape);
        Assert.Equal([4096, 25088], state["classifier.0.weight"].shape);
        Assert.Equal([1000, 4096], state["classifier.6.weight"].shape);
        NetworkAssert.Forward(network, 1000, 3, 64, 64); // as for Tiny ImageNet with ImageNet's weights
    }

    [Theory]
    [InlineData(1, 28)]
    [InlineData(3, 32)]
    [InlineData(3, 64)]
    public void SmallImagesGetASmallClassifier(int channels, int size)
    {
        using var network = new Vgg(11, 10, 0, channels, size);
        Assert.Equal((2 * 512 * 513) + (10 * 513), NetworkAssert.Parameters(network, "classifier."));
        NetworkAssert.Forward(network, 10, channels, size, size);
    }

    [Fact]
    public void WeightsDependOnTheSeedAlone() => NetworkAssert.DependsOnTheSeedAlone(seed => new Vgg(11, 10, seed, 3, 32, 16));

    [Theory]
    [InlineData(11, 8)]
    [InlineData(13, 10)]
    [InlineData(16, 13)]
    [InlineData(19, 16)]
    public void ConvertsToApproximateLayers(int depth, int convolutions) =>
        NetworkAssert.Converts(new Vgg(depth, 10, 1, 3, 32), convolutions, 3, 3, 32, 32);

    [Fact]
    public void OtherDepthsAndSmallerImagesAreErrors()
    {
        Assert.Contains("depth 12, expected 11", Assert.Throws<ArgumentOutOfRangeException>(() => new Vgg(12, 10, 0)).Message);
        Assert.Contains("27, expected 28", Assert.Throws<ArgumentOutOfRangeException>(() => new Vgg(11, 10, 0, 3, 27)).Message);
    }
}
