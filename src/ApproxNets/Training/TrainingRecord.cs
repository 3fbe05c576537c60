using System.Text.Json.Serialization;
using ApproxNets.Layers;

namespace ApproxNets.Training;

/// <summary>What every epoch of a finished training gave. It is stored with the weights, hence the names of its fields in files.</summary>
/// <param name="Epochs">One record an epoch, in order.</param>
public sealed record TrainingRecord([property: JsonPropertyName("epochs")] IReadOnlyList<EpochRecord> Epochs)
{
    /// <summary>The format that <see cref="Layers.Precision.Fastest"/> stood for; null in older records.</summary>
    [JsonPropertyName("precision")]
    public Precision? Precision { get; init; }

    /// <summary>Wall time of all epochs, also of those before an interruption.</summary>
    [JsonIgnore]
    public double Seconds => Epochs.Sum(e => e.Seconds);
}

/// <summary>What one epoch of training gave.</summary>
/// <param name="Epoch">Epoch, from 1.</param>
/// <param name="Loss">Mean training loss.</param>
/// <param name="Accuracy">Training accuracy, 0..1, with augmentation.</param>
/// <param name="ValidationAccuracy">Accuracy on the validation images, 0..1.</param>
/// <param name="Seconds">Wall time of the epoch.</param>
public sealed record EpochRecord(
    [property: JsonPropertyName("epoch")] int Epoch,
    [property: JsonPropertyName("loss")] double Loss,
    [property: JsonPropertyName("accuracy")] double Accuracy,
    [property: JsonPropertyName("validation_accuracy")] double ValidationAccuracy,
    [property: JsonPropertyName("seconds")] double Seconds)
{
    /// <summary>What the stage measures besides; in an AGN search |sigma_l| of every layer, then |beta_l| if it learns biases.</summary>
    [JsonPropertyName("measured")]
    public IReadOnlyList<double> Measured { get; init; } = [];
}
