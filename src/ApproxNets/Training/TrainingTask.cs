using ApproxNets.Data;

namespace ApproxNets.Training;

/// <summary>What a training does besides its options: its loss, its parameters, its measurements.</summary>
public sealed record TrainingTask
{
    /// <summary>Computes the gradients of a batch; <see cref="Trainer.CrossEntropyStep"/> if null.</summary>
    public BatchStep? Step { get; init; }

    /// <summary>Views of the images that the epochs take in turn; drawn anew for each epoch if null.</summary>
    public ImageViews? Views { get; init; }

    /// <summary>Whether the parameter of a name is trained; all are if null.</summary>
    public Predicate<string>? Trains { get; init; }

    /// <summary>What <see cref="Step"/> depends on besides the options. A resume file of other settings is refused.</summary>
    public string Settings { get; init; } = "";

    /// <summary>Measures something for <see cref="EpochRecord.Measured"/> after every epoch and for every report.</summary>
    public Func<IReadOnlyList<double>>? Measure { get; init; }

    /// <summary>Decides before every epoch whether the training ends early; never if null.</summary>
    public Predicate<IReadOnlyList<EpochRecord>>? Stops { get; init; }
}

/// <summary>How a training is watched, stopped and resumed. Nothing in it changes the result.</summary>
public sealed record TrainingRun
{
    /// <summary>
    /// The file that every epoch is saved to. A training resumes from it if it exists and is whole. It stays after the last epoch: the caller deletes it
    /// when the result is safe. No file if null.
    /// </summary>
    public string? ResumeFile { get; init; }

    /// <summary>Receives what the user should know: that the resume file is damaged. Standard error if left out.</summary>
    public Action<string> Notice { get; init; } = text => Console.Error.WriteLine(text);

    /// <summary>Receives the state of the training after every batch.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Stops between two batches. The epochs finished by then are in the resume file.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>A training whose loss is not finite any more. The model's weights are those before the step.</summary>
public sealed class TrainingDivergedException(string message) : Exception(message);

/// <summary>
/// Computes the gradients of one batch: runs the model, computes the loss and calls its backward pass. The optimiser's
/// step is the trainer's. Tensors made inside are disposed of after the step.
/// </summary>
/// <param name="batch">The images and their labels.</param>
/// <param name="step">Number of this step in the whole training, from 0; seeds whatever is random in it.</param>
/// <returns>The loss and the number of images classified correctly.</returns>
public delegate (double Loss, double Correct) BatchStep(Batch batch, int step);

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
    string Stage, int Epoch, int Epochs, int Batch, int Batches, double Loss, double Accuracy, double? ValidationAccuracy,
    double ImagesPerSecond, TimeSpan Elapsed, TimeSpan Remaining)
{
    /// <summary>What the stage measures besides, at this moment: see <see cref="EpochRecord.Measured"/>.</summary>
    public IReadOnlyList<double> Measured { get; init; } = [];
}
