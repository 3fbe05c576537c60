namespace ApproxNets.Multipliers;

/// <summary>Area and delay of a multiplier's circuit.</summary>
/// <param name="AreaSquareMicrometres">Area in square micrometres.</param>
/// <param name="DelayNanoseconds">Delay of the longest path in nanoseconds.</param>
/// <param name="Source">Where both come from.</param>
public sealed record CircuitFigures(double AreaSquareMicrometres, double DelayNanoseconds, string Source);
