using ApproxNets.Search.Baselines;
using Xunit;

namespace ApproxNets.Tests.Search.Baselines;

public sealed class Nsga2SearchTests
{
    // 256 and 4,096 assignments, fronts of about 30 and 60.
    [Theory]
    [InlineData(1, 4, 40, 200)]
    [InlineData(2, 4, 40, 200)]
    [InlineData(3, 4, 40, 200)]
    [InlineData(4, 6, 100, 1500)]
    [InlineData(5, 6, 100, 1500)]
    public void FindsTheFrontOfAllAssignmentsWithFewerMeasurements(int seed, int layers, int population, int budget)
    {
        var problem = AdditiveProblem.Random(seed, layers, 4);
        var front = SearchPoint.Front(problem.All());
        var options = new Nsga2Options(population, MutationProbability: 0.1);
        var result = Nsga2Search.Run(problem.Problem, options, budget, seed, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(front.Select(p => p.Assignment.ToString()), result.Points.Select(p => p.Assignment.ToString()));
        Assert.Equal(budget, result.Evaluations);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void CoversMoreThanRandomSearchOfTheSameBudget(int seed)
    {
        var problem = AdditiveProblem.Random(seed, 12, 8);
        var options = new Nsga2Options(30);
        double found = Covered(Nsga2Search.Run(problem.Problem, options, 1500, seed, cancellation: TestContext.Current.CancellationToken));
        double random = Covered(RandomSearch.Run(problem.Problem, 1500, seed, cancellation: TestContext.Current.CancellationToken));
        Assert.True(found > random + 0.05, $"found {found}, random {random}");
    }

    [Fact]
    public void BadOptionsAreErrors()
    {
        var problem = AdditiveProblem.FourByFour(1).Problem;
        foreach (var options in (Nsga2Options[])[new(3), new(10, -0.1), new(10, double.NaN), new(10, 1, 1.1), new(10, 1, 0, 0)])
        {
            Assert.Throws<ArgumentException>(() => Nsga2Search.Run(problem, options, 10, 1, cancellation: TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void ChildrenWithoutChangeStallTheSearch()
    {
        var problem = AdditiveProblem.Random(1, 6, 5);
        var result = Nsga2Search.Run(problem.Problem, new Nsga2Options(8, 0, 0, 5), 1000, 1, cancellation: TestContext.Current.CancellationToken);
        Assert.InRange(result.Evaluations, 4, 8);
    }

    /// <summary>Hypervolume: area of power and loss, each of 0..1, that is dominated by the front.</summary>
    private static double Covered(SearchResult result)
    {
        double area = 0;
        for (int i = 0; i < result.Points.Count; i++)
        {
            double next = i + 1 < result.Points.Count ? result.Points[i + 1].RelativePower : 1;
            area += (next - result.Points[i].RelativePower) * result.Points[i].Accuracy;
        }

        return area;
    }
}
