using ApproxNets.ErrorModels;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using Xunit;

namespace ApproxNets.Tests.Search;

public sealed class MatchingTests
{
    // a: power 0.8, deviation 1. b: 0.5, 10. c: 0.3, 100.
    private static readonly MultiplierLibrary Library = ConstantDeviation.Library(0.8, 0.5, 0.3);
    private static readonly ConstantDeviation Model = new((name, _) => name switch { "a" => 1, "b" => 10, _ => 100 });

    [Theory]
    [InlineData(0, "exact", "a")]
    [InlineData(0.99, "exact", "a")]
    [InlineData(1, "a", "b")] // the tolerance itself qualifies
    [InlineData(9.9, "a", "b")]
    [InlineData(-10.0, "b", "c")] // only |sigma| counts
    [InlineData(1e6, "c", null)]
    public void CheapestWithinTheToleranceIsChosen(double sigma, string expected, string? runnerUp)
    {
        var match = Matching.Match(Table([ConstantDeviation.Layer("l")], Library, Model), [sigma]).Single();
        Assert.Equal((expected, runnerUp), (match.Multiplier.Name, match.RunnerUp?.Name));
        Assert.Equal(Math.Abs(sigma), match.Tolerance);
    }

    [Fact]
    public void ToleranceAndPredictionAreSharesOfTheOutputsDeviation()
    {
        // Scale 0.2 and std(y) 4 make the deviations 0.05, 0.5 and 5.
        var match = Matching.Match(Table([ConstantDeviation.Layer("l", 0.2, 4)], Library, Model), [0.5]).Single();
        Assert.Equal("b", match.Multiplier.Name);
        Assert.Equal((0.5, 0.5, -0.05), (match.Tolerance, match.Predicted.StandardDeviation, match.Predicted.Mean));
        Assert.Equal("l", match.Path);
        var exact = Matching.Match(Table([ConstantDeviation.Layer("l", 0.2, 4)], Library, Model), [0]).Single();
        Assert.Equal(default, exact.Predicted);
    }

    [Fact]
    public void CheaperMultiplierMayHaveTheSmallerError()
    {
        var model = new ConstantDeviation((name, _) => name switch { "a" => 50, "b" => 3, _ => 100 });
        var match = Matching.Match(Table([ConstantDeviation.Layer("l")], Library, model), [5]).Single();
        Assert.Equal(("b", "c"), (match.Multiplier.Name, match.RunnerUp!.Name));
    }

    [Fact]
    public void EveryLayerIsMatchedByItself()
    {
        var model = new ConstantDeviation((name, path) => (path == "first" ? 1 : 20) * (name switch { "a" => 1, "b" => 10, _ => 100 }));
        var matches = Matching.Match(Table([ConstantDeviation.Layer("first"), ConstantDeviation.Layer("second")], Library, model), [10, 20]);
        var assignment = matches.ToAssignment();
        Assert.Equal(["b", "a"], assignment.Multipliers.Select(m => m.Name));
        Assert.Equal(matches.Select(m => m.Opcount), assignment.Opcounts);
        Assert.Equal(1 - 0.65, assignment.Savings, 1e-12);
    }

    [Fact]
    public void TiesInPowerGoToTheName()
    {
        var library = ConstantDeviation.Library(0.5, 0.5);
        var reversed = new MultiplierLibrary("r", Signedness.Unsigned, library.Multipliers.Reverse());
        var model = new ConstantDeviation((_, _) => 1);
        Assert.Equal("a", Matching.Match(Table([ConstantDeviation.Layer("l")], library, model), [5])[0].Multiplier.Name);
        Assert.Equal("a", Matching.Match(Table([ConstantDeviation.Layer("l")], reversed, model), [5])[0].Multiplier.Name);
    }

    [Fact]
    public void MeanBeyondTheBiasToleranceRulesAMultiplierOut()
    {
        var samples = new[] { ConstantDeviation.Layer("l", 0.2, 4) };
        var table = ErrorTable.Of(samples, Library, Model, TestContext.Current.CancellationToken);
        string Chosen(params double[] biases) => Matching.Match(table, [1000], biases: biases)[0].Multiplier.Name;

        // The model gives every inexact multiplier the mean -1 in steps of the sum, 0.2 in real units; std(y) is 4.
        string cheapest = Chosen();
        Assert.NotEqual(Library.Exact.Name, cheapest);
        Assert.Equal(cheapest, Chosen(0.0501));
        Assert.Equal(Library.Exact.Name, Chosen(0.0499));
        Assert.Throws<ArgumentException>(() => Chosen(1, 1));
    }

    [Fact]
    public void ReportHoldsRunnerUpAndTruth()
    {
        var samples = new[] { ConstantDeviation.Layer("l", 0.2, 4), ConstantDeviation.Layer("k", 0.2, 400) };
        var table = ErrorTable.Of(samples, Library, Model, TestContext.Current.CancellationToken);
        var truth = ErrorTable.Of(samples, Library, new ConstantDeviation((_, _) => 30), TestContext.Current.CancellationToken);
        var matches = Matching.Match(table, [0.5, 0.5], truth: truth);
        Assert.Equal(table[0, 3], matches[0].RunnerUpPredicted);
        Assert.Equal(new ErrorEstimate(-1 * 0.2 / 4, 30 * 0.2 / 4), matches[0].True);
        Assert.Equal((0.5, samples[0].Opcount), (matches[0].Multiplier.RelativePower, matches[0].Opcount));
        Assert.Equal(("c", null, null), (matches[1].Multiplier.Name, matches[1].RunnerUp, matches[1].RunnerUpPredicted));
        Assert.Null(Matching.Match(table, [0.5, 0.5])[0].True);
        var other = ErrorTable.Of(samples[..1], Library, Model, TestContext.Current.CancellationToken);
        Assert.Throws<ArgumentException>(() => Matching.Match(table, [0.5, 0.5], truth: other));
    }

    [Fact]
    public void MeanErrorDoesNotCount() => // mean -1, deviation 1
        Assert.Equal("a", Matching.Match(Table([ConstantDeviation.Layer("l")], Library, Model), [1.2])[0].Multiplier.Name);

    [Fact]
    public void BadInputIsAnError()
    {
        Assert.Throws<ArgumentException>(() => Matching.Match(Table([ConstantDeviation.Layer("l")], Library, Model), [1, 2]));
        var signed = new MultiplierLibrary("s", Signedness.Signed, [MultiplierFamilies.Exact(Signedness.Signed), MultiplierFamilies.Truncated(Signedness.Signed, 3)]);
        Assert.Throws<ArgumentException>(() => Matching.Match(Table([ConstantDeviation.Layer("l")], signed, new SingleDistributionErrorModel()), [1]));
    }

    [Fact]
    public void OutputWithoutSpreadToleratesNoError()
    {
        var match = Matching.Match(Table([ConstantDeviation.Layer("l", deviation: 0)], Library, Model), [0.5])[0];
        Assert.Equal(("exact", default), (match.Multiplier.Name, match.Predicted));
        Assert.Equal(double.PositiveInfinity, match.RunnerUpPredicted!.Value.StandardDeviation);
    }

    private static ErrorTable Table(IReadOnlyList<LayerSample> samples, MultiplierLibrary library, IErrorModel model) =>
        ErrorTable.Of(samples, library, model, TestContext.Current.CancellationToken);
}
