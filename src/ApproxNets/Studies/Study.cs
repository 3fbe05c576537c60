using System.Globalization;
using ApproxNets.Data;
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Studies;

/// <summary>
/// One network on one data set through all stages of the method. Every stage starts from the one before and is loaded
/// when it was finished earlier, so the notebooks can be run in any order and one at a time.
/// </summary>
public sealed class Study
{
    private readonly StageStore _store;
    private readonly Signedness _scheme;
    private readonly Lazy<(ApproxModel Model, string Key)?> _teacher;

    /// <summary>Makes a study.</summary>
    /// <param name="data">The images.</param>
    /// <param name="recipe">Sizes and settings.</param>
    /// <param name="scheme">Signed or unsigned codes.</param>
    /// <param name="store">Keeps finished stages.</param>
    public Study(ImageDataset data, StudyRecipe recipe, Signedness scheme, StageStore store)
    {
        (Data, Recipe, _scheme, _store) = (data, recipe, scheme, store);
        _teacher = new(Teacher, LazyThreadSafetyMode.PublicationOnly); // one that was stopped is asked again
    }

    /// <summary>The images.</summary>
    public ImageDataset Data { get; }

    /// <summary>Sizes and settings.</summary>
    public StudyRecipe Recipe { get; }

    /// <summary>Told after every batch of every training.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Stops trainings and measurements between two batches.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Trains the float baseline. The model's layers are converted already and in float.</summary>
    public (ApproxModel Model, Stage<TrainingRecord> Stage) Float()
    {
        var images = Data.Training;
        var network = Networks.Create(Recipe.Network, Data.Classes.Count, images.Channels, images.Height, Recipe.Float.Seed);
        var quantization = Recipe.ClippedRanges ? QuantizationOptions.Clipped(_scheme) : new QuantizationOptions(_scheme);
        var model = ApproxModel.Convert(network, quantization, images.Channels, images.Height, images.Width);
        var settings = new { network = Recipe.Network, data = Data.Sha256, images = images.Count, options = Recipe.Float };
        bool taught = Recipe.Teacher != Recipe.Network;
        var stage = _store.Run(
            $"float-{Recipe.Network}-{Data.Name}", taught ? WithTeacher(settings) : settings, network,
            resume => Trained(network, Recipe.Float, resume, taught));
        network.eval();
        return (model, stage);
    }

    /// <summary>Trains the float baseline with quantisation.</summary>
    public (ApproxModel Model, Stage<TrainingRecord> Stage) Quantized()
    {
        var (model, parent) = Float();
        model.UseQuantized();
        var stage = _store.Run(
            $"qat-{Suffix}",
            WithTeacher(new
            {
                parent = parent.Key,
                scheme = _scheme + (Recipe.ClippedRanges ? ", clipped" : ""),
                options = Recipe.Quantized,
            }),
            model.Network,
            resume => Trained(model.Network, Recipe.Quantized, resume));
        model.Network.eval();
        return (model, stage);
    }

    /// <summary>Searches the noise that the quantised model tolerates.</summary>
    /// <param name="options">Reward and bounds; those of the recipe if left out.</param>
    public (ApproxModel Model, Stage<AgnResult> Stage) Searched(AgnOptions? options = null)
    {
        options ??= Recipe.Agn;
        var (model, parent) = Quantized();
        var stage = _store.Run(
            $"agn-{Suffix}",
            new { parent = parent.Key, agn = options, options = Recipe.AgnTraining },
            model.Network,
            resume => AgnSearch.Run(model, Data, options, Recipe.AgnTraining, resume, Progress, Cancellation));
        model.Network.eval();
        return (model, stage);
    }

    /// <summary>Retrains a model under an assignment.</summary>
    /// <param name="model">The model of <see cref="Searched"/> or <see cref="Quantized"/>; changed in place.</param>
    /// <param name="parent">The key of its stage.</param>
    /// <param name="assignment">One multiplier per layer.</param>
    /// <param name="options">Settings; those of the recipe if left out.</param>
    /// <param name="gradient">Gradient of the products.</param>
    public Stage<TrainingRecord> Retrain(
        ApproxModel model,
        string parent,
        Assignment assignment,
        TrainingOptions? options = null,
        GradientKind gradient = GradientKind.StraightThrough)
    {
        options ??= Recipe.Retraining;
        model.Use(assignment, gradient);
        var stage = _store.Run(
            $"retrained-{Suffix}",
            new { parent, assignment = Describe(assignment), options, gradient = gradient.ToString() },
            model.Network,
            resume => Trained(model.Network, options, resume));
        model.Network.eval();
        return stage;
    }

    /// <summary>Trains the quantised model for longer, with exact products.</summary>
    /// <param name="options">Settings.</param>
    public (ApproxModel Model, Stage<TrainingRecord> Stage) TrainedExactly(TrainingOptions options)
    {
        var (model, parent) = Quantized();
        var stage = _store.Run(
            $"exact-{Suffix}",
            new { parent = parent.Key, options },
            model.Network,
            resume => Trained(model.Network, options, resume));
        model.Network.eval();
        return (model, stage);
    }

    /// <summary>Trains the quantised model for longer under noise of given scales; as the AGN search, without the teacher.</summary>
    /// <param name="sigmas">Noise scale of every layer, a share of std(y_l). Four digits count: the ones behind depend on the machine, and
    /// the stage should be found on another.</param>
    /// <param name="options">Settings.</param>
    public (ApproxModel Model, Stage<TrainingRecord> Stage) TrainedUnderNoise(IReadOnlyList<double> sigmas, TrainingOptions options)
    {
        var (model, parent) = Quantized();
        sigmas = [.. sigmas.Select(s => double.Parse(s.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))];
        var stage = _store.Run(
            $"noise-{Suffix}",
            new { parent = parent.Key, sigmas, options },
            model.Network,
            resume => AgnSearch.TrainUnderNoise(model, Data, sigmas, options, resume, Progress, Cancellation));
        model.Network.eval();
        return (model, stage);
    }

