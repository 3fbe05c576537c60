using System.Globalization;
using ApproxNets.Data;
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Search.Baselines;
using ApproxNets.Training;

namespace ApproxNets.Experiments;

/// <summary>A model of an experiment in the state of one of its stages.</summary>
/// <typeparam name="T">Type of what the stage gave.</typeparam>
/// <param name="Model">A model of the caller's own: no other result changes with it.</param>
/// <param name="Stage">The stage.</param>
public sealed record Trained<T>(ApproxModel Model, Stage<T> Stage)
{
    /// <summary>What the stage gave besides the weights.</summary>
    public T Result => Stage.Result;
}

/// <summary>
/// One network, one data set and one library of multipliers, through all stages of the method: the way in. Every stage starts from the one
/// before and is loaded when it was finished earlier, so the calls can come in any order.
/// </summary>
/// <remarks>
/// A stage builds its network itself and loads the weights of the stage it starts from. So it never depends on what a caller did to a model
/// that it was handed before, and its key says all there is to say.
/// </remarks>
public sealed class Experiment
{
    private readonly StageStore _store;
    private readonly Lazy<Teacher?> _teacher;

    /// <summary>Makes an experiment of its parts; <see cref="Open"/> finds them by name.</summary>
    /// <param name="data">The images.</param>
    /// <param name="recipe">Sizes and settings.</param>
    /// <param name="library">The multipliers; their signedness is that of the operands.</param>
    /// <param name="store">Keeps finished stages.</param>
    public Experiment(ImageDataset data, Recipe recipe, MultiplierLibrary library, StageStore store)
    {
        (Data, Recipe, Library, _store) = (data, recipe, library, store);
        _teacher = new(FindTeacher, LazyThreadSafetyMode.PublicationOnly); // a teacher whose training was stopped is asked again
    }

    /// <summary>Every algorithm with its version, as "name:version name:version": results of other versions may differ.</summary>
    public static string Algorithms => StageKeys.All;

    /// <summary>The images.</summary>
    public ImageDataset Data { get; }

    /// <summary>Sizes and settings.</summary>
    public Recipe Recipe { get; }

    /// <summary>The multipliers.</summary>
    public MultiplierLibrary Library { get; }

    /// <summary>Signedness of the operands.</summary>
    public Signedness Scheme => Library.Signedness;

    /// <summary>Receives a report after every batch of every training.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Stops trainings and measurements between two batches.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Opens an experiment of this repository by names.</summary>
    /// <param name="dataset">A name of <see cref="Datasets.Names"/>.</param>
    /// <param name="network">A name of <see cref="Networks.Names"/>.</param>
    /// <param name="library">"built-in", "shipped", or the name of a folder of product tables such as "evoapprox8".</param>
    /// <param name="scheme">"signed" or "unsigned" operands.</param>
    /// <param name="profile">"quick" (minutes), "full" (hours) or "smoke" (seconds, learns nothing).</param>
    /// <param name="seed">Seed of every stage.</param>
    /// <param name="lambda">Weight of the reward for noise; that of the recipe if null.</param>
    /// <param name="retrain">Begins anew, beside the stages and shipped checkpoints there are.</param>
    /// <param name="progress">Receives a report after every batch of every training.</param>
    /// <param name="cancellation">Stops trainings and measurements between two batches.</param>
    /// <param name="tuned">Tunes the weights of every layer (<see cref="Recipe.TunedWeights"/>).</param>
    /// <exception cref="ArgumentException">A name is unknown.</exception>
    /// <exception cref="DirectoryNotFoundException">The data set or the library is not on this machine.</exception>
    /// <exception cref="InvalidDataException">A file of theirs is not what it should be.</exception>
    public static Experiment Open(
        string dataset = "shapes", string network = "resnet8", string library = "built-in", string scheme = "signed", string profile = "quick",
        int seed = 1, double? lambda = null, bool retrain = false, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default,
        bool tuned = false)
    {
        var recipe = Recipe.For(profile, network, seed, dataset) with { TunedWeights = tuned };
        if (lambda is { } weight)
        {
            recipe = recipe with { Agn = recipe.Agn with { Lambda = weight } };
        }

        var multipliers = MultiplierLibrary.Open(library, SignednessNames.Parse(scheme));
        return new Experiment(Datasets.Load(dataset, seed, recipe.Images, Decoding(dataset, progress), cancellation), recipe, multipliers, StageStore.OfRepository(retrain, cancellation: cancellation))
        {
            Progress = progress,
            Cancellation = cancellation,
        };
    }

