using ApproxNets.Data;
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

    /// <summary>Makes a study.</summary>
    /// <param name="data">The images.</param>
    /// <param name="recipe">Sizes and settings.</param>
    /// <param name="scheme">Signed or unsigned codes.</param>
    /// <param name="store">Keeps finished stages.</param>
    public Study(ImageDataset data, StudyRecipe recipe, Signedness scheme, StageStore store) =>
        (Data, Recipe, _scheme, _store) = (data, recipe, scheme, store);

    /// <summary>The images.</summary>
    public ImageDataset Data { get; }

    /// <summary>Sizes and settings.</summary>
    public StudyRecipe Recipe { get; }

    /// <summary>Told after every batch of every training.</summary>
    public IProgress<TrainingProgress>? Progress { get; init; }

    /// <summary>Stops trainings and measurements between two batches.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Trains the float baseline. The model's layers are converted already and in <see cref="LayerMode.Float"/>.</summary>
    public (ApproxModel Model, Stage<TrainingRecord> Stage) Float()
    {
        var images = Data.Training;
        var network = Networks.Create(Recipe.Network, Data.Classes.Count, images.Channels, images.Height, Recipe.Float.Seed);
        var model = ApproxModel.Convert(network, new QuantizationOptions(_scheme), images.Channels, images.Height, images.Width);
        var stage = _store.Run(
            $"float-{Recipe.Network}-{Data.Name}",
            new { network = Recipe.Network, data = Data.Sha256, images = images.Count, options = Recipe.Float },
            network,
            resume => Trainer.Train(network, Data, Recipe.Float, resumeFile: resume, progress: Progress, cancellation: Cancellation));
        network.eval();
        return (model, stage);
    }

    /// <summary>Trains the float baseline with quantisation.</summary>
    public (ApproxModel Model, Stage<TrainingRecord> Stage) Quantized()
    {
        var (model, parent) = Float();
        model.SetMode(LayerMode.Quantized);
        var stage = _store.Run(
            $"qat-{Suffix}",
            new { parent = parent.Key, scheme = _scheme.ToString(), options = Recipe.Quantized },
            model.Network,
            resume => Trainer.Train(
                model.Network, Data, Recipe.Quantized, resumeFile: resume, progress: Progress, cancellation: Cancellation));
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

    /// <summary>Retrains a searched model under an assignment.</summary>
    /// <param name="model">The model of <see cref="Searched"/>; changed in place.</param>
    /// <param name="parent">The key of its stage.</param>
    /// <param name="assignment">One multiplier per layer.</param>
    public Stage<TrainingRecord> Retrain(ApproxModel model, string parent, Assignment assignment)
    {
        model.Assign(assignment);
        var stage = _store.Run(
            $"retrained-{Suffix}",
            new { parent, assignment = Describe(assignment), options = Recipe.Retraining },
            model.Network,
            resume => Trainer.Train(
                model.Network, Data, Recipe.Retraining, resumeFile: resume, progress: Progress, cancellation: Cancellation));
        model.Network.eval();
        return stage;
    }

    /// <summary>Fine-tunes a searched model for several operating points.</summary>
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
        points.Model.Network.eval();
        return stage;
    }

    /// <summary>Computes the accuracy on the test images, 0..1, in the model's current modes.</summary>
    public double TestAccuracy(Module<Tensor, Tensor> network) =>
        Evaluation.Accuracy(network, Data.Test, Data.Statistics, cancellation: Cancellation);

    private string Suffix => $"{Recipe.Network}-{Data.Name}-{_scheme}".ToLowerInvariant();

    // Two libraries may use one name for two circuits, so the tables count, too.
    private static string[] Describe(Assignment assignment) => [.. assignment.Multipliers.Select(m => $"{m.Name}:{m.TableHash}")];
}
