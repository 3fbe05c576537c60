namespace ApproxNets.Search;

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
