using ApproxNets.Layers;

namespace ApproxNets.Search.Baselines;

/// <summary>What a search over assignments found; the same form for all searches, so that they can be compared.</summary>
/// <param name="Method">Name of the search.</param>
/// <param name="Points">What the search returns: its Pareto front, or the path that it took; each search says which.</param>
/// <param name="Evaluations">Measurements of accuracy: distinct assignments, as repeated ones are remembered.</param>
/// <param name="Seconds">Time that the search took.</param>
public sealed record SearchResult(string Method, IReadOnlyList<SearchPoint> Points, int Evaluations, double Seconds)
{
    /// <summary>The Pareto front of <see cref="Points"/>, by rising power and rising accuracy.</summary>
    public IReadOnlyList<SearchPoint> Front => SearchPoint.Front(Points);

    /// <summary>Finds the point of least power with at least a given accuracy; null if there is none.</summary>
    /// <param name="accuracy">Least accuracy, 0..1.</param>
    public SearchPoint? Cheapest(double accuracy) => Front.FirstOrDefault(p => p.Accuracy >= accuracy);
}

/// <summary>An assignment that a search measured.</summary>
/// <param name="Assignment">One multiplier per layer.</param>
/// <param name="Accuracy">Its measured accuracy, 0..1.</param>
public sealed record SearchPoint(Assignment Assignment, double Accuracy)
{
    /// <summary>The assignment's power relative to exact multiplication.</summary>
    public double RelativePower => Assignment.RelativePower;

    /// <summary>
    /// Finds the Pareto front of power and accuracy: the points than which no other one has less power at no less accuracy, or more
    /// accuracy at no more power. Of several that are equal in both only the first is kept.
    /// </summary>
    /// <param name="points">The points.</param>
    /// <returns>The front by rising power and rising accuracy.</returns>
    public static IReadOnlyList<SearchPoint> Front(IEnumerable<SearchPoint> points)
    {
        var front = new List<SearchPoint>();
        foreach (var point in points.OrderBy(p => p.RelativePower).ThenByDescending(p => p.Accuracy))
        {
            if (front.Count == 0 || point.Accuracy > front[^1].Accuracy)
            {
                front.Add(point);
            }
        }

        return front;
    }
}

/// <summary>How far a search over assignments is.</summary>
/// <param name="Evaluations">Measurements made.</param>
/// <param name="Budget">Measurements allowed.</param>
/// <param name="Latest">The assignment measured last.</param>
public sealed record SearchProgress(int Evaluations, int Budget, SearchPoint Latest);
