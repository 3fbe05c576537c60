using ApproxNets.Layers;

namespace ApproxNets.Search;

/// <summary>An assignment that a search measured.</summary>
/// <param name="Assignment">One multiplier per layer.</param>
/// <param name="RelativePower">Its power relative to exact multiplication; savings are one minus this.</param>
/// <param name="Accuracy">Its measured accuracy, 0..1.</param>
public sealed record SearchPoint(Assignment Assignment, double RelativePower, double Accuracy)
{
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
