using ApproxNets.ErrorModels;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using Xunit;

namespace ApproxNets.Tests.Search;

public sealed class AssignmentMethodsTests
{
    // Opcounts 2 each. Powers: exact 1, a 0.8, b 0.5, c 0.3. Predicted 0.1, 0.2, 0.4; measured twice as much.
    private static readonly MultiplierLibrary Library = ConstantDeviation.Library(0.8, 0.5, 0.3);
    private static readonly LayerSample[] Samples = [ConstantDeviation.Layer("first"), ConstantDeviation.Layer("second")];

    [Theory]
    [InlineData("agn", "b, c")]
    [InlineData("agn-measured", "a, b")]
    [InlineData("agn-savings", "b, b")] // 0.2 twice: nothing else saves half with less degradation
    [InlineData("agn-bias", "exact, exact")] // the mean of the model is -0.01
    [InlineData("exact", "b, c")]
    [InlineData("uniform", "b, b")]
    [InlineData("greedy", "c, c")]
    [InlineData("nsga2", "c, c")]
    [InlineData("random", "c, c")]
    public void EveryMethodIsAFunctionOfItsContext(string name, string expected)
    {
        var method = AssignmentMethods.Named(name);
        var context = Context() with { Biases = [0.001, 0.001] };
        Assert.Equal(expected, method.Assign(context)!.ToString());
        bool measures = method.Inputs == MethodInputs.Loss;
        Assert.Equal(measures, context.Evaluations > 0);
        Assert.InRange(context.Evaluations, 0, 16);
    }

    [Fact]
    public void MethodsTakeWhatTheContextAsksFor()
    {
        var context = Context();
        Assert.Equal("a, a", AssignmentMethods.Named("uniform").Assign(context with { Savings = 0.2 })!.ToString());
        Assert.Null(AssignmentMethods.Named("uniform").Assign(context with { Savings = 0.9 }));
        Assert.Equal("exact, exact", AssignmentMethods.Named("nsga2").Assign(context with { Loss = 0 })!.ToString());
        int measured = context.Evaluations;
        Assert.Equal("a, exact", AssignmentMethods.Named("nsga2").Assign(context with { Loss = 0.025 })!.ToString());
        Assert.Equal(measured, context.Evaluations); // copies share what was measured
    }

    [Fact]
    public void TablesAreMadeWhenAskedForAndOnce()
    {
        int predicted = 0;
        var context = new AssignmentContext(
            Library, [2, 2], () => Table(++predicted), () => throw new InvalidOperationException("not asked for"), _ => throw new InvalidOperationException())
        {
            Tolerances = [0.25, 0.45],
        };
        Assert.Equal(0, predicted);
        var mine = new AssignmentMethod("halves", c => Matching.Match(c.Predicted, [.. c.Tolerances.Select(t => t / 2)]).ToAssignment());
        Assert.Equal("a, b", mine.Assign(context)!.ToString());
        AssignmentMethods.Named("agn").Assign(context with { Savings = 1 });
        Assert.Equal(1, predicted);
        Assert.Equal(MethodInputs.Tolerances, mine.Inputs);
    }

    [Fact]
    public void NamesAreDistinctAndAnUnknownOneIsAnError()
    {
        Assert.Distinct(AssignmentMethods.All.Select(m => m.Name));
        Assert.Contains("'annealing'", Assert.Throws<ArgumentException>(() => AssignmentMethods.Named("annealing")).Message);
    }

    private static AssignmentContext Context() => new(
        Library, [2, 2], () => Table(1), () => Table(2),
        assignment => 1 - assignment.Multipliers.Sum(m => 0.1 * (1 - m.RelativePower)))
    {
        Tolerances = [0.25, 0.45],
        Savings = 0.5,
        Loss = 0.15,
        Budget = 16,
    };

    private static ErrorTable Table(double factor)
    {
        ErrorEstimate[] row = [default, new(-0.01, 0.1 * factor), new(-0.01, 0.2 * factor), new(-0.01, 0.4 * factor)];
        var estimates = new ErrorEstimate[2, 4];
        for (int i = 0; i < 8; i++)
        {
            estimates[i / 4, i % 4] = row[i % 4];
        }

        return new ErrorTable("t", Samples, Library.Multipliers, estimates);
    }
}