    /// <summary>Reports decoded images where trainings are reported: they have no loss and no accuracy.</summary>
    private static IProgress<DecodingProgress>? Decoding(string dataset, IProgress<TrainingProgress>? progress) => progress is null ? null : new Decoded(p =>
    {
        double rate = p.Images / p.Elapsed.TotalSeconds;
        progress.Report(new($"decoding {dataset}", 1, 1, p.Images, p.Total, 0, 0, null, rate, p.Elapsed, TimeSpan.FromSeconds((p.Total - p.Images) / rate)));
    });

    /// <summary>Makes the same experiment with other settings; stages that do not depend on them are shared.</summary>
    /// <param name="recipe">The settings.</param>
    public Experiment With(Recipe recipe) => new(Data, recipe, Library, _store) { Progress = Progress, Cancellation = Cancellation };

    /// <summary>Trains the float baseline. Its layers are converted already and compute in float.</summary>
    public Trained<TrainingRecord> Float()
    {
        var model = NewModel();
        string? start = null;
        if (Recipe.Pretrained)
        {
            ImageNetResNet18.Load(model.Network);
            start = Checkpoint.Sha256(model.Network.state_dict());
        }

        var teacher = Recipe.Teacher == Recipe.Network ? null : _teacher.Value;
        var stage = _store.Run(
            $"float-{Recipe.Network}-{Data.Name}", StageKeys.Float(this, start, teacher?.Sha256), model.Network,
            resume => Train(model, Recipe.Float, teacher, resume));
        model.Network.eval();
        return new(model, stage);
    }

    /// <summary>Trains the float baseline with quantisation.</summary>
    public Trained<TrainingRecord> Quantized()
    {
        var start = Float();
        var model = start.Model;
        model.UseQuantized();
        return Run("qat", StageKeys.Quantized(this, start.Stage, _teacher.Value?.Sha256), model, resume => Train(model, Recipe.Quantized, _teacher.Value, resume));
    }

    /// <summary>Searches the noise that the quantised model tolerates.</summary>
    /// <param name="options">Reward and bounds; those of the recipe if null.</param>
    public Trained<AgnResult> Searched(AgnOptions? options = null)
    {
        options ??= Recipe.Agn;
        var start = Quantized();
        return Run(
            "agn", StageKeys.Searched(this, start.Stage, options), start.Model,
            resume => AgnSearch.Run(start.Model, Data, options, Recipe.AgnTraining, Running(resume)));
    }

    /// <summary>Retrains the network of a stage under an assignment.</summary>
    /// <param name="from">The stage whose weights it starts from, such as that of <see cref="Searched"/> or <see cref="Quantized"/>.</param>
    /// <param name="assignment">One multiplier per layer.</param>
    /// <param name="options">Settings; those of the recipe if null.</param>
    /// <param name="gradient">Gradient of the products.</param>
    /// <exception cref="TrainingDivergedException">The loss is not finite any more.</exception>
    public Trained<TrainingRecord> Retrained(
        Stage from, Assignment assignment, TrainingOptions? options = null, GradientKind gradient = GradientKind.StraightThrough)
    {
        options ??= Recipe.Retraining;
        var model = Load(from);
        assignment = Tuned(model, assignment);
        model.Use(assignment, gradient);
        return Run(
            "retrained", StageKeys.Retrained(this, from, StageKeys.Describe(assignment), options, gradient, _teacher.Value?.Sha256), model,
            resume => Train(model, options, _teacher.Value, resume));
    }

