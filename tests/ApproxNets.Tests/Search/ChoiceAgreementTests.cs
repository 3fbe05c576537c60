using ApproxNets.ErrorModels;
using ApproxNets.Search;
using Xunit;

namespace ApproxNets.Tests.Search;

public sealed class ChoiceAgreementTests
{
    // Powers: exact 1, a 0.8, b 0.5, c 0.3.
    private static readonly LayerSample[] Samples = [ConstantDeviation.Layer("first"), ConstantDeviation.Layer("second")];

    [Fact]
    public void ChoicesAreComparedAtEveryFactor()
    {
        var truth = Table(1, 10, 100);
        var bold = Table(0.5, 5, 50);
        var agreement = ChoiceAgreement.Of(bold, truth, [1, 4], [1, 2, 1000]);

        // Factor 1: tolerances 1 and 4: a, a by both. 2: 2 and 8: a and b by the model, a and a by the truth. 1000: c everywhere.
        Assert.Equal([(2, 2, 0), (2, 1, 1), (2, 2, 0)], agreement.Rows.Select(r => (r.Layers, r.Same, r.Exceeding)));
        Assert.Equal([0.8, 0.65, 0.3], agreement.Rows.Select(r => Math.Round(r.RelativePower, 12)));
        Assert.Equal([0.8, 0.8, 0.3], agreement.Rows.Select(r => Math.Round(r.TrueRelativePower, 12)));
        Assert.Equal((5 / 6.0, 1 / 6.0, "constant"), (agreement.SameChoice, agreement.Exceeding, agreement.Model));
    }

    [Fact]
    public void TruthAgreesWithItself()
    {
        var truth = Table(1, 10, 100);
        var agreement = ChoiceAgreement.Of(truth, truth, [1, 1], [0.1, 1, 10]);
        Assert.Equal((1, 0), (agreement.SameChoice, agreement.Exceeding));
    }

    [Fact]
    public void BadInputIsAnError()
    {
        var table = Table(1, 10, 100);
        Assert.Throws<ArgumentException>(() => ChoiceAgreement.Of(table, table, [1, 1], []));
        Assert.Throws<ArgumentException>(() => ChoiceAgreement.Of(table, table, [1, 1], [1, 0]));
        Assert.Throws<ArgumentException>(() => ChoiceAgreement.Of(table, table, [1], [1]));
        var other = ErrorTable.Of(Samples[..1], ConstantDeviation.Library(0.8), new ConstantDeviation((_, _) => 1), TestContext.Current.CancellationToken);
        Assert.Contains("1 x 2", Assert.Throws<ArgumentException>(() => ChoiceAgreement.Of(table, other, [1, 1], [1])).Message);
    }

    private static readonly ApproxNets.Multipliers.MultiplierLibrary Library = ConstantDeviation.Library(0.8, 0.5, 0.3);

    private static ErrorTable Table(double a, double b, double c) => ErrorTable.Of(
        Samples, Library, new ConstantDeviation((name, _) => name switch { "a" => a, "b" => b, _ => c }), TestContext.Current.CancellationToken);
}
