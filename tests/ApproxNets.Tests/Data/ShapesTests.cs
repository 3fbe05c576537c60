using System.Security.Cryptography;
using ApproxNets.Data;
using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Data;

public sealed class ShapesTests
{
    private static string Sum(ImageSet images) => Convert.ToHexStringLower(SHA256.HashData([.. images.Pixels.Span, .. images.Labels]));

    // Golden value: what the generator gave when its difficulty was fixed. A change means that results are of another data set.
    [Fact]
    public void ImagesAreFixedForEver()
        => Assert.Equal("8ea243d52e34cd9c509d2322cec3274260c21e469ca79e7f3c3be892f0662cec", Sum(Shapes.Generate(20, 1)));

    [Fact]
    public void NumberOfThreadsDoesNotMatter() =>
        Assert.Equal(Sum(Shapes.Generate(100, 5, threads: 1)), Sum(Shapes.Generate(100, 5, threads: 4)));

    [Fact]
    public void NumberOfImagesDoesNotMatter()
    {
        ImageSet few = Shapes.Generate(13, 5), many = Shapes.Generate(40, 5);
        Assert.Equal(Sum(many.Take(13)), Sum(few));
        Assert.NotEqual(Sum(few), Sum(Shapes.Generate(13, 6)));
    }

    [Fact]
    public void ClassesAreBalancedAndInRandomOrder()
    {
        ImageSet images = Shapes.Generate(200, 2);
        Assert.All(images.Labels.GroupBy(l => l), g => Assert.Equal(20, g.Count()));
        Assert.Equal(10, images.Labels.Distinct().Count());
        Assert.Equal(20, images.Labels.Chunk(10).DistinctBy(ten => string.Join(",", ten)).Count());
    }

    [Fact]
    public void LoadsThreeSplitsThatShareNoImage()
    {
        ImageDataset set = Shapes.Load(60, 20, 30, 9);
        Assert.Equal("shapes", set.Name);
        Assert.Equal(10, set.Classes.Count);
        Assert.Equal((60, 20, 30), (set.Training.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal((3, 32, 32), (set.Training.Channels, set.Training.Height, set.Training.Width));
        Assert.Equal(Sum(Shapes.Generate(60, 9)), Sum(set.Training));
        ImageSet[] splits = [set.Training, set.Validation, set.Test];
        string[] all = [.. splits.SelectMany(s => Enumerable.Range(0, s.Count).Select(i => Convert.ToHexString(s.Image(i))))];
        Assert.Equal(110, all.Distinct().Count());
    }

    [Fact]
    public void StatisticsDoNotDependOnTheSize()
    {
        ChannelStatistics few = Shapes.Load(10, 0, 0, 3).Statistics;
        Assert.Equal(Shapes.Load(2500, 0, 0, 3).Statistics.Mean, few.Mean);
        Assert.Equal(ChannelStatistics.Of(Shapes.Generate(2000, 3)).StandardDeviation, few.StandardDeviation);
        Assert.All(few.StandardDeviation, d => Assert.InRange(d, 0.1, 0.4));
    }

    [Fact]
    public void SumTellsSeedsAndSizesApart()
    {
        string[] sums = [Shapes.Load(10, 10, 10, 1).Sha256, Shapes.Load(10, 10, 10, 2).Sha256, Shapes.Load(10, 10, 20, 1).Sha256];
        Assert.Equal(3, sums.Distinct().Count());
        Assert.Equal(Shapes.Load(10, 10, 10, 1).Sha256, sums[0]);
    }

    [Fact]
    public void RefusesNegativeCounts()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Shapes.Generate(-1, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Shapes.Load(1, -1, 1, 0));
        Assert.Equal(0, Shapes.Generate(0, 0).Count);
    }

    [Fact]
    public void OutlinesHaveAMirrorAxis()
    {
        var random = new SplitMix64(1);
        for (int label = 0; label < 10; label++)
        {
            for (int i = 0; i < 200; i++)
            {
                double x = random.Between(-1.5, 1.5), y = random.Between(-1.5, 1.5);

                // The crescent's axis lies across, that of the others upright.
                double mirrored = label == 7 ? ShapeOutlines.Distance(label, x, -y) : ShapeOutlines.Distance(label, -x, y);
                Assert.Equal(ShapeOutlines.Distance(label, x, y), mirrored, 1e-12);
            }
        }
    }

    [Fact]
    public void OutlinesFitTheirCircleAndAreDistances()
    {
        var random = new SplitMix64(2);
        for (int label = 0; label < 10; label++)
        {
            int inside = 0;
            for (int i = 0; i < 2000; i++)
            {
                double x = random.Between(-1.5, 1.5), y = random.Between(-1.5, 1.5);
                double dx = random.Between(-0.1, 0.1), dy = random.Between(-0.1, 0.1);
                double here = ShapeOutlines.Distance(label, x, y), there = ShapeOutlines.Distance(label, x + dx, y + dy);

                // A distance changes by no more than the way walked.
                Assert.InRange(Math.Abs(here - there), 0, Math.Sqrt((dx * dx) + (dy * dy)) + 1e-12);
                inside += here < 0 ? 1 : 0;
                Assert.False(here < 0 && (x * x) + (y * y) > 1.1 * 1.1, $"{ShapeOutlines.Names[label]}: ({x}, {y}) is inside");
            }

            // Of the 9 square units sampled, a shape covers 0.8 (star) to 2.6 (circle).
            Assert.InRange(inside, 2000 * 0.7 / 9, 2000 * 3 / 9);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => ShapeOutlines.Distance(10, 0, 0));
    }

    [Fact]
    public void GeneratorIsUniformAndItsStreamsDiffer()
    {
        // Mean and range of what is drawn; the raw sequence is checked by the shuffle's golden value.
        var random = new SplitMix64(1);
        var counts = new int[7];
        double sum = 0;
        for (int i = 0; i < 7000; i++)
        {
            counts[random.Below(7)]++;
            double unit = random.Unit();
            Assert.InRange(unit, 0, 1 - 1e-16);
            sum += unit;
        }

        Assert.All(counts, c => Assert.InRange(c, 850, 1150));
        Assert.InRange(sum / 7000, 0.48, 0.52);
        Assert.NotEqual(new SplitMix64(1, 2, 3).Next(), new SplitMix64(1, 3, 2).Next());
        Assert.NotEqual(new SplitMix64(1, 2).Next(), new SplitMix64(2, 1).Next());
    }
}
