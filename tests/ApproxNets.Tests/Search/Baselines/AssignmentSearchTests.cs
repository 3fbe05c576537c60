using ApproxNets.Layers;
using ApproxNets.Search.Baselines;
using Xunit;

namespace ApproxNets.Tests.Search.Baselines;

/// <summary>What all searches over assignments have in common, and the two plain ones.</summary>
public sealed class AssignmentSearchTests
{
    public static TheoryData<string> Methods => ["nsga-ii", "greedy", "random"];

    [Theory]
    [MemberData(nameof(Methods))]
    public void SearchesKeepTheBudgetAndMeasureNothingTwice(string method)
    {
        var problem = AdditiveProblem.Random(1, 6, 5);
        var reports = new Reports();
        var result = Run(method, problem.Problem, 40, 3, reports, TestContext.Current.CancellationToken);
        Assert.Equal(method, result.Method);
        Assert.Equal(40, result.Evaluations);
        Assert.Equal(result.Evaluations, problem.Calls.Count);
        Assert.Equal(problem.Calls.Count, problem.Calls.Distinct().Count());
        Assert.Equal(Enumerable.Range(1, result.Evaluations), reports.Select(r => r.Evaluations));
        Assert.Equal(problem.Calls, reports.Select(r => r.Latest.Assignment.ToString()));
        Assert.True(result.Seconds >= 0);
        foreach (var point in result.Points)
        {
            Assert.Equal(1 - problem.Loss(point.Assignment), point.Accuracy);
            Assert.Equal(problem.Problem.Opcounts, point.Assignment.Opcounts);
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void SameSeedGivesTheSameSearch(string method)
    {
        string[] Calls(int seed)
        {
            var problem = AdditiveProblem.Random(1, 6, 5);
            Run(method, problem.Problem, 60, seed, null, TestContext.Current.CancellationToken);
            return [.. problem.Calls];
        }

        Assert.Equal(Calls(3), Calls(3));
        if (method is "nsga-ii" or "random")
        {
            Assert.NotEqual(Calls(3), Calls(4));
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void CancellationStopsBetweenTwoMeasurements(string method)
    {
        using var source = new CancellationTokenSource();
        int calls = 0;
        var problem = new AssignmentProblem([1, 2, 3], ConstantDeviation.Library(0.8, 0.5, 0.3), _ =>
        {
            if (++calls == 3)
            {
                source.Cancel();
            }

            return 0.5;
        });
        Assert.Throws<OperationCanceledException>(() => Run(method, problem, 50, 1, null, source.Token));
        Assert.Equal(3, calls);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void BudgetBeyondAllAssignmentsEnds(string method)
    {
        var problem = AdditiveProblem.Random(2, 2, 3);
        var result = Run(method, problem.Problem, int.MaxValue, 1, null, TestContext.Current.CancellationToken);
        Assert.InRange(result.Evaluations, 3, 9);
        if (method is "nsga-ii" or "random")
        {
            Assert.Equal(SearchPoint.Front(problem.All()).Select(Text), result.Points.Select(Text));
        }
    }

    [Fact]
    public void FrontIsThatOfTheDefinition()
    {
        SearchPoint Point(double power, double accuracy) => new(Assignment.Uniform(ConstantDeviation.Library(power).Multipliers[1], [1]), accuracy);
        SearchPoint[] points = [Point(1, 0.9), Point(0.5, 0.8), Point(0.5, 0.7), Point(0.6, 0.8), Point(0.2, 0.1), Point(0.9, 0.9), Point(0.9, 0.9)];
        var front = SearchPoint.Front(points);
        Assert.Equal([points[4], points[1], points[5]], front);
        Assert.Same(points[5], front[2]);
        var result = new SearchResult("m", points, 7, 0);
        Assert.Same(points[1], result.Cheapest(0.75));
        Assert.Null(result.Cheapest(0.95));
    }

    [Fact]
    public void BadInputIsAnError()
    {
        var library = ConstantDeviation.Library(0.5);
        Assert.Throws<ArgumentException>(() => new AssignmentProblem([], library, _ => 1));
        Assert.Throws<ArgumentException>(() => new AssignmentProblem([1, 0], library, _ => 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => RandomSearch.Run(new AssignmentProblem([1], library, _ => 1), 0, 1, cancellation: TestContext.Current.CancellationToken));
        foreach (double accuracy in (double[])[double.NaN, -0.1, 97])
        {
            var problem = new AssignmentProblem([1], library, _ => accuracy);
            Assert.Contains("0..1", Assert.Throws<InvalidOperationException>(() => GreedySearch.Run(problem, 1, cancellation: TestContext.Current.CancellationToken)).Message);
        }
    }

    private static SearchResult Run(
        string method, AssignmentProblem problem, int budget, int seed, IProgress<SearchProgress>? progress, CancellationToken cancellation) => method switch
        {
            "nsga-ii" => Nsga2Search.Run(problem, new Nsga2Options(10), budget, seed, progress, cancellation),
            "greedy" => GreedySearch.Run(problem, budget, progress: progress, cancellation: cancellation),
            "random" => RandomSearch.Run(problem, budget, seed, progress, cancellation),
            _ => throw new ArgumentOutOfRangeException(nameof(method)),
        };

    private static string Text(SearchPoint point) => point.Assignment.ToString();

    private sealed class Reports : List<SearchProgress>, IProgress<SearchProgress>
    {
        public void Report(SearchProgress value) => Add(value);
    }
}
