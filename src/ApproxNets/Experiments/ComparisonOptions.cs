namespace ApproxNets.Experiments;

/// <summary>Which assignments a <see cref="MethodComparison"/> makes.</summary>
/// <param name="Lambdas">Weights of the reward for noise: one AGN search each.</param>
/// <param name="Losses">Validation accuracy that choices by measured accuracy may lose before retraining, as a share: one assignment each.</param>
/// <param name="Budget">Measurements of accuracy that each of those searches may make.</param>
/// <param name="Images">Validation images of one measurement.</param>
public sealed record ComparisonOptions(IReadOnlyList<double> Lambdas, IReadOnlyList<double> Losses, int Budget, int Images)
{
    /// <summary>The methods, in this order: "agn" (matching by <see cref="ErrorModels.MultiDistributionErrorModel"/>), "agn-measured" (by
    /// <see cref="ErrorModels.BehaviouralErrorModel"/>), "agn-savings" (measured errors; the least degradation that saves as much as each of
    /// <see cref="Savings"/>), "agn-bias" (the search with <see cref="Search.AgnBias"/>), "cpsat", "uniform" (one
    /// multiplier that saves as much as the first method does), "greedy", "nsga2", "random".</summary>
    public IReadOnlyList<string> Methods { get; init; } = ["agn", "agn-measured", "cpsat", "uniform", "greedy", "nsga2", "random"];

    /// <summary>What "agn-savings" is to save at least, 0..1: one assignment each for every lambda.</summary>
    public IReadOnlyList<double> Savings { get; init; } = [0.7];
}
