using ApproxNets.Foundation;
using ApproxNets.Layers;

namespace ApproxNets.Training;

/// <summary>Settings of one training stage.</summary>
/// <param name="Stage">Name of the stage, shown in progress and stored in checkpoints.</param>
/// <param name="Epochs">Passes over the training images, &gt;= 1.</param>
/// <param name="LearningRate">Peak learning rate of gradient descent.</param>
/// <param name="Seed">Seed of the order of images, of augmentation and of noise.</param>
public sealed record TrainingOptions(string Stage, int Epochs, double LearningRate, int Seed)
{
    /// <summary>Images of one step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Momentum of the gradient.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>L2 penalty on the weights of convolutions and fully connected layers.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>How gradients become steps.</summary>
    public OptimizerKind Optimizer { get; init; } = OptimizerKind.Sgd;

    /// <summary>Peak learning rate of <see cref="OptimizerKind.Muon"/>, for the weights of convolutions.</summary>
    public double MuonLearningRate { get; init; } = 0.05;

    /// <summary>Decay of the weights of convolutions under <see cref="OptimizerKind.Muon"/>: <c>w (1 - rate decay)</c> a step.</summary>
    public double MuonWeightDecay { get; init; } = 0.01;

    /// <summary>Number format of convolutions and matrix products in training; of <see cref="ApproxLayer"/>s only.</summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>
    /// Gives the images with their channels last in memory, an order that libtorch's convolutions keep and are a third faster in.
    /// Results differ by rounding only.
    /// </summary>
    public bool ChannelsLast { get; init; }

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

    /// <summary>Computes the share of the peak learning rate at a step, 0..1.</summary>
    /// <param name="step">Step, from 0.</param>
    /// <param name="stepsPerEpoch">Steps of one epoch.</param>
    public double ScheduleAt(int step, int stepsPerEpoch)
    {
        double done = (step + 0.5) / ((double)Epochs * stepsPerEpoch);
        return Schedule switch
        {
            LearningRateSchedule.OneCycle => Math.Min(done / 0.2, (1 - done) / 0.8),
            LearningRateSchedule.Cosine => 0.5 * (1 + Math.Cos(Math.PI * done)),
            LearningRateSchedule.Step => Math.Pow(StepFactor, step / stepsPerEpoch / StepEpochs),
            _ => throw Unknown(Schedule),
        };
    }

    /// <summary>Adds everything that decides the course of a training. What another choice leaves unused is left out.</summary>
    /// <exception cref="ArgumentException">A choice is unknown.</exception>
    public void AddTo(Fingerprint fingerprint)
    {
        Validate();
        fingerprint.Add("epochs", Epochs).Add("learning-rate", LearningRate).Add("seed", Seed).Add("batch", BatchSize)
            .Add("momentum", Momentum).Add("weight-decay", WeightDecay);
        switch (Optimizer)
        {
            case OptimizerKind.Sgd:
                fingerprint.Add("optimizer", "sgd");
                break;
            case OptimizerKind.Muon:
                fingerprint.Add("optimizer", "muon").Add("muon-learning-rate", MuonLearningRate).Add("muon-weight-decay", MuonWeightDecay);
                break;
            default:
                throw Unknown(Optimizer);
        }

        switch (Schedule)
        {
            case LearningRateSchedule.OneCycle:
                fingerprint.Add("schedule", "one-cycle");
                break;
            case LearningRateSchedule.Cosine:
                fingerprint.Add("schedule", "cosine");
                break;
            case LearningRateSchedule.Step:
                fingerprint.Add("schedule", "step").Add("step-epochs", StepEpochs).Add("step-factor", StepFactor);
                break;
            default:
                throw Unknown(Schedule);
        }

        fingerprint.Add("precision", Precision switch
        {
            Precision.Float32 => "float32",
            Precision.BFloat16 => "bfloat16",
            Precision.Fastest => "fastest",
            _ => throw Unknown(Precision),
        });
        fingerprint.Add("channels-last", ChannelsLast ? "yes" : "no").Add("label-smoothing", LabelSmoothing).Add("augment", Augment ? "yes" : "no");
    }

    private ArgumentException Unknown<T>(T found)
        where T : struct, Enum =>
        new($"Training '{Stage}': found {typeof(T).Name} {found}, expected {string.Join(", ", Enum.GetNames<T>())}.");

    private void Validate()
    {
        if (Epochs < 1 || BatchSize < 1 || StepEpochs < 1 || !(StepFactor > 0) || !(LearningRate > 0) || !double.IsFinite(LearningRate)
            || !(MuonLearningRate > 0) || !double.IsFinite(MuonLearningRate) || !(MuonWeightDecay >= 0)
            || !(Momentum is >= 0 and < 1) || !(WeightDecay >= 0) || !(LabelSmoothing is >= 0 and < 1))
        {
            throw new ArgumentException(
                $"Training: found {this}, expected at least one epoch, one image a batch and one epoch a step, "
                + "a positive step factor and learning rates, a momentum of 0..1, no negative weight decay and a label smoothing of 0..1.");
        }
    }
}

/// <summary>How the learning rate changes in training.</summary>
public enum LearningRateSchedule
{
    /// <summary>Rises linearly over the first 20 % of the steps, then falls linearly to zero (Smith, 2018, "super-convergence").</summary>
    OneCycle,

    /// <summary>Falls along half a cosine from the peak to zero (Loshchilov and Hutter, ICLR 2017).</summary>
    Cosine,

    /// <summary>Is multiplied by <see cref="TrainingOptions.StepFactor"/> every <see cref="TrainingOptions.StepEpochs"/> epochs.</summary>
    Step,
}

/// <summary>How gradients become steps.</summary>
public enum OptimizerKind
{
    /// <summary>Stochastic gradient descent with Nesterov momentum.</summary>
    Sgd,

    /// <summary>Orthogonalised momentum for the weights of convolutions (Jordan et al., "Muon", 2024), gradient descent for the rest.</summary>
    Muon,
}
