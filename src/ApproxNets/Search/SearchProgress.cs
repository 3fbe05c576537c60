namespace ApproxNets.Search;

/// <summary>How far a search over assignments is.</summary>
/// <param name="Evaluations">Measurements made.</param>
/// <param name="Budget">Measurements allowed.</param>
/// <param name="Latest">The assignment measured last.</param>
public sealed record SearchProgress(int Evaluations, int Budget, SearchPoint Latest);
