using ApproxNets.Models;
using Xunit;

namespace ApproxNets.Tests.Models;

public sealed class LeNet5Tests
{
    [Theory]
    [InlineData(1, 28)]
    [InlineData(1, 32)]
    [InlineData(3, 32)]
    public void ParameterCountIsThatComputedByHand(int channels, int size)
    {
        // 25 weights and a bias each; 61,706 is the figure usually given for one channel.
        int expected = (6 * ((25 * channels) + 1)) + (16 * ((25 * 6) + 1)) + (120 * 401) + (84 * 121) + (10 * 85);
        using var network = new LeNet5(10, 0, channels, size);
        Assert.Equal(channels == 1 ? 61_706 : 62_006, expected);
        Assert.Equal(expected, NetworkAssert.Parameters(network));
        NetworkAssert.Forward(network, 10, channels, size, size);
    }

    [Fact]
    public void WeightsDependOnTheSeedAlone() => NetworkAssert.DependsOnTheSeedAlone(seed => new LeNet5(10, seed));

    [Fact]
    public void ConvertsToApproximateLayers() => NetworkAssert.Converts(new LeNet5(10, 1), 2, 3, 1, 28, 28);

    [Fact]
    public void OtherSizesAreErrors() =>
        Assert.Contains("image size 64, expected 28 or 32", Assert.Throws<ArgumentOutOfRangeException>(() => new LeNet5(10, 0, 3, 64)).Message);
}
