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
        var match = Matching.Match([ConstantDeviation.Layer("l")], [sigma], Library, Model).Single();
        Assert.Equal((expected, runnerUp), (match.Multiplier.Name, match.RunnerUp?.Name));
        Assert.Equal(Math.Abs(sigma), match.Tolerance);
    }

    [Fact]
    public void ToleranceAndPredictionAreInRealUnits()
    {
        // Tolerance 0.5 x 4 = 2; scale 0.2 makes the deviations 0.2, 2 and 20.
        var match = Matching.Match([ConstantDeviation.Layer("l", 0.2, 4)], [0.5], Library, Model).Single();
        Assert.Equal("b", match.Multiplier.Name);
        Assert.Equal((2.0, 2.0, -0.2), (match.Tolerance, match.Predicted.StandardDeviation, match.Predicted.Mean));
        Assert.Equal("l", match.Path);
        var exact = Matching.Match([ConstantDeviation.Layer("l", 0.2, 4)], [0], Library, Model).Single();
        Assert.Equal(default, exact.Predicted);
    }

    [Fact]
    public void CheaperMultiplierMayHaveTheSmallerError()
    {
        var model = new ConstantDeviation((name, _) => name switch { "a" => 50, "b" => 3, _ => 100 });
        var match = Matching.Match([ConstantDeviation.Layer("l")], [5], Library, model).Single();
        Assert.Equal(("b", "c"), (match.Multiplier.Name, match.RunnerUp!.Name));
    }

    [Fact]
    public void EveryLayerIsMatchedByItself()
    {
        var model = new ConstantDeviation((name, path) => (path == "first" ? 1 : 20) * (name switch { "a" => 1, "b" => 10, _ => 100 }));
        var matches = Matching.Match([ConstantDeviation.Layer("first"), ConstantDeviation.Layer("second")], [10, 20], Library, model);
        Assert.Equal(["b", "a"], matches.ToAssignment().Multipliers.Select(m => m.Name));
    }

    [Fact]
    public void TiesInPowerGoToTheName()
    {
        var library = ConstantDeviation.Library(0.5, 0.5);
        var reversed = new MultiplierLibrary("r", Signedness.Unsigned, library.Multipliers.Reverse());
        var model = new ConstantDeviation((_, _) => 1);
        Assert.Equal("a", Matching.Match([ConstantDeviation.Layer("l")], [5], library, model)[0].Multiplier.Name);
        Assert.Equal("a", Matching.Match([ConstantDeviation.Layer("l")], [5], reversed, model)[0].Multiplier.Name);
    }

    [Fact]
    public void MeanBeyondTheBiasToleranceRulesAMultiplierOut()
    {
        var samples = new[] { ConstantDeviation.Layer("l", 0.2, 4) };
        var table = ErrorTable.Of(samples, Library, Model, TestContext.Current.CancellationToken);
        string Chosen(params double[] biases) => Matching.Match(table, [1000], biases: biases)[0].Multiplier.Name;

        // The model gives every inexact multiplier the mean -1, in real units 0.2; std(y) is 4.
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
        Assert.Equal(new ErrorEstimate(-1, 100).Times(0.2), matches[0].RunnerUpPredicted);
        Assert.Equal(new ErrorEstimate(-1, 30).Times(0.2), matches[0].True);
        Assert.Equal((0.5, samples[0].Opcount), (matches[0].RelativePower, matches[0].Opcount));
        Assert.Equal(("c", null, null), (matches[1].Multiplier.Name, matches[1].RunnerUp, matches[1].RunnerUpPredicted));
        Assert.Null(Matching.Match(table, [0.5, 0.5])[0].True);
        var other = ErrorTable.Of(samples[..1], Library, Model, TestContext.Current.CancellationToken);
        Assert.Throws<ArgumentException>(() => Matching.Match(table, [0.5, 0.5], truth: other));
    }

    [Theory]
    [InlineData(1.2, MatchCriterion.StandardDeviation, "a")]
    [InlineData(1.2, MatchCriterion.RootMeanSquare, "exact")] // mean -1, deviation 1: sqrt(2)
    [InlineData(1.5, MatchCriterion.RootMeanSquare, "a")]
    public void MeanCountsOnlyByRootMeanSquare(double sigma, MatchCriterion criterion, string expected) =>
        Assert.Equal(expected, Matching.Match([ConstantDeviation.Layer("l")], [sigma], Library, Model, criterion)[0].Multiplier.Name);

    [Fact]
    public void UnknownCriterionIsAnError() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Matching.Match([ConstantDeviation.Layer("l")], [1], Library, Model, (MatchCriterion)7));

    [Fact]
    public void BadInputIsAnError()
    {
        Assert.Throws<ArgumentException>(() => Matching.Match([ConstantDeviation.Layer("l")], [1, 2], Library, Model));
        var signed = new MultiplierLibrary("s", Signedness.Signed, [MultiplierFamilies.Exact(Signedness.Signed), MultiplierFamilies.Truncated(Signedness.Signed, 3)]);
        Assert.Throws<ArgumentException>(() => Matching.Match([ConstantDeviation.Layer("l")], [1], signed, new SingleDistributionErrorModel()));
    }
}
