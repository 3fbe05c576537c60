using ApproxNets.Training;

namespace ApproxNets.Search;

/// <summary>What an AGN search found.</summary>
/// <param name="Sigmas">|sigma_l| of every layer: noise tolerated, as a share of std(y_l).</param>
/// <param name="History">|sigma_l| of every layer after every epoch; the first row is the start.</param>
/// <param name="Training">Settings and epochs of the training.</param>
public sealed record AgnResult(IReadOnlyList<double> Sigmas, IReadOnlyList<IReadOnlyList<double>> History, TrainingRecord Training)
{
    /// <summary>|beta_l| of every layer with <see cref="AgnOptions.Bias"/>: mean error tolerated, as a share of std(y_l); else empty.
    /// </summary>
    public IReadOnlyList<double> Biases { get; init; } = [];
}
