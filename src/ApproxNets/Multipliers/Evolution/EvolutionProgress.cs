namespace ApproxNets.Multipliers.Evolution;

/// <summary>Where a run of <see cref="CircuitEvolution"/> is.</summary>
/// <param name="Evaluations">Circuits tried so far, those before an interruption included.</param>
/// <param name="Total">Circuits to try in all.</param>
/// <param name="RelativePower">Fast estimate of the power of the best circuit, relative to the exact one by the same estimate.</param>
/// <param name="Remaining">Time left at the speed so far.</param>
public sealed record EvolutionProgress(long Evaluations, long Total, double RelativePower, TimeSpan Remaining);
