using ApproxNets.Data;
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Training;

namespace ApproxNets.Experiments;

/// <summary>Sizes and settings of all stages of an experiment.</summary>
/// <param name="Name">Name of the profile.</param>
/// <param name="Network">Name of the network, as <see cref="Networks.Create"/> knows it.</param>
/// <param name="Images">How many images of each split are used; null for all.</param>
/// <param name="Float">Training of the float baseline.</param>
/// <param name="Quantized">Quantisation-aware training.</param>
/// <param name="Agn">Reward and bounds of the AGN search.</param>
/// <param name="AgnTraining">Training of the AGN search.</param>
/// <param name="Retraining">Approximate retraining of one assignment.</param>
/// <param name="FineTuning">Fine-tuning of all operating points.</param>
/// <param name="SampleImages">Images that the error models look at.</param>
/// <param name="MonteCarloRuns">Draws of the Monte Carlo model.</param>
public sealed record Recipe(
    string Name,
    string Network,
    DatasetOptions Images,
    TrainingOptions Float,
    TrainingOptions Quantized,
    AgnOptions Agn,
    TrainingOptions AgnTraining,
    TrainingOptions Retraining,
    TrainingOptions FineTuning,
    int SampleImages,
    int MonteCarloRuns)
{
    /// <summary>Quantises with <see cref="QuantizationOptions.Clipped"/> ranges, not with extremes.</summary>
    public bool ClippedRanges { get; init; } = true;

    /// <summary>
    /// Whether layers compute with weights tuned to them (<see cref="WeightTuning"/>): in error tables, measured accuracies, retraining and
    /// operating points. Off by default: the papers, whose method this is, do without, and so did the stages and results that are
    /// shipped.
    /// </summary>
    public bool TunedWeights { get; init; }

    /// <summary>
    /// Network whose float baseline teaches float training, QAT and retraining (<see cref="Distillation"/>); none if null. It has seed 1, as a
    /// pretrained network would be the same for all. A network that is its own teacher teaches with its float baseline, QAT and retraining
    /// only. The AGN search has a loss of its own and no teacher.
    /// </summary>
    public string? Teacher { get; init; }

    /// <summary>
    /// Views of each image that <see cref="Teachers"/> answer once and for all (<see cref="TeacherAnswers"/>); 0 for <see cref="Teacher"/>, who is
    /// asked in every step.
    /// </summary>
    public int TeacherViews { get; init; }

    /// <summary>
    /// Networks of seed 1 whose answers are averaged. One that began with the weights of ImageNet and one that did not err on different images:
    /// on CIFAR-10's validation images 87.3 and 87.7 % correct alone, 91.1 % together and on both sides of an image.
    /// </summary>
    public IReadOnlyList<string> Teachers { get; init; } = ["resnet18", "resnet20"];

    /// <summary>Starts from weights of ImageNet (<see cref="ImageNetResNet18"/>), not from drawn ones.</summary>
    public bool Pretrained { get; init; }

    /// <summary>How the teacher teaches.</summary>
    public Distillation Distillation { get; init; } = new();

    /// <summary>Which assignments a comparison of methods makes.</summary>
    public required ComparisonOptions Comparison { get; init; }

    /// <summary>Retraining of the comparison of noise with the multiplier itself (<see cref="UniformComparison"/>).</summary>
    public TrainingOptions UniformRetraining => Retraining with
    {
        Stage = "uniform retraining",
        Epochs = Name == "full" ? 4 : 1,
        LearningRate = 1e-3,
        Schedule = LearningRateSchedule.Step,
        StepEpochs = 4,
    };

    /// <summary>The recipe of a profile.</summary>
    /// <param name="profile">"quick": minutes on two cores, for the shapes; "full": hours, for CIFAR-10; "smoke": seconds, shows that
    /// everything runs and learns nothing.</param>
    /// <param name="network">Name of the network.</param>
    /// <param name="seed">Seed of every stage.</param>
    /// <param name="dataset">Name of the data set. Tiny ImageNet has few images of each class, and needs longer.</param>
    /// <exception cref="ArgumentException">The profile is unknown.</exception>
    public static Recipe For(string profile, string network = "resnet8", int seed = 1, string dataset = "cifar10") => profile switch
    {
        "smoke" => new(
            profile,
            network,
            new DatasetOptions(512, 256, 256),
            new("float baseline", 1, 0.1, seed),
            new("QAT", 1, 0.02, seed),
            new AgnOptions(1, 0.1, 0.5),
            new("AGN search", 1, 0.02, seed),
            new("retraining", 1, 0.01, seed),
            new("fine-tuning", 1, 0.01, seed),
            16,
            100)
        {
            Comparison = new([1], [0.2], 6, 64) { Methods = ["agn", "exact", "uniform", "greedy"] },
        },
        "quick" => new(
            profile,
            network,
            new DatasetOptions(8_000, 1_000, 2_000),
            Fast("float baseline", 8, 0.15, seed) with { Schedule = LearningRateSchedule.OneCycle },
            Fast("QAT", 2, 0.02, seed),
            new AgnOptions(1, 0.1, 0.5),
            Fast("AGN search", 2, 0.02, seed),
            Fast("retraining", 1, 0.01, seed),
            Fast("fine-tuning", 1, 0.01, seed),
            64,
            2_000)
        {
            Comparison = new([0.3, 1], [0.05], 60, 250) { Methods = ["agn", "agn-measured", "exact", "uniform", "greedy"] },
        },
        // Few epochs at low rates, the first ones in float32: the weights of ImageNet are to stay near what they are.
        "full" when network == "resnet18" => For(profile, "resnet20", seed) with
        {
            Network = network,
            Float = Plain("float baseline", IsTinyImageNet(dataset) ? 8 : 3, 0.02, seed) with { Schedule = LearningRateSchedule.OneCycle, WeightDecay = 5e-4 },
            Quantized = Fast("QAT", 2, 0.005, seed) with { BatchSize = 64 },
            AgnTraining = Fast("AGN search", 3, 0.005, seed) with { BatchSize = 64 },
            Retraining = Fast("retraining", 3, 0.003, seed) with { BatchSize = 64 },
            FineTuning = Fast("fine-tuning", 2, 0.003, seed) with { BatchSize = 64 },
            Teacher = null,
            Pretrained = true,
        },
        // Taught by the ResNet18, from nothing: weights of ImageNet that may be handed on are not at hand for it. In float32, since filters of
        // single channels go backward slowly in bfloat16: a step took 3.7 ms an image so, and 6.7 ms in bfloat16.
        "full" when network == "mobilenetv2" && IsTinyImageNet(dataset) => For(profile, "resnet18", seed, dataset) with
        {
            Network = network,
            Float = Plain("float baseline", 40, 0.1, seed) with { Schedule = LearningRateSchedule.OneCycle, WeightDecay = 1e-4 },
            Quantized = Plain("QAT", 3, 0.01, seed),
            AgnTraining = Plain("AGN search", 3, 0.005, seed),
            Retraining = Plain("retraining", 3, 0.005, seed),
            FineTuning = Plain("fine-tuning", 2, 0.003, seed),
            Teachers = ["resnet18"],
            TeacherViews = 4,
            Pretrained = false,
        },
        "full" => new(
            profile,
            network,
            new DatasetOptions(),
            Fast("float baseline", network switch { "resnet8" => 100, "resnet32" => 60, "lenet5" => 12, _ => 36 }, 0.2, seed) with
            {
                Optimizer = OptimizerKind.Muon,
                Schedule = LearningRateSchedule.OneCycle,
                WeightDecay = 5e-4,
            },
            Fast("QAT", 4, 0.02, seed),
            new AgnOptions(0.8, 0.1, 0.5),
            Fast("AGN search", 4, 0.03, seed),
            Fast("retraining", 5, 0.02, seed),
            Fast("fine-tuning", 2, 0.01, seed),
            128,
            10_000)
        {
            // The shipped checkpoints of ResNet14 and ResNet20 are of an earlier teacher, who is asked in every step.
            Teacher = network is "resnet14" or "resnet20" ? "resnet20" : null,
            TeacherViews = network is "resnet8" or "resnet32" ? 8 : 0,
            Comparison = new([0.8, 1.5, 3], [0.1], 300, 512),
        },
        _ => throw new ArgumentException($"Recipe: found profile '{profile}', expected quick, full or smoke.", nameof(profile)),
    };

    /// <summary>How layers are quantised.</summary>
    /// <param name="scheme">Signed or unsigned codes.</param>
    public QuantizationOptions Quantization(Signedness scheme) =>
        ClippedRanges ? QuantizationOptions.Clipped(scheme) : new QuantizationOptions(scheme);

    private static bool IsTinyImageNet(string dataset) => dataset.StartsWith("tiny-imagenet", StringComparison.Ordinal);

    private static TrainingOptions Fast(string stage, int epochs, double learningRate, int seed) =>
        new(stage, epochs, learningRate, seed) { Precision = Precision.Fastest, ChannelsLast = true };

    private static TrainingOptions Plain(string stage, int epochs, double learningRate, int seed) =>
        new(stage, epochs, learningRate, seed) { BatchSize = 64, ChannelsLast = true };
}