    /// <summary>
    /// Searches assignments of the quantised model by measured accuracy on validation images, without retraining. Only multipliers of the
    /// library's Pareto front of power and mean absolute error take part.
    /// </summary>
    /// <param name="method">"greedy", "nsga2" or "random".</param>
    /// <param name="library">The multipliers.</param>
    /// <param name="budget">Measurements of accuracy at most.</param>
    /// <param name="images">Validation images of one measurement.</param>
    /// <param name="progress">Told after every measurement.</param>
    /// <exception cref="ArgumentException">The method is unknown.</exception>
    public SearchRecord Search(
        string method, MultiplierLibrary library, int budget, int images, IProgress<SearchProgress>? progress = null)
    {
        var (model, parent) = Quantized();
        var best = ParetoFront.Of(library.Multipliers).ToHashSet();
        var front = library.Where(m => m == library.Exact || best.Contains(m));
        int seed = Recipe.Float.Seed;
        images = Math.Min(images, Data.Validation.Count);
        return _store.Keep(
            $"{method}-{Suffix}",
            new { parent = parent.Key, library = front.Sha256, method, budget, images, seed },
            () =>
            {
                var some = Data.Validation.Take(images);
                double Accuracy(Assignment assignment)
                {
                    model.Use(assignment);
                    return Evaluation.Accuracy(model.Network, some, Data.Statistics, cancellation: Cancellation);
                }

                var problem = new AssignmentProblem(model.Opcounts, front, Accuracy);
                double exact = Accuracy(Assignment.Uniform(front.Exact, model.Layers.Count));
                var result = method switch
                {
                    "greedy" => GreedySearch.Run(problem, budget, remeasureAll: false, progress: progress, cancellation: Cancellation),
                    "nsga2" => Nsga2Search.Run(problem, new Nsga2Options(Math.Clamp(budget / 4, 4, 50)), budget, seed, progress, Cancellation),
                    "random" => RandomSearch.Run(problem, budget, seed, progress, Cancellation),
                    _ => throw new ArgumentException($"Search: found the method '{method}', expected greedy, nsga2 or random.", nameof(method)),
                };
                return SearchRecord.Of(result, exact);
            });
    }

    /// <summary>Fine-tunes a searched model for several operating points; the first is in force then.</summary>
    /// <param name="points">The operating points; their model is changed in place.</param>
    /// <param name="parent">The key of the stage the model is from.</param>
    /// <param name="normOnly">Trains batch normalisation only.</param>
    public Stage<TrainingRecord> FineTune(OperatingPoints points, string parent, bool normOnly = false)
    {
        var stage = _store.Run(
            $"points-{Suffix}",
            new { parent, points = points.Assignments.Select(Describe), normOnly, options = Recipe.FineTuning },
            points.Model.Network,
            resume => OperatingPointTraining.Train(points, Data, Recipe.FineTuning, normOnly, resume, Progress, Cancellation));
        points.Switch(0);
        points.Model.Network.eval();
        return stage;
    }

    /// <summary>Computes the accuracy on the test images, 0..1, in the model's current arithmetic.</summary>
    public double TestAccuracy(Module<Tensor, Tensor> network) =>
        Evaluation.Accuracy(network, Data.Test, Data.Statistics, cancellation: Cancellation);

    /// <summary>Predicts or measures the errors of all layers and multipliers on validation images.</summary>
    /// <param name="model">The model; its arithmetics are restored.</param>
    /// <param name="library">The multipliers.</param>
    /// <param name="errorModel">How; the multi-distribution model if left out.</param>
    public ErrorTable Errors(ApproxModel model, MultiplierLibrary library, IErrorModel? errorModel = null) => ErrorTable.Of(
        LayerSampling.Take(model, Data.Validation.Take(Recipe.SampleImages), Data.Statistics, seed: Recipe.Float.Seed),
        library, errorModel ?? new MultiDistributionErrorModel(), Cancellation);

    /// <summary>Trains on the labels, and on the teacher's answers where there is one.</summary>
    private TrainingRecord Trained(Module<Tensor, Tensor> network, TrainingOptions options, string resume, bool taught = true)
    {
        var step = taught && _teacher.Value is var (teacher, _)
            ? Recipe.Distillation.Step(network, teacher, options.Precision, options.LabelSmoothing)
            : null;
        return Trainer.Train(network, Data, options, step, resumeFile: resume, progress: Progress, cancellation: Cancellation);
    }

    /// <summary>Adds the teacher, if there is one, to what a stage depends on. Stages after QAT depend on QAT's.</summary>
    private object WithTeacher(object settings) => _teacher.Value is var (_, key)
        ? new { student = settings, teacher = key, Recipe.Distillation }
        : settings;

    private (ApproxModel Model, string Key)? Teacher()
    {
        if (Recipe.Teacher is not { } name)
        {
            return null;
        }

        var recipe = name == Recipe.Network ? Recipe with { Teacher = null } : StudyRecipe.For(Recipe.Name, 1, name);
        var study = new Study(Data, recipe, _scheme, _store) { Progress = Progress, Cancellation = Cancellation };
        var (model, stage) = study.Float();
        return (model, stage.Key);
    }

    private string Suffix => $"{Recipe.Network}-{Data.Name}-{_scheme}".ToLowerInvariant();

    // Two libraries may use one name for two circuits, so the tables count, too.
    private static string[] Describe(Assignment assignment) => [.. assignment.Multipliers.Select(m => $"{m.Name}:{m.TableHash}")];
}
