namespace ApproxNets.Studies;

/// <summary>Which assignments a <see cref="MethodComparison"/> makes.</summary>
/// <param name="Lambdas">Weights of the reward for noise: one AGN search each.</param>
/// <param name="Losses">Validation accuracy that the rivals' choices may lose before retraining, as a share: one assignment each.</param>
/// <param name="Budget">Measurements of accuracy that every rival may make.</param>
/// <param name="Images">Validation images of one measurement.</param>
public sealed record ComparisonOptions(IReadOnlyList<double> Lambdas, IReadOnlyList<double> Losses, int Budget, int Images)
{
    /// <summary>The rivals, of "agn-bias" (the search with <see cref="Search.AgnBias"/>), "agn-measured" (matching by
    /// <see cref="ErrorModels.BehaviouralErrorModel"/>), "cpsat", "uniform", "greedy", "nsga2", "random".</summary>
    public IReadOnlyList<string> Rivals { get; init; } = ["agn-measured", "cpsat", "uniform", "greedy", "nsga2", "random"];
}
