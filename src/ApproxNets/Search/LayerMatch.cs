using ApproxNets.ErrorModels;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>The choice for one layer.</summary>
/// <param name="Path">Place of the layer in the model.</param>
/// <param name="Tolerance">Tolerated standard deviation of the output error, <c>|sigma_l| std(y_l)</c>, in real units.</param>
/// <param name="Multiplier">The multiplier of least power within the tolerance.</param>
/// <param name="Predicted">Its predicted error, in real units.</param>
/// <param name="RunnerUp">The next cheaper multiplier, which exceeds the tolerance; null if there is none.</param>
public sealed record LayerMatch(string Path, double Tolerance, Multiplier Multiplier, ErrorEstimate Predicted, Multiplier? RunnerUp)
{
    /// <summary>Predicted error of the runner-up, in real units; null if there is no runner-up.</summary>
    public ErrorEstimate? RunnerUpPredicted { get; init; }

    /// <summary>Error of the chosen multiplier by behavioural simulation, in real units; null where no truth was given.</summary>
    public ErrorEstimate? True { get; init; }

    /// <summary>Opcount of the layer: its weight in the power of the network.</summary>
    public long Opcount { get; init; }

    /// <summary>Relative power of the chosen multiplier.</summary>
    public double RelativePower => Multiplier.RelativePower;
}
