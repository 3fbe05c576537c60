using ApproxNets.Search.Baselines;

namespace ApproxNets.Studies;

/// <summary>What a search by measured accuracy found, by names: the form in which it is kept.</summary>
/// <param name="Method">Name of the search.</param>
/// <param name="ExactAccuracy">Accuracy of the exact assignment on the same images, 0..1.</param>
/// <param name="Evaluations">Measurements of accuracy.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="Front">The Pareto front, by rising power.</param>
public sealed record SearchRecord(
    string Method, double ExactAccuracy, int Evaluations, double Seconds, IReadOnlyList<SearchRecord.Point> Front)
{
    /// <summary>The front's point of least power within a loss of accuracy.</summary>
    /// <param name="loss">Accuracy that may be lost against the exact assignment, 0..1.</param>
    /// <returns>The names of its multipliers, one per layer; null if no point is within the loss.</returns>
    public IReadOnlyList<string>? Cheapest(double loss) => Front.FirstOrDefault(p => p.Accuracy >= ExactAccuracy - loss)?.Multipliers;

    internal static SearchRecord Of(SearchResult result, double exactAccuracy) => new(
        result.Method, exactAccuracy, result.Evaluations, result.Seconds,
        [.. result.Front.Select(p => new Point([.. p.Assignment.Multipliers.Select(m => m.Name)], p.RelativePower, p.Accuracy))]);

    /// <summary>A measured assignment.</summary>
    /// <param name="Multipliers">Name of every layer's multiplier.</param>
    /// <param name="RelativePower">Its power relative to exact multiplication.</param>
    /// <param name="Accuracy">Its accuracy on the images of the search, 0..1.</param>
    public sealed record Point(IReadOnlyList<string> Multipliers, double RelativePower, double Accuracy);
}
