namespace ApproxNets.Training;

/// <summary>Where a training stands; reported after every batch.</summary>
/// <param name="Stage">What is being trained, e.g. "float baseline".</param>
/// <param name="Epoch">Epoch at work, from 1.</param>
/// <param name="Epochs">Epochs in all.</param>
/// <param name="Batch">Batches done in this epoch.</param>
/// <param name="Batches">Batches of one epoch.</param>
/// <param name="Loss">Mean training loss of this epoch so far.</param>
/// <param name="Accuracy">Training accuracy of this epoch so far, 0..1.</param>
/// <param name="ValidationAccuracy">Accuracy on the validation images, 0..1; null until the epoch's end.</param>
/// <param name="ImagesPerSecond">Training images per second of this epoch so far.</param>
/// <param name="Elapsed">Time since the stage began.</param>
/// <param name="Remaining">Estimated time to the end of the stage.</param>
public sealed record TrainingProgress(
    string Stage,
    int Epoch,
    int Epochs,
    int Batch,
    int Batches,
    double Loss,
    double Accuracy,
    double? ValidationAccuracy,
    double ImagesPerSecond,
    TimeSpan Elapsed,
    TimeSpan Remaining)
{
    /// <summary>What the stage measures besides, at this moment: see <see cref="EpochRecord.Measured"/>.</summary>
    public IReadOnlyList<double> Measured { get; init; } = [];
}