    /// <summary>Trains the quantised model for longer, with exact products.</summary>
    /// <param name="options">Settings.</param>
    public Trained<TrainingRecord> TrainedExactly(TrainingOptions options)
    {
        var start = Quantized();
        return Run(
            "exact", StageKeys.Exact(this, start.Stage, options, _teacher.Value?.Sha256), start.Model,
            resume => Train(start.Model, options, _teacher.Value, resume));
    }

    /// <summary>Trains the quantised model for longer under noise of given scales; as the AGN search, without the teacher.</summary>
    /// <param name="sigmas">Noise scale of every layer, a share of std(y_l). Four digits count: the ones behind depend on the machine, and
    /// the stage should be found on another.</param>
    /// <param name="options">Settings.</param>
    public Trained<TrainingRecord> TrainedUnderNoise(IReadOnlyList<double> sigmas, TrainingOptions options)
    {
        var start = Quantized();
        sigmas = [.. sigmas.Select(s => double.Parse(s.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))];
        return Run(
            "noise", StageKeys.Noise(this, start.Stage, sigmas, options), start.Model,
            resume => AgnSearch.TrainUnderNoise(start.Model, Data, sigmas, options, Running(resume)));
    }

    /// <summary>Fine-tunes the network of a stage for several operating points that share weights. The first point is in force then.</summary>
    /// <param name="from">The stage whose weights it starts from.</param>
    /// <param name="assignments">One assignment per operating point.</param>
    /// <param name="variant">What is trained; not <see cref="FineTuning.Separate"/>, which <see cref="PointModels"/> has. Of
    /// <see cref="FineTuning.None"/> the stage is <paramref name="from"/>.</param>
    /// <exception cref="ArgumentException">An assignment does not fit the network, or the variant does not.</exception>
    public (QosNet Net, Stage<TrainingRecord> Stage) FineTuned(
        Stage from, IReadOnlyList<Assignment> assignments, FineTuning variant = FineTuning.Joint)
    {
        var net = Points(from, assignments);
        if (variant == FineTuning.None)
        {
            return (net, new Stage<TrainingRecord>(new([]), from.Name, from.WeightsSha256, from.File, from.Loaded));
        }

        using var teacher = variant == FineTuning.Taught ? Load(from) : null;
        var tuned = Run(
            "points", StageKeys.Points(this, from, net.Assignments, variant), net.Model,
            resume => OperatingPointTraining.Train(net, Data, Recipe.FineTuning, variant, Running(resume), teacher, Recipe.Distillation));
        net.SwitchTo(0);
        return (net, tuned.Stage);
    }

    /// <summary>Gives the network of a stage several operating points, without any training.</summary>
    /// <param name="from">The stage whose weights it has.</param>
    /// <param name="assignments">One assignment per operating point.</param>
    /// <exception cref="ArgumentException">An assignment does not fit the network.</exception>
    public QosNet Points(Stage from, IReadOnlyList<Assignment> assignments)
    {
        var model = Load(from);
        return new(model, Tuning(model) is { } tuning ? [.. assignments.Select(tuning.Of)] : assignments);
    }

    /// <summary>The network at every operating point, of any variant of fine-tuning, to be measured one after the other: the next point
    /// takes the place of the one before where they share weights.</summary>
    /// <param name="from">The stage whose weights it starts from.</param>
    /// <param name="assignments">One assignment per operating point.</param>
    /// <param name="variant">What is trained, with the settings of <see cref="Recipe.FineTuning"/>.</param>
    /// <exception cref="ArgumentException">An assignment does not fit the network, or the variant does not.</exception>
    public IEnumerable<ApproxModel> PointModels(Stage from, IReadOnlyList<Assignment> assignments, FineTuning variant)
    {
        if (variant == FineTuning.Separate)
        {
            // By the loss of the other variants, which have no teacher but the one of their own.
            var alone = With(Recipe with { Teacher = null, TeacherViews = 0 });
            foreach (var assignment in assignments)
            {
                yield return alone.Retrained(from, assignment, Recipe.FineTuning).Model;
            }

            yield break;
        }

        var (net, _) = FineTuned(from, assignments, variant);
        for (int i = 0; i < assignments.Count; i++)
        {
            net.SwitchTo(i);
            yield return net.Model;
        }
    }

