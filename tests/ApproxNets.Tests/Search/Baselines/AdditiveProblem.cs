using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search.Baselines;

namespace ApproxNets.Tests.Search.Baselines;

/// <summary>Layers whose losses of accuracy add up, so that every assignment can be computed by hand.</summary>
internal sealed class AdditiveProblem
{
    private readonly double[][] _losses;

    /// <param name="opcounts">Opcount per layer.</param>
    /// <param name="powers">Powers of the multipliers a, b, ... beside the exact one.</param>
    /// <param name="losses">Loss per layer and multiplier, without the exact one.</param>
    public AdditiveProblem(long[] opcounts, double[] powers, double[][] losses)
    {
        _losses = losses;
        Problem = new AssignmentProblem(opcounts, ConstantDeviation.Library(powers), Accuracy);
    }

    public AssignmentProblem Problem { get; }

    /// <summary>Assignments measured, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Four layers, four multipliers: 256 assignments.</summary>
    public static AdditiveProblem FourByFour(int seed) => Random(seed, 4, 4);

    public static AdditiveProblem Random(int seed, int layers, int multipliers)
    {
        var random = new Random(seed);
        double[] powers = [.. Enumerable.Range(1, multipliers - 1).Select(i => 1 - (0.9 * i / multipliers))];
        return new AdditiveProblem(
            [.. Enumerable.Range(0, layers).Select(_ => random.NextInt64(100, 1000))],
            powers,
            [.. Enumerable.Range(0, layers).Select(_ => powers.Select((_, i) => (i + random.NextDouble()) / multipliers / layers).ToArray())]);
    }

    public double Loss(Assignment assignment) => assignment.Multipliers
        .Select((m, l) => m.IsExact ? 0 : _losses[l][m.Name[0] - 'a']).Sum();

    /// <summary>All assignments with power and accuracy.</summary>
    public IReadOnlyList<SearchPoint> All()
    {
        IEnumerable<Multiplier[]> assignments = [[]];
        foreach (long _ in Problem.Opcounts)
        {
            assignments = [.. assignments.SelectMany(a => Problem.Library.Multipliers, (a, m) => (Multiplier[])[.. a, m])];
        }

        return [.. assignments.Select(a => new Assignment(a, Problem.Opcounts)).Select(a => new SearchPoint(a, 1 - Loss(a)))];
    }

    private double Accuracy(Assignment assignment)
    {
        Calls.Add(assignment.ToString());
        return 1 - Loss(assignment);
    }
}
