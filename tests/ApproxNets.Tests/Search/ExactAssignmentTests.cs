using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Tests.ErrorModels;
using Xunit;

namespace ApproxNets.Tests.Search;

public sealed class ExactAssignmentTests
{
    // Only powers count here.
    private static readonly Multiplier[] Pool =
    [
        .. new Random(1) is var random ? Enumerable.Range(0, 8).Select(i => Power(i == 0 ? 1 : Math.Round(random.NextDouble(), 3))) : [],
    ];

    /// <summary>Both directions equal the best of all assignments to the last bit: ties, infinite degradations, tolerances near zero and
    /// bounds that an assignment meets exactly among them.</summary>
    [Theory]
    [InlineData(5, 6, 250)]
    [InlineData(4, 4, 600)]
    [InlineData(3, 8, 600)]
    [InlineData(2, 2, 600)]
    [InlineData(1, 5, 200)]
    public void EqualsTheBestOfAllAssignments(int layers, int count, int instances)
    {
        var random = new Random(layers);
        var multipliers = Pool[..count];
        for (int i = 0; i < instances; i++)
        {
            var (opcounts, degradations) = Instance(random, layers, count, i);
            var all = All(opcounts, multipliers, degradations);
            var some = all[random.Next(all.Count)];
            double bound = i % 3 == 0 ? some.Degradation : i % 17 == 1 ? 0 : random.NextDouble() * layers;
            var within = all.Where(a => a.Degradation <= bound).ToList();
            var result = ExactAssignment.Solve(opcounts, multipliers, degradations, bound);
            Assert.Equal(within.Min(a => a.Power), result.Assignment.RelativePower);
            Assert.Equal(result.Assignment.RelativePower, result.LowerBound);
            Assert.Equal(ExactAssignment.Total(result.Assignment, multipliers, degradations), result.Degradation);
            Assert.True(result.IsOptimal && result.Degradation <= bound);

            double power = i % 3 == 0 ? some.Power : Math.Min(1, all.Min(a => a.Power) + (0.7 * random.NextDouble()));
            var other = ExactAssignment.SolveForPower(opcounts, multipliers, degradations, power);
            Assert.Equal(all.Where(a => a.Power <= power * (1 + 1e-12)).Min(a => a.Degradation), other.Degradation);
            Assert.Equal(other.Degradation, other.LowerBound);
            Assert.True(other.IsOptimal && other.Assignment.RelativePower <= power * (1 + 1e-12));
        }
    }

    [Fact]
    public void CaseThatAnIntegerSolverGotWrongIsRight()
    {
        // CP-SAT with coefficients of 2^40 called .312 optimal.
        double[] powers = [1, .767, .511, .313, .303, .109];
        double[,] degradations =
        {
            { 0, 1.997, .1517, .7274, .9129, .9795 }, { 0, .3204, .232, 1.8184, 2.6467, .1603 }, { 0, .1734, .7582, 1.7725, .5162, 1.4988 },
            { 0, .2184, .8795, 2.0467, 1.6829, .1958 }, { 0, 1.1519, .2242, .1669, .6191, .4499 },
        };
        Multiplier[] multipliers = [.. powers.Select(Power)];
        var result = ExactAssignment.SolveForPower(
            [926005, 2448479, 317353, 2599026, 1946286], multipliers, degradations, .7295939140643664);
        Assert.Equal((.1958, .1958, true), (result.Degradation, result.LowerBound, result.IsOptimal));
    }

    [Fact]
    public void DeepNetworksAndGreatLibrariesAreSolved()
    {
        // 53 layers, 100 multipliers: errors that grow as the power falls, sensitivities that differ by layer.
        var random = new Random(3);
        Multiplier[] multipliers = [.. Enumerable.Range(0, 100).Select(i => Power(i == 0 ? 1 : 0.05 + (0.95 * random.NextDouble())))];
        long[] opcounts = [.. Enumerable.Range(0, 53).Select(_ => random.NextInt64(100_000, 3_000_000))];
        var degradations = new double[53, 100];
        for (int l = 0; l < 53; l++)
        {
            double sensitivity = Math.Exp(3 * random.NextDouble());
            for (int m = 1; m < 100; m++)
            {
                double saved = 1 - multipliers[m].RelativePower;
                degradations[l, m] = sensitivity * saved * saved * Math.Exp(random.NextDouble());
            }
        }

        var result = ExactAssignment.SolveForPower(opcounts, multipliers, degradations, 0.4);
        Assert.True(result.IsOptimal);
        var back = ExactAssignment.Solve(opcounts, multipliers, degradations, result.Degradation);
        Assert.True(back.IsOptimal && back.Assignment.RelativePower <= result.Assignment.RelativePower);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(20)]
    public void FrontBeyondItsLimitLeavesAProvenGap(int limit)
    {
        // Degradation nearly proportional to the power saved: every bound is weak, and fronts are great.
        var random = new Random(limit);
        int open = 0;
        for (int i = 0; i < 100; i++)
        {
            long[] opcounts = [.. Enumerable.Range(0, 5).Select(_ => random.NextInt64(1, 1000))];
            var degradations = new double[5, 6];
            for (int l = 0; l < 5; l++)
            {
                for (int m = 1; m < 6; m++)
                {
                    degradations[l, m] = (opcounts[l] * (1 - Pool[m].RelativePower)) + random.NextDouble();
                }
            }

            double bound = random.NextDouble() * opcounts.Sum() / 2;
            double least = All(opcounts, Pool[..6], degradations).Where(a => a.Degradation <= bound).Min(a => a.Power);
            var result = ExactAssignment.Solve(opcounts, Pool[..6], degradations, bound, limit);
            Assert.True(result.Degradation <= bound);
            Assert.InRange(least, result.LowerBound, result.Assignment.RelativePower);
            Assert.Equal(result.LowerBound == result.Assignment.RelativePower, result.IsOptimal);
            open += result.IsOptimal ? 0 : 1;
        }

        Assert.InRange(open, 1, 99);
    }