    /// <summary>Makes a model with the weights of a stage, with the layers of quantised codes.</summary>
    /// <exception cref="InvalidDataException">The stage's file was changed, or it is of another network.</exception>
    public ApproxModel Load(Stage from)
    {
        var model = NewModel();
        Checkpoint.Load(from.File, model.Network, new(Checkpoint.WeightsSha256, from.WeightsSha256));
        model.UseQuantized();
        model.Network.eval();
        return model;
    }

    /// <summary>Computes the accuracy on the test images, 0..1, as the model is set now.</summary>
    public double TestAccuracy(ApproxModel model) => Evaluation.Accuracy(model.Network, Data.Test, Data.Statistics, cancellation: Cancellation);

    /// <summary>Computes the accuracies on the test images as the model is set now: top-1, and top-5 where there are more than 100 classes.</summary>
    public TopAccuracy TestTopAccuracy(ApproxModel model) =>
        Evaluation.TopAccuracy(model.Network, Data.Test, Data.Statistics, Data.Classes.Count > 100 ? 5 : 1, cancellation: Cancellation);

    /// <summary>Predicts the errors of all layers under all multipliers of the library, for a model on validation images.</summary>
    /// <param name="model">The model; its arithmetics are restored.</param>
    /// <param name="errorModel">How; the multi-distribution model if null. <see cref="BehaviouralErrorModel"/> measures them.</param>
    public ErrorTable Errors(ApproxModel model, IErrorModel? errorModel = null) =>
        ErrorTable.Of(Samples(model), Library, errorModel ?? new MultiDistributionErrorModel(), Cancellation, Tuning(model));

    /// <summary>The weight tuning for a model's operands on validation images; null where the recipe tunes no weights. Stages apply it
    /// themselves, to multipliers that are not tuned already; whoever puts an assignment into a model calls <see cref="Tuned"/>.</summary>
    /// <param name="model">The model; its arithmetics are restored.</param>
    public WeightTuning? Tuning(ApproxModel model) => Recipe.TunedWeights ? new(Samples(model)) : null;

    /// <summary>What the layers of a model compute with under an assignment: its multipliers, tuned where the recipe tunes weights.</summary>
    /// <param name="model">The model; its arithmetics are restored.</param>
    /// <param name="assignment">One multiplier per layer.</param>
    public Assignment Tuned(ApproxModel model, Assignment assignment) => Tuning(model)?.Of(assignment) ?? assignment;

    /// <summary>Takes the operands of all layers on validation images.</summary>
    /// <param name="model">The model; its arithmetics are restored.</param>
    public IReadOnlyList<LayerSample> Samples(ApproxModel model) =>
        LayerSampling.Take(model, Data.Validation.Take(Recipe.SampleImages), Data.Statistics, seed: Recipe.Float.Seed);

    /// <summary>
    /// Assigns multipliers by several methods and retrains each assignment, all for the same number of epochs. Finished trainings and the
    /// library's own searches by measured accuracy are kept.
    /// </summary>
    /// <param name="methods">The methods, of <see cref="AssignmentMethods"/> or your own; those of the options if null.</param>
    /// <param name="options">Which assignments each makes; those of the recipe if null.</param>
    /// <param name="progress">Receives a report after every measurement of a search.</param>
    /// <returns>The results, one by one as they are there.</returns>
    /// <exception cref="ArgumentException">A method is unknown, or one that matches another's savings comes first.</exception>
    /// <exception cref="OperationCanceledException">The experiment was cancelled; finished stages are kept.</exception>
    public IEnumerable<AssignmentResult> Compare(
        IReadOnlyList<AssignmentMethod>? methods = null, ComparisonOptions? options = null, IProgress<SearchProgress>? progress = null)
    {
        options ??= Recipe.Comparison;
        return new MethodComparison(this, options, progress).Run(methods ?? [.. options.Methods.Select(AssignmentMethods.Named)]);
    }

