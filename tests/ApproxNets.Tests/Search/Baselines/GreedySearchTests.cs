using ApproxNets.Search.Baselines;
using Xunit;

namespace ApproxNets.Tests.Search.Baselines;

public sealed class GreedySearchTests
{
    // Powers 1, 0.8, 0.5; opcounts 100 and 300. Saved per step: layer 0: 20, 30; layer 1: 60, 90.
    private static AdditiveProblem Problem => new([100, 300], [0.8, 0.5], [[0.01, 0.02], [0.06, 0.3]]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void StepsGoByPowerPerLoss(bool remeasureAll)
    {
        // 20/.01 against 60/.06; then 30/.01 against 60/.06; then 60/.06; then 90/.24.
        var result = GreedySearch.Run(Problem.Problem, 100, 0, remeasureAll, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["exact, exact", "a, exact", "b, exact", "b, a", "b, b"], result.Points.Select(p => p.Assignment.ToString()));
        Assert.Equal([1, 0.99, 0.98, 0.92, 0.68], result.Points.Select(p => Math.Round(p.Accuracy, 12)));
        Assert.Equal([1, 0.95, 0.875, 0.725, 0.5], result.Points.Select(p => Math.Round(p.RelativePower, 12)));

        // All anew: start, 2 + 2 + 1 + 1 candidates. By need: layer 1 is measured in the first step and, once it is the best, in the third.
        Assert.Equal(remeasureAll ? 7 : 6, result.Evaluations);
    }

    [Fact]
    public void StepsWithoutLossComeFirstAndTheGreatestSavingOfThem()
    {
        var problem = new AdditiveProblem([100, 300, 200], [0.8], [[0.001], [0], [0]]);
        var result = GreedySearch.Run(problem.Problem, 100, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["exact, exact, exact", "exact, a, exact", "exact, a, a", "a, a, a"], result.Points.Select(p => p.Assignment.ToString()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BoundSettlesALayerNotTheSearch(bool remeasureAll)
    {
        // Layer 0 would fall to 0.7 in its first step, which is best by power per loss; layer 1 still goes on.
        var problem = new AdditiveProblem([900, 100], [0.8, 0.5], [[0.3, 0.31], [0.04, 0.08]]);
        var result = GreedySearch.Run(problem.Problem, 100, 0.9, remeasureAll, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["exact, exact", "exact, a", "exact, b"], result.Points.Select(p => p.Assignment.ToString()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AfterARefusedStepTheBestOfTheOthersFollows(bool remeasureAll)
    {
        // Layer 0 is best by power per loss and refused; of the others, layer 2 saves most power per loss.
        var problem = new AdditiveProblem([900, 100, 100], [0.8], [[0.3], [0.05], [0.01]]);
        var result = GreedySearch.Run(problem.Problem, 100, 0.9, remeasureAll, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["exact, exact, exact", "exact, exact, a", "exact, a, a"], result.Points.Select(p => p.Assignment.ToString()));
    }

    [Fact]
    public void EqualPowersAreSkipped()
    {
        var problem = new AdditiveProblem([1], [0.5, 0.5, 0.2], [[0.1, 0.2, 0.3]]);
        var result = GreedySearch.Run(problem.Problem, 100, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["exact", "a", "c"], result.Points.Select(p => p.Assignment.ToString()));
    }

    [Fact]
    public void BudgetEndsThePath()
    {
        var result = GreedySearch.Run(Problem.Problem, 4, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(["exact, exact", "a, exact"], result.Points.Select(p => p.Assignment.ToString()));
        Assert.Equal(4, result.Evaluations);
    }
}