    [Fact]
    public void AtThePowerOfTheLeastPowerNothingDegradesMore()
    {
        var (opcounts, degradations) = Instance(new Random(5), 4, 4, 2);
        var one = ExactAssignment.Solve(opcounts, Pool[..4], degradations, 0.3);
        var other = ExactAssignment.SolveForPower(opcounts, Pool[..4], degradations, one.Assignment.RelativePower);
        Assert.Equal((one.Degradation, one.Assignment.RelativePower), (other.Degradation, other.Assignment.RelativePower));
    }

    [Fact]
    public void PowerThatNothingKeepsIsAnError()
    {
        var multipliers = ConstantDeviation.Library(0.8, 0.5).Multipliers; // exact, 0.8, 0.5
        var degradations = new double[,] { { 0, 1, 2 }, { 0, 3, double.PositiveInfinity } };
        Assert.Equal(0.65, ExactAssignment.SolveForPower([1, 1], multipliers, degradations, 0.65).Assignment.RelativePower, 1e-12);
        Assert.Contains("0.65", Assert.Throws<ArgumentException>(() => ExactAssignment.SolveForPower([1, 1], multipliers, degradations, 0.64)).Message);
        Assert.Throws<ArgumentException>(() => ExactAssignment.SolveForPower([1, 1], multipliers, degradations, 1.1));
        Assert.Throws<ArgumentException>(() => ExactAssignment.SolveForPower([1, 1], multipliers, degradations, double.NaN));
        var forbidden = new double[,] { { 0, 1, 2 }, { double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity } };
        Assert.Throws<ArgumentException>(() => ExactAssignment.SolveForPower([1, 1], multipliers, forbidden, 1));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(5)]
    public void NeverMorePowerThanMatchingAtItsOwnDegradation(double factor)
    {
        var random = new Random(1);
        MultiplierLibrary library = new(
            "random", Signedness.Signed,
            [MultiplierFamilies.Exact(Signedness.Signed), .. Enumerable.Range(1, 12).Select(i => LayerSamples.Noisy(Signedness.Signed, 1 << i, i, 1 - (0.05 * i), $"n{i}"))]);
        LayerSample[] samples = [.. Enumerable.Range(0, 10).Select(i => LayerSamples.Random(Signedness.Signed, 20, 4 + i, 3 + i, i) with { OutputStandardDeviation = 3000 })];
        double[] sigmas = [.. samples.Select(_ => factor * random.NextDouble() * 0.3)];
        var table = ErrorTable.Of(samples, library, new MultiDistributionErrorModel(), TestContext.Current.CancellationToken);
        double[,] degradations = ExactAssignment.Degradations(table, sigmas);
        var matching = Matching.Match(table, sigmas).ToAssignment();
        double bound = ExactAssignment.Total(matching, table.Multipliers, degradations);
        var result = ExactAssignment.Solve(table.Opcounts, table.Multipliers, degradations, bound);
        Assert.True(result.IsOptimal);
        Assert.InRange(result.Assignment.RelativePower, 0, matching.RelativePower);
        Assert.InRange(result.Degradation, 0, bound);
        Assert.Equal(result.Assignment.ToString(), ExactAssignment.Solve(table.Opcounts, table.Multipliers, degradations, bound).Assignment.ToString());
    }

    [Fact]
    public void DegradationIsTheSquareOfErrorByTolerance()
    {
        // Tolerances 0.5 and 0; scale 0.2 and std(y) 4 make the deviations 0.05 and 0.5.
        var table = ErrorTable.Of(
            [ConstantDeviation.Layer("l", 0.2, 4), ConstantDeviation.Layer("k", 0.2, 4)], ConstantDeviation.Library(0.8, 0.5),
            new ConstantDeviation((name, _) => name == "a" ? 1 : 10), TestContext.Current.CancellationToken);
        double[,] degradations = ExactAssignment.Degradations(table, [-0.5, 0]);
        Assert.Equal([0, 0.01, 1, 0, double.PositiveInfinity, double.PositiveInfinity], degradations.Cast<double>().Select(d => Math.Round(d, 12)));
        var result = ExactAssignment.Solve([1, 1], table.Multipliers, degradations, 100);
        Assert.Equal("b, exact", result.Assignment.ToString());
    }

