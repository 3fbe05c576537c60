using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Interactive.Course;

public sealed class CheckTests
{
    private static readonly Exercise<(double X, double[] Of), double> Scaled = new(
        "99.1", 2, c => c.X * c.Of.Sum(), [(2, [1, 2]), (0.5, [3, 1, 2])], c => $"x = {c.X} and {c.Of.Length} values", (a, b) => Math.Abs(a - b) <= 1e-9);

    private static readonly Exercise<int[], int[]> Sorted = new(
        "99.2", 1, c => [.. c.Order()], [[3, 1, 2]], c => string.Join(' ', c), (a, b) => b is not null && a.SequenceEqual(b));

    [Fact]
    public void ARightAnswerGetsAllPoints()
    {
        var result = Check.That(Scaled, c => c.Of.Sum(v => v * c.X));

        Assert.Equal((2, 2, "all 2 hidden cases agree"), (result.Points, result.Possible, result.Message));
        Assert.Equal("99.1: 2 of 2 points: all 2 hidden cases agree", result.ToString());
        Assert.Contains(result, NotebookHost.Checked);
    }

    [Fact]
    public void AStubIsNotAnsweredYet()
    {
        Assert.All(
            new Func<(double, double[]), double>[] { _ => double.NaN, _ => throw new NotImplementedException() },
            stub => Assert.Equal((0, 2, "not answered yet"), Of(Check.That(Scaled, stub))));
        Assert.Equal((0, 1, "not answered yet"), Of(Check.That(Sorted, _ => null!)));
        Assert.Equal((0, 1, "not answered yet"), Of(Check.That(Sorted, _ => [])));
    }

    [Fact]
    public void AWrongAnswerIsToldTheFirstCaseThatDiffersAndNotTheRightValue()
    {
        Assert.Equal((0, 2, "differs for x = 0.5 and 3 values: yours gives 6"), Of(Check.That(Scaled, c => c.Of.Length == 2 ? 6 : c.Of.Sum())));
        Assert.Equal((0, 2, "differs for x = 2 and 2 values: yours throws InvalidOperationException: no"),
            Of(Check.That(Scaled, double (_) => throw new InvalidOperationException("no"))));

        // An answer to some of the cases is no stub.
        Assert.Equal((0, 2, "differs for x = 0.5 and 3 values: yours gives NaN"), Of(Check.That(Scaled, c => c.Of.Length == 2 ? 6 : double.NaN)));
        Assert.Equal((0, 1, "differs for 3 1 2: yours gives [3, 1, 2]"), Of(Check.That(Sorted, c => c)));
    }

    [Fact]
    public void AnAnswerThatChangesItsInputLeavesTheCaseAsItWas()
    {
        int[] InPlace(int[] values)
        {
            Array.Sort(values);
            return values;
        }

        double Emptied((double X, double[] Of) c)
        {
            Array.Clear(c.Of);
            return 0;
        }

        Assert.Equal(1, Check.That(Sorted, InPlace).Points);
        Assert.Equal(0, Check.That(Scaled, Emptied).Points);
        Assert.Equal([3, 1, 2], Sorted.Cases[0]);
        Assert.Equal([1.0, 2.0], Scaled.Cases[0].Of);
    }

    [Fact]
    public void ANumberHasToBeWithinTheTolerance()
    {
        Assert.Equal((1, 1, "0.31 is right"), Of(Check.Number("99.3", 1, 0.31, 0.3, 0.02)));
        Assert.Equal((0, 1, "0.33 is not within 0.02 of the value"), Of(Check.Number("99.3", 1, 0.33, 0.3, 0.02)));
        Assert.Equal((0, 1, "not answered yet"), Of(Check.Number("99.3", 1, double.NaN, 0.3, 0.02)));
        Assert.Throws<ArgumentException>(() => Check.Number("99.3", 1, 0, double.NaN, 0.1));
        Assert.Throws<ArgumentException>(() => Check.Number("99.3", 1, 0, 1, double.PositiveInfinity));
    }

    [Fact]
    public void AnExerciseHasCasesAndTheLastResultCounts()
    {
        Assert.Throws<ArgumentException>(() => Check.That(Scaled with { Cases = [] }, _ => 0));
        Check.Number("99.4", 1, 2, 1, 0.1);
        Check.Number("99.4", 1, 1, 1, 0.1);
        Assert.Equal(1, Assert.Single(NotebookHost.Checked, result => result.Exercise == "99.4").Points);
        Assert.Equal("<div class=\"an-check\"><strong>✗ 99.5: 0 of 2 points</strong> a &lt; b</div>", new CheckResult("99.5", 0, 2, "a < b").ToHtml());
    }

    private static (int, int, string) Of(CheckResult result) => (result.Points, result.Possible, result.Message);
}
