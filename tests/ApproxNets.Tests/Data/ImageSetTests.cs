using ApproxNets.Data;
using Xunit;

namespace ApproxNets.Tests.Data;

public sealed class ImageSetTests
{
    private static readonly byte[] Pixels = [.. Enumerable.Range(0, 5 * 2 * 3 * 4).Select(i => (byte)i)];

    private static ImageSet Set() => new(Pixels, [0, 1, 2, 3, 4], 2, 3, 4);

    [Fact]
    public void DoesNotCopyPixels()
    {
        Assert.True(Set().Pixels.Equals((ReadOnlyMemory<byte>)Pixels));
        Assert.True(Set().Slice(1, 3).Pixels.Equals(((ReadOnlyMemory<byte>)Pixels).Slice(24, 72)));
    }

    [Fact]
    public void SlicesImagesAndLabels()
    {
        ImageSet slice = Set().Slice(1, 3);
        Assert.Equal(3, slice.Count);
        Assert.Equal((byte[])[1, 2, 3], slice.Labels);
        Assert.Equal(24, slice.Image(0)[0]);
        Assert.Equal(Pixels[72..96], slice.Image(2).ToArray());
        Assert.Equal((byte[])[0, 1], Set().Take(2).Labels);
        Assert.Equal(0, Set().Take(0).Count);
    }

    [Fact]
    public void RefusesWhatDoesNotFit()
    {
        Assert.Contains("found 120 pixels", Assert.Throws<ArgumentException>(() => new ImageSet(Pixels, new byte[4], 2, 3, 4)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageSet(Pixels, new byte[5], 0, 3, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => Set().Take(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => Set().Slice(-1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Set().Slice(4, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => Set().Image(5).Length);
    }

    [Fact]
    public void StatisticsEqualTheTwoPassFormula()
    {
        ChannelStatistics statistics = ChannelStatistics.Of(Set());
        for (int c = 0; c < 2; c++)
        {
            double[] channel = [.. Pixels.Where((_, i) => i / 12 % 2 == c).Select(p => p / 255.0)];
            double mean = channel.Average();
            Assert.Equal(mean, statistics.Mean[c], 1e-12);
            Assert.Equal(Math.Sqrt(channel.Average(v => (v - mean) * (v - mean))), statistics.StandardDeviation[c], 1e-12);
        }

        Assert.Throws<ArgumentException>(() => ChannelStatistics.Of(Set().Take(0)));
    }
}
