using ApproxNets.Search;
using Xunit;

namespace ApproxNets.Tests.Search;

public sealed class KMeansTests
{
    [Fact]
    public void FindsTheClustersOfACaseSolvedByHand()
    {
        // Two pairs and one single; the pairs' members are 1 from their means.
        double[][] points = [[0, 0], [0, 2], [10, 10], [12, 10], [-20, 5]];
        var (labels, centroids, inertia) = KMeans.Cluster(points, 3, 1);
        Assert.Equal(4, inertia, 1e-12);
        Assert.Equal(labels[0], labels[1]);
        Assert.Equal(labels[2], labels[3]);
        Assert.Equal(3, labels.Distinct().Count());
        Assert.Equal([0, 1], centroids[labels[0]]);
        Assert.Equal([11, 10], centroids[labels[2]]);
        Assert.Equal([-20, 5], centroids[labels[4]]);
    }

    [Fact]
    public void OneClusterIsTheMean()
    {
        var (labels, centroids, inertia) = KMeans.Cluster([[1], [2], [6]], 1, 1);
        Assert.Equal([0, 0, 0], labels);
        Assert.Equal([3], centroids.Single());
        Assert.Equal(14, inertia);
    }

    [Fact]
    public void RandomCaseIsNoWorseThanAnySplitOfALine()
    {
        // On a line the best two clusters are a prefix and a suffix of the sorted points.
        var random = new Random(5);
        double[] values = [.. Enumerable.Range(0, 40).Select(_ => random.NextDouble()).Order()];
        static double Spread(IEnumerable<double> part) => part.Sum(v => Math.Pow(v - part.Average(), 2));
        double best = Enumerable.Range(1, 39).Min(k => Spread(values[..k]) + Spread(values[k..]));
        Assert.Equal(best, KMeans.Cluster([.. values.Select(v => new[] { v })], 2, 3).Inertia, 1e-12);
    }

    [Fact]
    public void SeedDecidesTheResult()
    {
        var random = new Random(6);
        double[][] points = [.. Enumerable.Range(0, 100).Select(_ => new[] { random.NextDouble(), random.NextDouble() })];
        double[][] copy = [.. points.Select(p => p.ToArray())];
        var first = KMeans.Cluster(points, 7, 4, 2);
        var again = KMeans.Cluster(points, 7, 4, 2);
        Assert.Equal(first.Labels, again.Labels);
        Assert.Equal(first.Inertia, again.Inertia);
        Assert.Equal(copy, points); // the input stays as it was
    }

    [Fact]
    public void MoreClustersThanDistinctPointsGiveAsManyAsThereAre()
    {
        var (labels, centroids, inertia) = KMeans.Cluster([[1, 1], [2, 2], [1, 1]], 9, 1);
        Assert.Equal(0, inertia);
        Assert.Equal(2, centroids.Length);
        Assert.Equal(labels[0], labels[2]);
        Assert.NotEqual(labels[0], labels[1]);
    }

    [Fact]
    public void IdenticalPointsAreOneCluster()
    {
        var (labels, centroids, inertia) = KMeans.Cluster([.. Enumerable.Repeat(new[] { 0.1, 0.7 }, 5)], 3, 1);
        Assert.Equal([0, 0, 0, 0, 0], labels);
        Assert.Single(centroids);
        Assert.Equal(0, inertia, 1e-30);
    }

    [Fact]
    public void BadInputIsAnError()
    {
        Assert.Throws<ArgumentException>(() => KMeans.Cluster([], 2, 1));
        Assert.Throws<ArgumentException>(() => KMeans.Cluster([[1], [1, 2]], 2, 1));
        Assert.Throws<ArgumentException>(() => KMeans.Cluster([[1], [double.NaN]], 2, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => KMeans.Cluster([[1]], 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => KMeans.Cluster([[1]], 1, 1, 0));
    }
}
