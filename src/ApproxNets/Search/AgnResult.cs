using System.Text.Json.Serialization;
using ApproxNets.Training;

namespace ApproxNets.Search;

/// <summary>What an AGN search found. It is stored with the weights, hence the names of its fields in files.</summary>
/// <param name="Sigmas">|sigma_l| of every layer: noise tolerated, as a share of std(y_l).</param>
/// <param name="History">|sigma_l| of every layer after every epoch; the first row is the start.</param>
/// <param name="Training">The epochs of the training.</param>
public sealed record AgnResult(
    [property: JsonPropertyName("sigmas")] IReadOnlyList<double> Sigmas,
    [property: JsonPropertyName("history")] IReadOnlyList<IReadOnlyList<double>> History,
    [property: JsonPropertyName("training")] TrainingRecord Training)
{
    /// <summary>|beta_l| of every layer with <see cref="AgnOptions.Bias"/>: mean error tolerated, as a share of std(y_l); else empty.
    /// </summary>
    [JsonPropertyName("biases")]
    public IReadOnlyList<double> Biases { get; init; } = [];
}