    [Fact]
    public void BoundIsKeptToTheLastBit()
    {
        // Three times a third of the bound, each a few bits greater: the sum is above the bound by 3e-15.
        var multipliers = ConstantDeviation.Library(0.5).Multipliers;
        double third = (1.0 / 3) + 1e-15;
        var degradations = new double[,] { { 0, third }, { 0, third }, { 0, third } };
        double above = third + third + third;
        Assert.True(above > 1);
        Assert.Equal(2, ExactAssignment.Solve([1, 1, 1], multipliers, degradations, 1).Assignment.Multipliers.Count(m => !m.IsExact));
        Assert.Equal(3, ExactAssignment.Solve([1, 1, 1], multipliers, degradations, above).Assignment.Multipliers.Count(m => !m.IsExact));
    }

    [Fact]
    public void BoundThatNothingKeepsIsAnError()
    {
        Multiplier[] inexact = [.. ConstantDeviation.Library(0.8, 0.5).Multipliers.Where(m => !m.IsExact)];
        string message = Assert.Throws<ArgumentException>(() => ExactAssignment.Solve([1, 2], inexact, new double[,] { { 1, 2 }, { 3, 4 } }, 3.5)).Message;
        Assert.Contains("at least 4", message);
    }

    [Fact]
    public void BadInputIsAnError()
    {
        var library = ConstantDeviation.Library(0.5);
        var ok = new double[,] { { 0, 1 } };
        Assert.Throws<ArgumentException>(() => ExactAssignment.Solve([1, 1], library.Multipliers, ok, 1));
        Assert.Throws<ArgumentException>(() => ExactAssignment.Solve([0], library.Multipliers, ok, 1));
        Assert.Throws<ArgumentException>(() => ExactAssignment.Solve([], library.Multipliers, new double[0, 2], 1));
        Assert.Throws<ArgumentException>(() => ExactAssignment.Solve([1], library.Multipliers, ok, -1));
        Assert.Throws<ArgumentException>(() => ExactAssignment.Solve([1], library.Multipliers, ok, double.PositiveInfinity));
        Assert.Throws<ArgumentException>(() => ExactAssignment.Solve([1], library.Multipliers, new double[,] { { 0, double.NaN } }, 1));
        Assert.Throws<ArgumentException>(() => ExactAssignment.Total(new Assignment([LayerSamples.Noisy(Signedness.Unsigned, 1, 1)], [1]), library.Multipliers, ok));
        Assert.Throws<ArgumentException>(() => ExactAssignment.Total(Assignment.Uniform(library.Exact, [1, 1]), library.Multipliers, ok));
        Assert.Throws<ArgumentException>(() => ExactAssignment.Solve([1], library.Multipliers, new double[,] { { 0, 1e200 } }, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExactAssignment.Solve([1], library.Multipliers, ok, 1, frontLimit: 0));
    }

    private static Multiplier Power(double power) => Multiplier.FromFunction($"m{power}", Signedness.Unsigned, (x, w) => x * w, power, "test");

    private static (long[] Opcounts, double[,] Degradations) Instance(Random random, int layers, int multipliers, int kind)
    {
        long[] opcounts = [.. Enumerable.Range(0, layers).Select(_ => kind % 3 == 0 ? random.NextInt64(1, 4) : random.NextInt64(1, 3_000_000))];
        var degradations = new double[layers, multipliers];
        for (int l = 0; l < layers; l++)
        {
            double tolerance = kind % 5 == 0 && random.Next(3) == 0 ? 1e-8 : 1;
            for (int m = 1; m < multipliers; m++)
            {
                degradations[l, m] = kind % 2 == 0 && random.Next(10) == 0 ? double.PositiveInfinity
                    : kind % 7 == 0 ? random.Next(4) / 4.0 : 2 * random.NextDouble() / (tolerance * tolerance);
            }
        }

        return (opcounts, degradations);
    }

    /// <summary>All assignments of finite degradation, summed as <see cref="Assignment.RelativePower"/> is.</summary>
    private static List<(double Power, double Degradation)> All(long[] opcounts, IReadOnlyList<Multiplier> multipliers, double[,] degradations)
    {
        List<(double Power, double Degradation)> all = [(0, 0)];
        for (int l = 0; l < opcounts.Length; l++)
        {
            all = [.. all.SelectMany(_ => Enumerable.Range(0, multipliers.Count), (a, m) =>
                (a.Power + (opcounts[l] * multipliers[m].RelativePower), a.Degradation + degradations[l, m])).Where(a => double.IsFinite(a.Item2))];
        }

        return [.. all.Select(a => (a.Power / opcounts.Sum(), a.Degradation))];
    }
}
