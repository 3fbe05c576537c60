namespace ApproxNets.Benchmarks;

/// <summary>What one error model takes for all pairs of layer and multiplier.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Pairs">Number of pairs.</param>
/// <param name="Time">The whole table.</param>
public sealed record ErrorModelMeasurement(string Model, int Pairs, Timing Time);
