namespace ApproxNets.Training;

/// <summary>What a training does besides its options: its loss, its parameters, its measurements.</summary>
public sealed record TrainingTask
{
    /// <summary>Computes the gradients of a batch; <see cref="Trainer.CrossEntropyStep"/> if null.</summary>
    public BatchStep? Step { get; init; }

    /// <summary>Tells by name which parameters are trained; all if null.</summary>
    public Predicate<string>? Trains { get; init; }

    /// <summary>What <see cref="Step"/> depends on besides the options. A resume file of other settings is refused.</summary>
    public string Settings { get; init; } = "";

    /// <summary>Measures something after every epoch for <see cref="EpochRecord.Measured"/>, and for every report; nothing if null.</summary>
    public Func<IReadOnlyList<double>>? Measure { get; init; }

    /// <summary>Is asked before every epoch whether those so far are enough; never enough if null.</summary>
    public Predicate<IReadOnlyList<EpochRecord>>? Stops { get; init; }
}

/// <summary>How a training is watched, stopped and resumed. Nothing in it changes the result.</summary>
public sealed record TrainingRun
{
    /// <summary>
    /// Is written after every epoch and, if it exists, resumed from. It stays after the last epoch, for the caller to delete when the result
    /// is safe. Nothing is written if null.
    /// </summary>
    public string? ResumeFile { get; init; }

    /// <summary>Is told after every batch.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Stops between two batches. The epochs finished by then are in the resume file.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary>A training whose loss is not finite any more. The model's weights are those before the step.</summary>
public sealed class TrainingDivergedException(string message) : Exception(message);
