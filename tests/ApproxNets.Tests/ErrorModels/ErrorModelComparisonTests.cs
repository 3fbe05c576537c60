using ApproxNets.ErrorModels;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Search;
using MathNet.Numerics.Statistics;
using Xunit;

namespace ApproxNets.Tests.ErrorModels;

public sealed class ErrorModelComparisonTests
{
    private static readonly MultiplierLibrary Library = ConstantDeviation.Library(0.8, 0.5, 0.3);

    [Fact]
    public void MeasuresAreThoseOfTheirDefinitions()
    {
        // Truth 1, 10, 1000. Predicted 2, 8, 1000: errors 1, 0.2, 0; ranks agree.
        var comparison = ErrorModelComparison.Of(Table(1, 10, 1000), Table(2, 8, 1000)).Single();
        Assert.Equal(["a", "b", "c"], comparison.Pairs.Select(p => p.Multiplier)); // not the exact one
        Assert.Equal([(4, 2), (16, 20), (2000, 2000)], comparison.Pairs.Select(p => (p.Predicted, p.True))); // scale 2
        Assert.Equal(0.2, comparison.MedianRelativeError, 1e-12);
        Assert.Equal(1, comparison.Spearman, 1e-12);
        Assert.True(comparison.Pearson > 0.99999);
        Assert.Equal(
            Correlation.Pearson([Math.Log(2), Math.Log(8), Math.Log(1000)], [0, Math.Log(10), Math.Log(1000)]), comparison.PearsonOfLogs, 1e-12);
        Assert.InRange(comparison.PearsonOfLogs, 0.9, 0.999);
        Assert.All(comparison.Pairs, p => Assert.Equal((-2, -2), (p.PredictedMean, p.TrueMean)));
        Assert.Equal(comparison.Pairs.Select(p => p.True), comparison.Pairs.Select(p => p.TrueAroundChannelMeans));
    }

    [Fact]
    public void TruthIsBehaviouralSimulation()
    {
        LayerSample[] samples = [LayerSamples.Random(Signedness.Signed, 30, 9, 4, 1), LayerSamples.Random(Signedness.Signed, 30, 12, 4, 2)];
        var library = new MultiplierLibrary(
            "l", Signedness.Signed, [MultiplierFamilies.Exact(Signedness.Signed), .. Enumerable.Range(1, 4).Select(i => LayerSamples.Noisy(Signedness.Signed, 50 * i, i, name: $"n{i}"))]);
        ErrorTable Table(IErrorModel model) => ErrorTable.Of(samples, library, model, TestContext.Current.CancellationToken);
        var comparisons = ErrorModelComparison.Of(Table(new BehaviouralErrorModel()), Table(new SingleDistributionErrorModel()), Table(new BehaviouralErrorModel()));
        Assert.Equal(["single", "behavioural"], comparisons.Select(c => c.Model));
        Assert.Equal(8, comparisons[0].Pairs.Count);
        Assert.Equal(0, comparisons[1].MedianRelativeError);
        Assert.Equal(1, comparisons[1].PearsonOfLogs, 1e-12);
        Assert.True(comparisons[0].MedianRelativeError > 0);
        var (truth, pair) = (new BehaviouralErrorModel().Estimate(library.Multipliers[2], samples[1]), comparisons[0].Pairs[5]);
        Assert.Equal((truth.StandardDeviation, truth.Mean), (pair.True, pair.TrueMean));
        Assert.Equal(truth.StandardDeviationAroundChannelMeans, pair.TrueAroundChannelMeans);
    }

    [Fact]
    public void CorrelationsAreThoseOfRealUnits()
    {
        // Shares of two layers whose outputs spread by 1 and 100.
        LayerSample[] samples = [ConstantDeviation.Layer("first"), ConstantDeviation.Layer("second", 1, 100)];
        ErrorTable Table(params double[] shares) => new(
            "t", samples, [.. Library.Multipliers.Take(3)], new ErrorEstimate[,] { { default, new(0, shares[0]), new(0, shares[1]) }, { default, new(0, shares[2]), new(0, shares[3]) } });
        var comparison = ErrorModelComparison.Of(Table(1, 2, 3, 4), Table(2, 2, 5, 3)).Single();
        Assert.Equal([(2, 1), (2, 2), (5, 3), (3, 4)], comparison.Pairs.Select(p => (p.Predicted, p.True)));
        Assert.Equal(Correlation.Pearson([2, 2, 500, 300], [1, 2, 300, 400]), comparison.Pearson, 1e-12);
        Assert.Equal(Correlation.Spearman([2, 2, 500, 300], [1, 2, 300, 400]), comparison.Spearman, 1e-12);
    }

    [Fact]
    public void NothingToCompareIsAnError()
    {
        var exact = ErrorTable.Of([ConstantDeviation.Layer("l")], ConstantDeviation.Library(), new ConstantDeviation((_, _) => 1), TestContext.Current.CancellationToken);
        Assert.Throws<ArgumentException>(() => ErrorModelComparison.Of(exact, exact));
        Assert.Throws<ArgumentException>(() => ErrorModelComparison.Of(exact, Table(1, 2, 3)));
    }

    private static ErrorTable Table(double a, double b, double c) => ErrorTable.Of(
        [ConstantDeviation.Layer("l", 2)], Library, new ConstantDeviation((name, _) => name switch { "a" => a, "b" => b, _ => c }), TestContext.Current.CancellationToken);
}
