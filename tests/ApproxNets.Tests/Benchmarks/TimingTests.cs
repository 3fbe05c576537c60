using ApproxNets.Benchmarks;
using Xunit;

namespace ApproxNets.Tests.Benchmarks;

public sealed class TimingTests
{
    [Fact]
    public void Median_and_least()
    {
        Assert.Equal(new Timing(3, 1, 3), Timing.Of([5, 1, 3]));
        Assert.Equal(new Timing(2.5, 1, 4), Timing.Of([4, 1, 3, 2]));
        Assert.Equal(new Timing(6, 2, 3), new Timing(3, 1, 3).Scale(2));
        Assert.Throws<ArgumentException>(() => Timing.Of([]));
    }

    [Fact]
    public void Geometric_mean()
    {
        Assert.Equal(4, Timing.GeometricMean([2, 8]), 1e-12);
        Assert.Equal(1, Timing.GeometricMean([0.5, 2]), 1e-12);
        Assert.Equal(3, Timing.GeometricMean([1, 3, 9]), 1e-12);
        Assert.Throws<ArgumentException>(() => Timing.GeometricMean([]));
        Assert.Throws<ArgumentException>(() => Timing.GeometricMean([1, 0]));
    }
}
