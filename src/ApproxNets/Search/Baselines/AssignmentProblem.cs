using System.Diagnostics;
using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Search.Baselines;

/// <summary>
/// What a search over assignments works on: the layers' opcounts, the multipliers it may use, and a measurement of accuracy, which it
/// does not look into. To restrict the multipliers, restrict the library (<see cref="MultiplierLibrary.Where"/>).
/// </summary>
public sealed record AssignmentProblem
{
    /// <summary>Makes a problem.</summary>
    /// <param name="opcounts">Opcount c_l of every layer.</param>
    /// <param name="library">The multipliers.</param>
    /// <param name="accuracy">Measures the accuracy of an assignment, 0..1; called one at a time and once per assignment.</param>
    /// <exception cref="ArgumentException">There is no layer, or an opcount is not positive.</exception>
    public AssignmentProblem(IReadOnlyList<long> opcounts, MultiplierLibrary library, Func<Assignment, double> accuracy)
    {
        if (opcounts.Count == 0 || opcounts.Any(c => c <= 0))
        {
            throw new ArgumentException(
                $"Search over assignments: found the opcounts {string.Join(", ", opcounts)}, expected at least one, all positive.",
                nameof(opcounts));
        }

        (Opcounts, Library, Accuracy) = (opcounts, library, accuracy);

        // Ties in power go to the name, so that no search depends on the order of the library.
        ByFallingPower = [.. library.Multipliers.OrderByDescending(m => m.RelativePower).ThenBy(m => m.Name, StringComparer.Ordinal)];
    }

    /// <summary>Opcount c_l of every layer.</summary>
    public IReadOnlyList<long> Opcounts { get; }

    /// <summary>The multipliers.</summary>
    public MultiplierLibrary Library { get; }

    /// <summary>Measures the accuracy of an assignment.</summary>
    public Func<Assignment, double> Accuracy { get; }

    /// <summary>The multipliers; the searches number them in this order.</summary>
    internal IReadOnlyList<Multiplier> ByFallingPower { get; }
}

/// <summary>
/// Measures assignments, given as indices into <see cref="AssignmentProblem.ByFallingPower"/>, for one run of a search: remembers what
/// it measured, counts against the budget, reports and stops.
/// </summary>
internal sealed class AssignmentEvaluator
{
    private readonly AssignmentProblem _problem;
    private readonly IProgress<SearchProgress>? _progress;
    private readonly CancellationToken _cancellation;
    private readonly Dictionary<string, SearchPoint> _known = [];
    private readonly List<SearchPoint> _points = [];
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly int _budget;

    public AssignmentEvaluator(
        AssignmentProblem problem, int budget, IProgress<SearchProgress>? progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, 1);
        (_problem, _progress, _cancellation) = (problem, progress, cancellation);

        // There are no more distinct assignments than this to measure.
        _budget = (int)Math.Min(budget, Math.Pow(Multipliers, Layers));
    }

    public int Layers => _problem.Opcounts.Count;

    public int Multipliers => _problem.ByFallingPower.Count;

    /// <summary>True when no assignment that is not known already can be measured.</summary>
    public bool IsExhausted => _points.Count >= _budget;

    /// <summary>Everything measured, in order.</summary>
    public IReadOnlyList<SearchPoint> Points => _points;

    /// <summary>Measures an assignment, or recalls it; null when the budget does not allow it.</summary>
    public SearchPoint? Evaluate(int[] genes)
    {
        _cancellation.ThrowIfCancellationRequested();
        string key = Key(genes);
        if (_known.TryGetValue(key, out var point) || IsExhausted)
        {
            return point;
        }

        var assignment = new Assignment([.. genes.Select(g => _problem.ByFallingPower[g])], _problem.Opcounts);
        double accuracy = _problem.Accuracy(assignment);
        if (!(accuracy >= 0 && accuracy <= 1))
        {
            throw new InvalidOperationException(
                $"Search over assignments: found a measured accuracy of {accuracy} for {assignment}, expected 0..1.");
        }

        point = new SearchPoint(assignment, accuracy);
        _known.Add(key, point);
        _points.Add(point);
        _progress?.Report(new SearchProgress(_points.Count, _budget, point));
        return point;
    }

    /// <summary>A name of the assignment: equal for equal genes only.</summary>
    public static string Key(int[] genes) => string.Join(' ', genes);

    public SearchResult Result(string method, IReadOnlyList<SearchPoint> points) =>
        new(method, points, _points.Count, _watch.Elapsed.TotalSeconds);
}
