namespace ApproxNets.Experiments;

/// <summary>Which assignments a comparison of methods makes (<see cref="Experiment.Compare"/>).</summary>
/// <param name="Lambdas">Weights of the reward for noise: one AGN search each.</param>
/// <param name="Losses">Validation accuracy that choices by measured accuracy may lose before retraining, as a share: one assignment each.</param>
/// <param name="Budget">Measurements of accuracy that each of those searches may make.</param>
/// <param name="Images">Validation images of one measurement.</param>
public sealed record ComparisonOptions(IReadOnlyList<double> Lambdas, IReadOnlyList<double> Losses, int Budget, int Images)
{
    /// <summary>Names of the methods, in this order (<see cref="Search.AssignmentMethods.All"/>).</summary>
    public IReadOnlyList<string> Methods { get; init; } = ["agn", "agn-measured", "exact", "uniform", "greedy", "nsga2", "random"];

    /// <summary>What methods that are asked for savings are to save at least, 0..1: one assignment each for every lambda.</summary>
    public IReadOnlyList<double> Savings { get; init; } = [0.7];

    /// <summary>Whether assignments are retrained. Without, <see cref="AssignmentResult.Top1"/> is null: what tuned weights and new batch statistics give
    /// takes seconds.</summary>
    public bool Retrains { get; init; } = true;

    /// <summary>
    /// Whether an assignment by tolerances gets the weights of the AGN search, as in the paper, or those of the 8-bit network, and of the search only the
    /// tolerances. Noise moves weights further than fine multipliers ask, and about as far as coarse ones do: ResNet8, lambda 3, keeps 85.84 % at
    /// 75 % savings with its own weights and nothing retrained, but at 90 % the searched weights end half a point higher after five epochs.
    /// </summary>
    public bool KeepsSearchedWeights { get; init; } = true;
}
