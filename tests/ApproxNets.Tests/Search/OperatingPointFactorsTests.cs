using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Search;
using Xunit;

namespace ApproxNets.Tests.Search;

public sealed class OperatingPointFactorsTests
{
    // Deviations a 1, b 10, c 100 of the powers 0.8, 0.5, 0.3; two layers that tolerate 1 and 4. Steps: 0.25, 1, 2.5, 10, 25, 100.
    private static readonly double[] Sigmas = [1, 4];

    [Theory]
    [InlineData(0, 0.125)] // below all steps
    [InlineData(0.05, 0.25)]
    [InlineData(0.1, 0.25)] // (0 + 0.2) / 2
    [InlineData(0.11, 1)]
    [InlineData(0.2, 1)]
    [InlineData(0.35, 2.5)]
    [InlineData(0.7, 100)]
    public void FactorIsTheLeastThatSavesEnough(double savings, double expected)
    {
        var table = Table();
        double factor = OperatingPointFactors.ForSavings(table, Sigmas, [savings - 1e-9]).Single();
        Assert.Equal(expected, factor, 1e-9);
        Assert.True(Saved(table, factor) >= savings - 1e-9);
        Assert.True(expected < 0.2 || Saved(table, factor * (1 - 1e-9)) < savings - 1e-9);
    }

    [Fact]
    public void FactorsServeTheSubsetSearch()
    {
        var table = Table();
        var factors = OperatingPointFactors.ForSavings(table, Sigmas, [0.1, 0.3, 0.6]);
        var result = SubsetSearch.Run(table, Sigmas, factors, 4, 1, SubsetMethods.Optimum);
        Assert.Empty(result.Violations);
        Assert.Equal(factors.Select(f => Saved(table, f)), result.Assignments.Select(a => a.Savings));
        Assert.All(result.Assignments.Zip([0.1, 0.3, 0.6]), p => Assert.True(p.First.Savings >= p.Second - 1e-9));
    }

    [Fact]
    public void FactorIsTheGreatestThatLosesLittleEnough()
    {
        var table = Table();
        int measured = 0;
        double Loss(Assignment assignment)
        {
            measured++;
            return 10 * assignment.Savings; // savings of the steps: 0, 0.1, 0.2, 0.35, 0.5, 0.6, 0.7
        }

        Assert.Equal([0.125, 2.5, 100], OperatingPointFactors.ForLosses(table, Sigmas, [0.5, 3.6, 99], Loss), Close);
        Assert.InRange(measured, 1, 7); // no assignment twice
        Assert.Contains("least factor", Assert.Throws<ArgumentException>(() => OperatingPointFactors.ForLosses(table, Sigmas, [-1], Loss)).Message);
    }

    [Fact]
    public void WhatCannotBeMetIsAnError()
    {
        var table = Table();
        Assert.Contains("expected at most 0.7", Assert.Throws<ArgumentException>(() => OperatingPointFactors.ForSavings(table, Sigmas, [0.1, 0.71])).Message);
        Assert.Contains("both met by the factor", Assert.Throws<ArgumentException>(() => OperatingPointFactors.ForSavings(table, Sigmas, [0.11, 0.12])).Message);
        Assert.Contains("rising", Assert.Throws<ArgumentException>(() => OperatingPointFactors.ForSavings(table, Sigmas, [0.2, 0.1])).Message);
        Assert.Throws<ArgumentException>(() => OperatingPointFactors.ForSavings(table, Sigmas, []));
        Assert.Throws<ArgumentException>(() => OperatingPointFactors.ForSavings(table, [1], [0.1]));

        // A layer that tolerates nothing keeps the exact multiplier at every factor.
        Assert.Contains("expected at most 0.35", Assert.Throws<ArgumentException>(() => OperatingPointFactors.ForSavings(table, [0, 1], [0.4])).Message);
    }

    private static bool Close(double a, double b) => Math.Abs(a - b) < 1e-9;

    private static double Saved(ErrorTable table, double factor) => Matching.Match(table, [.. Sigmas.Select(s => factor * s)]).ToAssignment().Savings;

    private static ErrorTable Table() => ErrorTable.Of(
        [ConstantDeviation.Layer("l0"), ConstantDeviation.Layer("l1")], ConstantDeviation.Library(0.8, 0.5, 0.3),
        new ConstantDeviation((name, _) => name switch { "a" => 1, "b" => 10, _ => 100 }), TestContext.Current.CancellationToken);
}
