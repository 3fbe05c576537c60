using ApproxNets.Layers;

namespace ApproxNets.Search;

/// <summary>What the integer program found.</summary>
/// <param name="Assignment">One multiplier per layer.</param>
/// <param name="RelativePower">Its power relative to exact multiplication.</param>
/// <param name="Degradation">Its total degradation.</param>
/// <param name="IsOptimal">True when no assignment within the bound is better (Optimal); false when the effort ended first (Feasible).</param>
/// <param name="LowerBound">Proven: no assignment within the bound has less relative power, or less degradation where that was
/// minimised, than this.</param>
public sealed record ExactAssignmentResult(
    Assignment Assignment, double RelativePower, double Degradation, bool IsOptimal, double LowerBound);
