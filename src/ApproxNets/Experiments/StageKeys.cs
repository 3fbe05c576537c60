using ApproxNets.Foundation;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using ApproxNets.Search;
using ApproxNets.Training;

namespace ApproxNets.Experiments;

/// <summary>
/// What every stage of an experiment depends on. Who changes an algorithm such that it gives other results raises its version here; the
/// checkpoints of the older version are then no longer found.
/// </summary>
internal static class StageKeys
{
    // Those of "assignment", "errors" and "subset" are of no stage, but of results that are computed from stages.
    private static readonly (string Algorithm, int Version)[] Versions =
    [
        ("float", 1), ("qat", 1), ("agn", 1), ("retrained", 1), ("exact", 1), ("noise", 1), ("points", 1), ("search", 1), ("assignment", 1), ("errors", 1), ("subset", 1),
    ];

    /// <summary>Every algorithm with its version, for results that many of them lead to.</summary>
    public static string All => string.Join(' ', Versions.Select(v => FormattableString.Invariant($"{v.Algorithm}:{v.Version}")));

    public static Fingerprint Float(Experiment experiment, string? startSha256, string? teacher)
    {
        var key = New("float").Add(Images(experiment)).Add(experiment.Recipe.Float.AddTo).Add(Taught(experiment, teacher));
        return startSha256 is null ? key : key.Add("from", startSha256);
    }

    public static Fingerprint Quantized(Experiment experiment, Stage from, string? teacher) =>
        New("qat").Add(Start(experiment, from)).Add(experiment.Recipe.Quantized.AddTo).Add(Taught(experiment, teacher));

    public static Fingerprint Searched(Experiment experiment, Stage from, AgnOptions agn) =>
        New("agn").Add(Start(experiment, from)).Add(agn.AddTo).Add(experiment.Recipe.AgnTraining.AddTo);

    public static Fingerprint Retrained(
        Experiment experiment, Stage from, IEnumerable<string> multipliers, TrainingOptions options, GradientKind gradient, string? teacher) =>
        New("retrained").Add(Start(experiment, from)).Add("multipliers", string.Join(' ', multipliers)).Add("gradient", gradient switch
        {
            GradientKind.StraightThrough => "straight-through",
            GradientKind.Difference => "difference",
            _ => throw new ArgumentException($"Retraining: found the gradient {gradient}, expected a known one."),
        }).Add(options.AddTo).Add(Taught(experiment, teacher));

    /// <summary>Names every multiplier with its table, and its scale unless that is 1: two libraries may use one name for two circuits, and
    /// a circuit has a table of its own for every layer whose weights are tuned.</summary>
    public static IEnumerable<string> Describe(Assignment assignment) => assignment.Multipliers.Select(m =>
        $"{m.Name}:{m.TableHash}" + (m.Scale == 1 ? "" : FormattableString.Invariant($":{m.Scale:R}")));

    public static Fingerprint Exact(Experiment experiment, Stage from, TrainingOptions options, string? teacher) =>
        New("exact").Add(Start(experiment, from)).Add(options.AddTo).Add(Taught(experiment, teacher));

    public static Fingerprint Noise(Experiment experiment, Stage from, IReadOnlyList<double> sigmas, TrainingOptions options) =>
        New("noise").Add(Start(experiment, from)).Add("sigmas", sigmas).Add(options.AddTo);

    public static Fingerprint Points(Experiment experiment, Stage from, IReadOnlyList<Assignment> assignments, FineTuning variant)
    {
        var key = New("points").Add(Start(experiment, from)).Add("trains", variant switch
        {
            FineTuning.Joint or FineTuning.Taught => "all",
            FineTuning.NormOnly => "norms",
            FineTuning.Statistics => "statistics",
            _ => throw new ArgumentException($"Fine-tuning: found the variant '{variant.Word()}', expected one that trains shared weights."),
        });
        foreach (var assignment in assignments)
        {
            key.Add("multipliers", string.Join(' ', Describe(assignment)));
        }

        return key.Add(experiment.Recipe.FineTuning.AddTo).Add(Taught(experiment, variant == FineTuning.Taught ? from.WeightsSha256 : null));
    }

    public static Fingerprint Search(Experiment experiment, Stage from, string method, AssignmentContext context, int images) =>
        New("search").Add(Start(experiment, from)).Add("library", context.Library.Sha256).Add("method", method)
            .Add("budget", context.Budget).Add("loss", context.Loss).Add("measured-images", images).Add("seed", context.Seed).Add(key =>
            {
                if (experiment.Recipe.TunedWeights)
                {
                    key.Add("weights", "tuned 1");
                }
            });

    private static Fingerprint New(string stage) => new(stage, Versions.Single(v => v.Algorithm == stage).Version);

    private static Action<Fingerprint> Images(Experiment experiment) => key => key
        .Add("network", experiment.Recipe.Network).Add("data", experiment.Data.Sha256).Add("images", experiment.Data.Training.Count);

    /// <summary>Images and codes of a stage, and the weights it starts from.</summary>
    private static Action<Fingerprint> Start(Experiment experiment, Stage from) => key =>
    {
        var options = experiment.Recipe.Quantization(experiment.Scheme);
        key.Add(Images(experiment)).Add("scheme", experiment.Scheme.Word()).Add("ranges", options.Observer switch
        {
            ObserverKind.MovingAverage => "moving-average",
            ObserverKind.Histogram => FormattableString.Invariant($"quantile {options.Quantile:R}"),
            _ => throw new ArgumentException($"Experiment: found the observer {options.Observer}, expected a known one."),
        }).Add("weight-scales", options.PerChannelWeights ? "channel" : "layer").Add("from", from.WeightsSha256);
    };

    /// <summary>Who teaches: the hash of a network's weights or of its answers.</summary>
    private static Action<Fingerprint> Taught(Experiment experiment, string? teacher) => key =>
    {
        if (teacher is not null)
        {
            key.Add("teacher", teacher).Add("distillation-weight", experiment.Recipe.Distillation.Weight)
                .Add("distillation-temperature", experiment.Recipe.Distillation.Temperature);
        }
    };
}
