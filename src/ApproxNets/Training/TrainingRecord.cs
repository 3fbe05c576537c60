using ApproxNets.Layers;

namespace ApproxNets.Training;

/// <summary>A finished stage of training: its settings and what every epoch gave.</summary>
/// <param name="Options">The settings.</param>
/// <param name="Epochs">One record an epoch, in order.</param>
public sealed record TrainingRecord(TrainingOptions Options, IReadOnlyList<EpochRecord> Epochs)
{
    /// <summary>The format that <see cref="Layers.Precision.Fastest"/> stood for; null in records of before it was noted.</summary>
    public Precision? Precision { get; init; }

    /// <summary>Wall time of all epochs, also of those before an interruption.</summary>
    public double Seconds => Epochs.Sum(e => e.Seconds);
}
