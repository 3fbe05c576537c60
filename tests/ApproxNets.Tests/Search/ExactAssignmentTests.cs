using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Tests.ErrorModels;
using Xunit;

namespace ApproxNets.Tests.Search;

public sealed class ExactAssignmentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void LeastPowerEqualsThatOfAllAssignments(int seed)
    {
        var (problem, multipliers, degradations) = FourByFour(seed);
        var all = problem.All();
        foreach (double bound in (double[])[0, 0.05, 0.2, 0.4, 0.6, 2])
        {
            var result = ExactAssignment.Solve(problem.Problem.Opcounts, multipliers, degradations, bound);
            double least = all.Where(p => ExactAssignment.Total(p.Assignment, multipliers, degradations) <= bound).Min(p => p.RelativePower);
            Assert.True(result.IsOptimal);
            Assert.Equal(least, result.RelativePower, 1e-11); // 2^-40 per layer
            Assert.Equal(least, result.LowerBound, 1e-11);
            Assert.Equal(ExactAssignment.Total(result.Assignment, multipliers, degradations), result.Degradation);
            Assert.True(result.Degradation <= bound);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void LeastDegradationEqualsThatOfAllAssignments(int seed)
    {
        var (problem, multipliers, degradations) = FourByFour(seed);
        var all = problem.All();
        var powers = all.Select(p => p.RelativePower).Order().ToList();
        foreach (double power in (double[])[powers[0], powers[7], powers[40], powers[128], 0.9, 1])
        {
            var result = ExactAssignment.SolveForPower(problem.Problem.Opcounts, multipliers, degradations, power);
            double least = all.Where(p => p.RelativePower <= power + 1e-12)
                .Min(p => ExactAssignment.Total(p.Assignment, multipliers, degradations));
            Assert.True(result.IsOptimal);
            Assert.Equal(least, result.Degradation, 1e-10);
            Assert.Equal(least, result.LowerBound, 1e-10);
            Assert.Equal(ExactAssignment.Total(result.Assignment, multipliers, degradations), result.Degradation);
            Assert.InRange(result.RelativePower, 0, power + 1e-12);
        }
    }

    [Fact]
    public void AtThePowerOfTheLeastPowerNothingDegradesMore()
    {
        var (problem, multipliers, degradations) = FourByFour(5);
        var one = ExactAssignment.Solve(problem.Problem.Opcounts, multipliers, degradations, 0.3);
        var other = ExactAssignment.SolveForPower(problem.Problem.Opcounts, multipliers, degradations, one.RelativePower);
        Assert.InRange(other.Degradation, 0, one.Degradation);
        Assert.Equal(one.RelativePower, other.RelativePower, 1e-11);
    }

    [Fact]
    public void PowerThatNothingKeepsIsAnError()
    {
        var multipliers = ConstantDeviation.Library(0.8, 0.5).Multipliers; // exact, 0.8, 0.5
        var degradations = new double[,] { { 0, 1, 2 }, { 0, 3, double.PositiveInfinity } };
        Assert.Equal(0.65, ExactAssignment.SolveForPower([1, 1], multipliers, degradations, 0.65).RelativePower, 1e-12);
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
        long[] opcounts = [.. samples.Select(s => s.Opcount)];
        var table = ErrorTable.Of(samples, library, new MultiDistributionErrorModel(), TestContext.Current.CancellationToken);
        double[,] degradations = ExactAssignment.Degradations(table, sigmas);
        var matching = Matching.Match(table, sigmas).ToAssignment();
        double bound = ExactAssignment.Total(matching, table.Multipliers, degradations);
        var result = ExactAssignment.Solve(opcounts, table.Multipliers, degradations, bound);
        Assert.True(result.IsOptimal);
        Assert.InRange(result.RelativePower, 0, matching.RelativePower(opcounts) + 1e-10);
        Assert.InRange(result.Degradation, 0, bound);
        Assert.Equal(result.Assignment.ToString(), ExactAssignment.Solve(opcounts, table.Multipliers, degradations, bound).Assignment.ToString());
    }

    [Fact]
    public void DegradationIsTheSquareOfErrorByTolerance()
    {
        // Tolerances 0.5 x 4 and 0; scale 0.2 makes the deviations 0.2 and 2.
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
        // Three times a third of the bound, each a few bits greater: the sum is above the bound by 3e-15, less than the rounding of the solver.
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
        Assert.Throws<ArgumentException>(() => ExactAssignment.Total(new Assignment([LayerSamples.Noisy(Signedness.Unsigned, 1, 1)]), library.Multipliers, ok));
        Assert.Throws<ArgumentException>(() => ExactAssignment.Total(Assignment.Uniform(library.Exact, 2), library.Multipliers, ok));
        Assert.Throws<TimeoutException>(() => ExactAssignment.Solve([1], library.Multipliers, ok, 1, effort: 0));
    }

    /// <summary>Degradations of every layer alone, which add up.</summary>
    private static (AdditiveProblem Problem, IReadOnlyList<Multiplier> Multipliers, double[,] Degradations) FourByFour(int seed)
    {
        var problem = AdditiveProblem.FourByFour(seed);
        var multipliers = problem.Problem.Library.Multipliers;
        var degradations = new double[4, 4];
        foreach (var (l, m) in from l in Enumerable.Range(0, 4) from m in Enumerable.Range(0, 4) select (l, m))
        {
            degradations[l, m] = 1 - problem.Problem.Accuracy(new Assignment([.. Enumerable.Range(0, 4).Select(i => i == l ? multipliers[m] : problem.Problem.Library.Exact)]));
        }

        return (problem, multipliers, degradations);
    }
}
