using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>A few multipliers that serve all layers of all operating points.</summary>
/// <param name="Multipliers">The distinct multipliers in use, cheapest first.</param>
/// <param name="Assignments">One assignment per operating point, strictest first.</param>
/// <param name="Points">What every layer of every operating point got.</param>
public sealed record SubsetResult(
    IReadOnlyList<Multiplier> Multipliers, IReadOnlyList<Assignment> Assignments, IReadOnlyList<SubsetPoint> Points)
{
    /// <summary>The points whose multiplier exceeds their own tolerance.</summary>
    public IEnumerable<SubsetPoint> Violations => Points.Where(p => p.Ratio > 1);
}