    /// <summary>Keeps the result of a search that changes no network, or reads it.</summary>
    internal T Keep<T>(string name, Foundation.Fingerprint key, Func<T> compute) => _store.Keep($"{name}-{Place}", key, compute);

    private string Place => $"{Recipe.Network}-{Data.Name}-{Scheme.Word()}";

    private ApproxModel NewModel()
    {
        var images = Data.Training;
        var network = Networks.Create(Recipe.Network, Data.Classes.Count, Recipe.Float.Seed, images.Channels, images.Height);
        return ApproxModel.Convert(network, Recipe.Quantization(Scheme), images.Channels, images.Height, images.Width);
    }

    private Trained<T> Run<T>(string name, Foundation.Fingerprint key, ApproxModel model, Func<string, T> run)
    {
        var stage = _store.Run($"{name}-{Place}", key, model.Network, run);
        model.Network.eval();
        return new(model, stage);
    }

    private TrainingRun Running(string resume) => new() { ResumeFile = resume, Progress = Progress, Cancellation = Cancellation };

    /// <summary>Trains on the labels, and on the teacher's answers where there is one.</summary>
    private TrainingRecord Train(ApproxModel model, TrainingOptions options, Teacher? teacher, string resume) =>
        Trainer.Train(model.Network, Data, options, teacher?.Task(model, options), Running(resume));

    private Teacher? FindTeacher()
    {
        if (Recipe.TeacherViews > 0)
        {
            var answers = Answers();
            return new(answers.Sha256, (model, options) => new TrainingTask
            {
                Step = Recipe.Distillation.Step(model.Network, answers, options.LabelSmoothing),
                Views = answers.Views,
            });
        }

        if (Recipe.Teacher is not { } name)
        {
            return null;
        }

        var recipe = Recipe.For(Recipe.Name, name, seed: 1, Data.Name) with { Teacher = null };
        recipe = name == Recipe.Network ? Recipe with { Teacher = null } : recipe;
        var (network, stage) = With(recipe).Float();
        return new(stage.WeightsSha256, (model, options) => new TrainingTask
        {
            Step = Recipe.Distillation.Step(model.Network, network, options.Precision, options.LabelSmoothing),
        });
    }

    /// <summary>The answers of the teachers; asks them if nobody did.</summary>
    private TeacherAnswers Answers()
    {
        string name = $"{string.Join('+', Recipe.Teachers)}-{Recipe.Name}-{Recipe.TeacherViews}-{Data.Name}-{Data.Sha256[..StageStore.HashDigits]}.answers";
        var kept = _store.Kept(name, path => TeacherAnswers.Read(path, Data));
        if (kept?.Views.Count == Recipe.TeacherViews)
        {
            return kept;
        }

        string file = _store.FileOf(name);
        if (kept is null && File.Exists(file))
        {
            File.Delete(file); // damaged
        }

        var teachers = Recipe.Teachers.Select(network => With(Recipe.For(Recipe.Name, network, seed: 1, Data.Name) with { Teacher = null, TeacherViews = 0 }).Float()).ToList();
        return TeacherAnswers.Ask(
            file, [.. teachers.Select(teacher => teacher.Model.Network)], Data, new ImageViews(Recipe.TeacherViews, Seed: 1),
            new Dictionary<string, string> { ["stages"] = string.Join(' ', teachers.Select(teacher => teacher.Stage.Name)) }, cancellation: Cancellation);
    }

    private sealed class Decoded(Action<DecodingProgress> report) : IProgress<DecodingProgress>
    {
        public void Report(DecodingProgress value) => report(value);
    }

    private sealed record Teacher(string Sha256, Func<ApproxModel, TrainingOptions, TrainingTask> Task);
}
