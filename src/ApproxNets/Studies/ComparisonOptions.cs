namespace ApproxNets.Studies;

/// <summary>Which assignments a <see cref="MethodComparison"/> makes.</summary>
/// <param name="Lambdas">Weights of the reward for noise: one AGN search each.</param>
/// <param name="Losses">Validation accuracy that choices by measured accuracy may lose before retraining, as a share: one assignment each.</param>
/// <param name="Budget">Measurements of accuracy that each of those searches may make.</param>
/// <param name="Images">Validation images of one measurement.</param>
public sealed record ComparisonOptions(IReadOnlyList<double> Lambdas, IReadOnlyList<double> Losses, int Budget, int Images)
{
    /// <summary>The methods, in this order: "agn" (matching by <see cref="ErrorModels.MultiDistributionErrorModel"/>), "agn-measured" (by
    /// <see cref="ErrorModels.BehaviouralErrorModel"/>), "agn-bias" (the search with <see cref="Search.AgnBias"/>), "cpsat", "uniform" (one
    /// multiplier that saves as much as the first method does), "greedy", "nsga2", "random".</summary>
    public IReadOnlyList<string> Methods { get; init; } = ["agn", "agn-measured", "cpsat", "uniform", "greedy", "nsga2", "random"];
}
