namespace ApproxNets.Training;

/// <summary>Settings of one training stage: stochastic gradient descent with Nesterov momentum.</summary>
/// <param name="Stage">Name of the stage, shown in progress and stored in checkpoints.</param>
/// <param name="Epochs">Passes over the training images, &gt;= 1.</param>
/// <param name="LearningRate">Peak learning rate.</param>
/// <param name="Seed">Seed of the order of images, of augmentation and of noise.</param>
public sealed record TrainingOptions(string Stage, int Epochs, double LearningRate, int Seed)
{
    /// <summary>Images of one step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Momentum of the gradient.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>L2 penalty on the weights of convolutions and fully connected layers.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>Course of the learning rate.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Cosine;

    /// <summary>Epochs between two steps of <see cref="LearningRateSchedule.Step"/>.</summary>
    public int StepEpochs { get; init; } = 10;

    /// <summary>Factor of one step of <see cref="LearningRateSchedule.Step"/>.</summary>
    public double StepFactor { get; init; } = 0.1;

    /// <summary>Share of the target probability spread over all classes.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Random crop and flip of the training images.</summary>
    public bool Augment { get; init; } = true;

    /// <summary>Computes the learning rate of a step.</summary>
    /// <param name="step">Step, from 0.</param>
    /// <param name="stepsPerEpoch">Steps of one epoch.</param>
    public double LearningRateAt(int step, int stepsPerEpoch)
    {
        double done = (step + 0.5) / ((double)Epochs * stepsPerEpoch);
        return Schedule switch
        {
            LearningRateSchedule.OneCycle => LearningRate * Math.Min(done / 0.2, (1 - done) / 0.8),
            LearningRateSchedule.Cosine => LearningRate * 0.5 * (1 + Math.Cos(Math.PI * done)),
            LearningRateSchedule.Step => LearningRate * Math.Pow(StepFactor, step / stepsPerEpoch / StepEpochs),
            _ => throw new InvalidOperationException(
                $"Training '{Stage}': found schedule {Schedule}, expected {string.Join(", ", Enum.GetNames<LearningRateSchedule>())}."),
        };
    }

    internal void Validate()
    {
        if (Epochs < 1 || BatchSize < 1 || StepEpochs < 1 || !(StepFactor > 0) || !(LearningRate > 0) || !double.IsFinite(LearningRate)
            || !(Momentum is >= 0 and < 1) || !(WeightDecay >= 0) || !(LabelSmoothing is >= 0 and < 1))
        {
            throw new ArgumentException(
                $"Training: found {this}, expected at least one epoch, one image a batch and one epoch a step, "
                + "a positive step factor and learning rate, a momentum of 0..1, no negative weight decay and a label smoothing of 0..1.");
        }
    }
}
