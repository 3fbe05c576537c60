using ApproxNets.ErrorModels;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Tests.ErrorModels;
using Xunit;

namespace ApproxNets.Tests.Search;

public sealed class SubsetSearchTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.7, 0.7)]
    [InlineData(1, 1)]
    [InlineData(Math.E, 2)]
    [InlineData(1e9, 21.72326583694641)]
    public void DampedRatioIsByHand(double ratio, double expected) => Assert.Equal(expected, SubsetMethods.Damp(ratio), 1e-12);

    [Fact]
    public void DampingIsContinuousAndKeepsTheOrder()
    {
        Assert.Equal(SubsetMethods.Damp(1), SubsetMethods.Damp(1 + 1e-12), 1e-11);
        double[] ratios = [0, 0.5, 1, 1.0001, 1.5, 2, 2.7, 3, 100, 1e9];
        double[] damped = [.. ratios.Select(SubsetMethods.Damp)];
        Assert.Equal(damped.Order(), damped);
        Assert.Equal(ratios.Select(r => r <= 1), damped.Select(d => d <= 1)); // ln v alone would accept 1..e
    }

    [Fact]
    public void KnownClustersGetTheirMultipliers()
    {
        // Deviations a 1, b 10, c 100; two layers tolerate 1.2 and 1.3, two 12 and 13: clusters {a}, {b}; c suits nobody.
        var library = ConstantDeviation.Library(0.8, 0.5, 0.3);
        var model = new ConstantDeviation((name, _) => name switch { "a" => 1, "b" => 10, _ => 100 });
        var result = SubsetSearch.Run(Table(Layers(4), library, model), [1.2, 12, 1.3, 13], [1], 2, 1);
        Assert.Equal(["a", "b", "a", "b"], result.Assignments.Single().Multipliers.Select(m => m.Name));
        Assert.Equal(["b", "a"], result.Multipliers.Select(m => m.Name)); // cheapest first
        Assert.Empty(result.Violations);
        Assert.All(result.Points, p => Assert.Same(p.Centroid, p.Multiplier));
        Assert.Equal([1 / 1.2, 10 / 12.0, 1 / 1.3, 10 / 13.0], result.Points.OrderBy(p => p.Layer).Select(p => p.Ratio));
        Assert.Equal(result.Points[0].Cluster, result.Points[2].Cluster);
        Assert.NotEqual(result.Points[0].Cluster, result.Points[1].Cluster);
    }

    [Fact]
    public void FactorsScaleTheTolerance()
    {
        var library = ConstantDeviation.Library(0.8, 0.5, 0.3);
        var model = new ConstantDeviation((name, _) => name switch { "a" => 1, "b" => 10, _ => 100 });
        var result = SubsetSearch.Run(Table(Layers(2), library, model), [1.5, 1.5], [0.1, 1, 10], 3, 1);
        Assert.Equal(["exact, exact", "a, a", "b, b"], result.Assignments.Select(a => a.ToString()));
        Assert.Equal([(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)], result.Points.Select(p => (p.OperatingPoint, p.Layer)));
    }

    [Fact]
    public void MemberWhoseToleranceTheCentroidExceedsIsRepaired()
    {
        // One cluster of four points: ratios of a are 0.5, 0.5, 0.5 and 1.5, on average 0.85 after damping: the centroid takes a.
        // With one multiplier only, the last point is a violation; with two, it takes the exact one of the other cluster.
        var library = ConstantDeviation.Library(0.5);
        var model = new ConstantDeviation((_, _) => 1);
        var one = SubsetSearch.Run(Table(Layers(4), library, model), [2, 2, 2, 1 / 1.5], [1], 1, 1);
        Assert.All(one.Points, p => Assert.Equal("a", p.Multiplier.Name));
        var violation = Assert.Single(one.Violations);
        Assert.Equal(3, violation.Layer);
        Assert.Equal(1.5, violation.Ratio, 1e-12);

        // Ratios 0.5 (three times), 1.2, and 4: clusters {0.5 .. 1.2} with mean below 1, and {4}.
        var two = SubsetSearch.Run(Table(Layers(5), library, model), [2, 2, 2, 1 / 1.2, 0.25], [1], 2, 1);
        Assert.Equal(["a", "a", "a", "exact", "exact"], two.Assignments[0].Multipliers.Select(m => m.Name));
        var repaired = two.Points.Single(p => p.Layer == 3);
        Assert.Equal(two.Points[0].Cluster, repaired.Cluster);
        Assert.Equal(("a", "exact", 0.0), (repaired.Centroid!.Name, repaired.Multiplier.Name, repaired.Ratio));
        Assert.Empty(two.Violations);
    }

    [Fact]
    public void MemberTakesTheCheaperChoiceOfAnotherCluster()
    {
        // Ratios (a, b) of the layers: three of (0.1, 5), three of (0.1, 0.1), and one of (0.1, 0.95), which lies nearer to the first
        // three by damped distance but is within the tolerance of b.
        double[][] ratios = [[0.1, 3], [0.1, 1.2], [0.1, 1.3], [0.1, 0.1], [0.1, 0.1], [0.1, 0.1], [0.1, 0.95]];
        var library = ConstantDeviation.Library(0.8, 0.5);
        var model = new ConstantDeviation((name, path) => ratios[path[1] - '0'][name[0] - 'a']);
        var result = SubsetSearch.Run(Table(Layers(7), library, model), [1, 1, 1, 1, 1, 1, 1], [1], 2, 1);
        var moved = result.Points[6];
        Assert.Equal(("a", "b", 0.95), (moved.Centroid!.Name, moved.Multiplier.Name, moved.Ratio));
        Assert.Equal("a, a, a, b, b, b, b", result.Assignments[0].ToString());
        Assert.DoesNotContain(result.Violations, p => p.OperatingPoint == 0);
    }

    /// <summary>Every point has the cheapest used multiplier within its tolerance, so the power is that of the subset in use; of all
    /// subsets of that size, each tried, the best takes no more.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void PowerIsThatOfTheSubsetAndNotBelowTheBestOfAll(int count)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var errors = Enumerable.Range(0, 5).Select(_ => Enumerable.Range(1, 5).Select(i => i * random.NextDouble()).ToArray()).ToArray();
            var library = ConstantDeviation.Library(0.9, 0.7, 0.5, 0.3, 0.1);
            var table = Table(Layers(5), library, new ConstantDeviation((name, path) => errors[path[1] - '0'][name[0] - 'a']));
            double[] sigmas = [.. Enumerable.Range(0, 5).Select(_ => random.NextDouble())], factors = [0.5, 1, 3];
            var result = SubsetSearch.Run(table, sigmas, factors, count, seed);
            double Power(IReadOnlyCollection<int> subset) => factors.Sum(f => sigmas.Index().Sum(s => subset
                .Where(m => table[s.Index, m].StandardDeviation <= f * s.Item).Select(m => table.Multipliers[m].RelativePower)
                .DefaultIfEmpty(double.PositiveInfinity).Min()));
            var subsets = Enumerable.Range(1, 63).Where(bits => int.PopCount(bits) <= count)
                .Select(bits => Enumerable.Range(0, 6).Where(m => (bits >> m & 1) == 1).ToList());
            double found = result.Points.Sum(p => p.Multiplier.RelativePower);
            if (!result.Violations.Any())
            {
                int[] used = [.. result.Multipliers.Select(m => table.Multipliers.ToList().IndexOf(m))];
                Assert.Equal(Power(used), found, 1e-12);
                Assert.InRange(subsets.Min(Power), 0, found + 1e-12);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(50)]
    public void AnyCaseKeepsTheNumberAndReportsWhatItViolates(int count)
    {
        var random = new Random(count);
        MultiplierLibrary library = new(
            "random", Signedness.Signed,
            [MultiplierFamilies.Exact(Signedness.Signed), .. Enumerable.Range(1, 12).Select(i => LayerSamples.Noisy(Signedness.Signed, 1 << i, i, 1 - (0.05 * i), $"n{i}"))]);
        LayerSample[] samples = [.. Enumerable.Range(0, 8).Select(i => LayerSamples.Random(Signedness.Signed, 20, 4 + i, 3, i) with { OutputStandardDeviation = 5000 })];
        double[] sigmas = [.. samples.Select(_ => random.NextDouble() * 0.3)], factors = [0.3, 1, 2];
        var model = new SingleDistributionErrorModel();
        var table = Table(samples, library, model);
        var result = SubsetSearch.Run(table, sigmas, factors, count, 7);
        Assert.InRange(result.Multipliers.Count, 1, count);
        Assert.Equal(24, result.Points.Count);
        Assert.Equal(result.Multipliers.ToHashSet(), result.Assignments.SelectMany(a => a.Multipliers).ToHashSet());
        foreach (var point in result.Points)
        {
            Assert.Same(result.Assignments[point.OperatingPoint].Multipliers[point.Layer], point.Multiplier);
            double Ratio(Multiplier m) => m.IsExact ? 0
                : model.Estimate(m, samples[point.Layer]).StandardDeviation / (factors[point.OperatingPoint] * sigmas[point.Layer]);
            Assert.Equal(Ratio(point.Multiplier), point.Ratio, 1e-12);

            // The cheapest of the subset within the tolerance; a violation only where there is none, and then the least error.
            var within = result.Multipliers.Where(m => Ratio(m) <= 1).ToList();
            Assert.Same(within.Count > 0 ? within[0] : result.Multipliers.MinBy(Ratio), point.Multiplier);
            Assert.Equal(within.Count == 0, result.Violations.Contains(point));
        }

        Assert.All(result.Assignments, a => Assert.Equal(samples.Select(s => s.Opcount), a.Opcounts));
        Assert.Equal(result.Points, SubsetSearch.Run(table, sigmas, factors, count, 7).Points);
    }

    [Fact]
    public void LayerThatToleratesNothingGetsTheExactMultiplier()
    {
        var result = SubsetSearch.Run(Table(Layers(2), ConstantDeviation.Library(0.5), new ConstantDeviation((_, _) => 1)), [0, 5], [1], 2, 1);
        Assert.Equal(["exact", "a"], result.Assignments[0].Multipliers.Select(m => m.Name));
        Assert.Empty(result.Violations);
    }

    [Theory]
    [InlineData]
    [InlineData(0.0, 1.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1.0, 0.5)]
    [InlineData(1.0, 1.0)]
    [InlineData(1.0, double.NaN)]
    public void BadFactorsAreErrors(params double[] factors) =>
        Assert.Throws<ArgumentException>(() => SubsetSearch.Run(Table(Layers(1), ConstantDeviation.Library(0.5), new ConstantDeviation((_, _) => 1)), [1], factors, 1, 1));

    [Fact]
    public void OtherBadInputIsAnError()
    {
        var library = ConstantDeviation.Library(0.5);
        var model = new ConstantDeviation((_, _) => 1);
        Assert.Throws<ArgumentException>(() => SubsetSearch.Run(Table(Layers(2), library, model), [1], [1], 1, 1));
        Assert.Throws<ArgumentException>(() => SubsetSearch.Run(Table([], library, model), [], [1], 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => SubsetSearch.Run(Table(Layers(1), library, model), [1], [1], 0, 1));
    }

    /// <summary>The optimum is that of trying every subset; no other method beats it, and all that find it or not keep every tolerance.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void OptimumIsTheBestOfAllSubsets(int count)
    {
        int better = 0;
        for (int seed = 0; seed < 150; seed++)
        {
            var (table, sigmas) = Random(seed, layers: 2 + (seed % 7), multipliers: 9, ties: seed % 3 == 0);
            double[] factors = [0.4, 1, 2.5], weights = seed % 2 == 0 ? [1, 1, 1] : [5, 0.5, 2];
            SubsetResult Of(SubsetMethod method) => SubsetSearch.Run(table, sigmas, factors, count, seed, method, weights);
            double total = weights.Sum() * table.Opcounts.Sum();
            double Power(IReadOnlyCollection<int> subset) => factors.Index().Sum(f => sigmas.Index().Sum(s => subset
                .Where(m => table[s.Index, m].StandardDeviation <= f.Item * s.Item)
                .Select(m => weights[f.Index] * table.Opcounts[s.Index] / total * table.Multipliers[m].RelativePower)
                .DefaultIfEmpty(double.PositiveInfinity).Min()));
            double best = Enumerable.Range(1, 1023).Where(bits => int.PopCount(bits) <= count)
                .Min(bits => Power([.. Enumerable.Range(0, 10).Where(m => (bits >> m & 1) == 1)]));

            var optimum = Of(SubsetMethods.Optimum);
            Assert.Equal(best, optimum.RelativePower, 1e-10);
            Assert.Equal(optimum.RelativePower, optimum.LowerBound);
            Assert.Equal(0, optimum.Gap);
            Assert.InRange(optimum.Multipliers.Count, 1, count);
            foreach (var method in SubsetMethods.All)
            {
                var other = Of(method);
                Assert.Equal(method.Name, other.Method);
                Assert.True(other.Violations.Any() || other.RelativePower >= optimum.RelativePower - 1e-12);
                Assert.True(method == SubsetMethods.KMeans || !other.Violations.Any());
                better += method != SubsetMethods.Optimum && other.RelativePower > optimum.RelativePower + 1e-9 ? 1 : 0;
            }

            Assert.True(Of(SubsetMethods.KMedoids).RelativePower <= Of(SubsetMethods.Greedy).RelativePower);
        }

        Assert.True(better > 0 || count == 1, "expected the optimum to be better than another method now and then");
    }

    [Fact]
    public void LargeCaseIsProven()
    {
        var (table, sigmas) = Random(1, layers: 40, multipliers: 120, ties: false);
        for (int count = 1; count <= 8; count++)
        {
            var optimum = SubsetSearch.Run(table, sigmas, [0.3, 1, 2], count, 1, SubsetMethods.Optimum);
            Assert.Equal(0, optimum.Gap);
            Assert.True(optimum.RelativePower <= SubsetSearch.Run(table, sigmas, [0.3, 1, 2], count, 1, SubsetMethods.KMedoids).RelativePower);
        }
    }

    [Fact]
    public void UnfinishedSearchHasABoundBelowTheOptimum()
    {
        int open = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            var (table, sigmas) = Random(seed, layers: 12, multipliers: 40, ties: false);
            SubsetResult Of(int nodes) => SubsetSearch.Run(table, sigmas, [0.3, 1, 2], 4, 1, SubsetMethods.OptimumWithin(nodes));
            SubsetResult first = Of(1), whole = Of(20_000);
            Assert.Equal(0, whole.Gap);
            Assert.InRange(whole.RelativePower, first.LowerBound!.Value, first.RelativePower);
            open += first.Gap > 0 ? 1 : 0;
        }

        Assert.True(open > 0, "expected a case that one node does not solve");
    }

    [Fact]
    public void NoLayerHasACostlierMultiplierAtAPointThatSavesMore()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var (table, sigmas) = Random(seed, layers: 8, multipliers: 12, ties: false);
            sigmas[0] = 0;
            foreach (var method in SubsetMethods.All)
            {
                var result = SubsetSearch.Run(table, sigmas, [0.2, 0.5, 1, 4], 1 + (seed % 4), seed, method);
                Assert.All(result.Points.GroupBy(p => p.Layer), layer => Assert.All(
                    layer.Zip(layer.Skip(1)), pair => Assert.True(pair.Second.Multiplier.RelativePower <= pair.First.Multiplier.RelativePower)));
            }
        }
    }

    [Fact]
    public void MethodOfOnesOwnStandsBesideTheOthers()
    {
        var (table, sigmas) = Random(3, layers: 4, multipliers: 6, ties: false);
        var exact = new SubsetMethod("exact", p => new([p.Multipliers.Index().First(m => m.Item.IsExact).Index]));
        Assert.All(SubsetSearch.Run(table, sigmas, [1], 2, 1, exact).Points, p => Assert.True(p.Multiplier.IsExact));
        Assert.Contains("1..2 numbers", Assert.Throws<ArgumentException>(() => SubsetSearch.Run(table, sigmas, [1], 2, 1, new("many", _ => new([0, 1, 2])))).Message);
        Assert.Same(SubsetMethods.Greedy, SubsetMethods.Named("greedy"));
        Assert.Contains("'fast'", Assert.Throws<ArgumentException>(() => SubsetMethods.Named("fast")).Message);
        Assert.Throws<ArgumentException>(() => SubsetSearch.Run(table, sigmas, [1, 2], 2, 1, weights: [1]));
        Assert.Throws<ArgumentException>(() => SubsetSearch.Run(table, sigmas, [1, 2], 2, 1, weights: [1, 0]));
    }

    /// <summary>Layers of different size that tolerate more or less, multipliers that err the more the cheaper they are, not in the same
    /// order for all layers. With ties, powers and errors are of few values.</summary>
    private static (ErrorTable Table, double[] Sigmas) Random(int seed, int layers, int multipliers, bool ties)
    {
        var random = new Random(seed);
        double[] powers = [.. Enumerable.Range(0, multipliers).Select(_ => ties ? random.Next(1, 6) / 6.0 : random.NextDouble())];
        LayerSample[] samples =
        [
            .. Enumerable.Range(0, layers).Select(i => LayerSamples.Of(
                Signedness.Unsigned, [[1, 2]], [.. Enumerable.Repeat(3, 2 * (1 + random.Next(4)))], 1, 1, $"l{i}")),
        ];
        var library = new MultiplierLibrary("random", Signedness.Unsigned,
        [
            Multiplier.FromFunction("exact", Signedness.Unsigned, (x, w) => x * w, 1, "test"),
            .. powers.Select((p, i) => LayerSamples.WithError(Signedness.Unsigned, (_, _) => 1, p, $"m{i:D3}")),
        ]);
        var estimates = new ErrorEstimate[layers, multipliers + 1];
        for (int l = 0; l < layers; l++)
        {
            for (int m = 1; m <= multipliers; m++)
            {
                double error = (1.2 - powers[m - 1]) * Math.Exp(random.NextDouble() - 0.5);
                estimates[l, m] = new(0, ties ? Math.Round(4 * error) / 4 : error);
            }
        }

        return (new("random", samples, library.Multipliers, estimates), [.. samples.Select(_ => random.NextDouble())]);
    }

    private static ErrorTable Table(IReadOnlyList<LayerSample> samples, MultiplierLibrary library, IErrorModel model) =>
        ErrorTable.Of(samples, library, model, TestContext.Current.CancellationToken);

    private static LayerSample[] Layers(int count) => [.. Enumerable.Range(0, count).Select(i => ConstantDeviation.Layer($"l{i}"))];
}
