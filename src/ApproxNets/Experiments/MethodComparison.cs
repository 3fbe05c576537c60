using System.Diagnostics;
using System.Text.Json.Serialization;
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Search;
using ApproxNets.Search.Baselines;
using ApproxNets.Training;

namespace ApproxNets.Experiments;

/// <summary>
/// Compares ways to assign multipliers on one network and one library. All start from the same quantised network and train for the same number
/// of epochs after it: methods without an AGN search spend on retraining what the search spends on noise.
/// </summary>
internal sealed class MethodComparison(Experiment experiment, ComparisonOptions options, IProgress<SearchProgress>? progress)
{
    // Error tables and measured accuracies are those of a network, so the methods that start from it share them.
    private readonly Dictionary<(double? Lambda, bool Bias), Start> _starts = [];

    /// <summary>Makes all assignments and retrains them, one by one.</summary>
    public IEnumerable<AssignmentResult> Run(IReadOnlyList<AssignmentMethod> methods)
    {
        var first = new List<AssignmentResult>();
        foreach (var method in methods)
        {
            string? before = null;
            foreach (var (start, context) in Contexts(method, first).ToList())
            {
                var found = Assign(method, start, context);
                if (found.Names is null || string.Join(' ', found.Names) == before)
                {
                    continue; // nothing meets what was asked for, or the same again
                }

                before = string.Join(' ', found.Names);
                var assignment = new Assignment([.. found.Names.Select(name => experiment.Library[name])], context.Opcounts);
                var result = Retrained(method, start, assignment, found) with
                {
                    Target = method.Inputs.HasFlag(MethodInputs.Savings) ? context.Savings : null,
                };
                if (method == methods[0])
                {
                    first.Add(result);
                }

                yield return result;
            }
        }
    }

    /// <summary>The context of a method, once for every combination of what it reads.</summary>
    private IEnumerable<(Start Start, AssignmentContext Context)> Contexts(AssignmentMethod method, IReadOnlyList<AssignmentResult> first)
    {
        var inputs = method.Inputs;
        if (inputs.HasFlag(MethodInputs.RivalSavings) && first.Count == 0)
        {
            throw new ArgumentException(
                $"Comparison: found the method '{method.Name}' first, expected another before it, whose savings it is to match.");
        }

        IEnumerable<double?> lambdas = inputs.HasFlag(MethodInputs.Tolerances) ? options.Lambdas.Select(l => (double?)l) : [null];
        IEnumerable<double> savings = inputs.HasFlag(MethodInputs.Savings) ? options.Savings
            : inputs.HasFlag(MethodInputs.RivalSavings) ? first.Select(r => r.Savings) : [0];
        IEnumerable<double> losses = inputs.HasFlag(MethodInputs.Loss) ? options.Losses.Order() : [0];
        return from lambda in lambdas
               let start = StartOf(lambda, inputs.HasFlag(MethodInputs.Biases))
               from saving in savings
               from loss in losses
               select (start, start.Context with { Savings = saving, Loss = loss });
    }

    private Start StartOf(double? lambda, bool bias)
    {
        if (_starts.TryGetValue((lambda, bias), out var start))
        {
            return start;
        }

        if (lambda is { } weight)
        {
            var agn = experiment.Recipe.Agn;
            var searched = experiment.Searched(agn with { Lambda = weight, Bias = bias ? new AgnBias() : agn.Bias });

            var from = experiment.Quantized();
            var (stage, model) = options.KeepsSearchedWeights ? (searched.Stage, searched.Model) : ((Stage)from.Stage, from.Model);
            start = new Start(stage, lambda, searched.Result.Training, ContextOf(model) with
            {
                Tolerances = searched.Result.Sigmas,
                Biases = searched.Result.Biases,
            });
        }
        else
        {
            var quantized = experiment.Quantized();
            start = new Start(quantized.Stage, null, null, ContextOf(quantized.Model));
        }

        return _starts[(lambda, bias)] = start;
    }

    private AssignmentContext ContextOf(ApproxModel model)
    {
        var images = experiment.Data.Validation.Take(Math.Min(options.Images, experiment.Data.Validation.Count));
        var tuning = new Lazy<WeightTuning?>(() => experiment.Tuning(model));
        double Accuracy(Assignment assignment)
        {
            model.Use(tuning.Value?.Of(assignment) ?? assignment);
            return Evaluation.Accuracy(model.Network, images, experiment.Data.Statistics, cancellation: experiment.Cancellation);
        }

        return new AssignmentContext(
            experiment.Library, model.Opcounts, () => experiment.Errors(model), () => experiment.Errors(model, new BehaviouralErrorModel()), Accuracy)
        {
            Budget = options.Budget,
            Seed = experiment.Recipe.Float.Seed,
            Progress = progress,
            Cancellation = experiment.Cancellation,
        };
    }

    /// <summary>
    /// Calls the method. What the library's own searches by measured accuracy find is kept, for they take minutes. A function of the caller is
    /// called every time: its name does not say what it does.
    /// </summary>
    private Found Assign(AssignmentMethod method, Start start, AssignmentContext context)
    {
        Found Call()
        {
            var watch = Stopwatch.StartNew();
            int before = context.Evaluations;
            var names = method.Assign(context)?.Multipliers.Select(m => m.Name).ToList();
            return new Found(names, watch.Elapsed.TotalSeconds, context.Evaluations - before);
        }

        return method.Inputs.HasFlag(MethodInputs.Loss) && AssignmentMethods.All.Contains(method)
            ? experiment.Keep(method.Name, StageKeys.Search(experiment, start.Stage, method.Name, context, options.Images), Call)
            : Call();
    }

    private AssignmentResult Retrained(AssignmentMethod method, Start start, Assignment assignment, Found found)
    {
        var retraining = experiment.Recipe.Retraining;
        int epochs = !options.Retrains ? 0 : retraining.Epochs + (start.Search is null ? experiment.Recipe.AgnTraining.Epochs : 0);

        using var model = experiment.Load(start.Stage);
        model.Use(experiment.Tuned(model, assignment));
        double before = 100 * experiment.TestAccuracy(model);
        var seen = experiment.Data.Training.Take(Math.Min(BatchStatistics.Images, experiment.Data.Training.Count));
        double? estimated = BatchStatistics.Estimate(model.Network, seen, experiment.Data.Statistics, cancellation: experiment.Cancellation) > 0
            ? 100 * experiment.TestAccuracy(model)
            : null;
        double? after = null;
        double seconds = 0;
        try
        {
            if (epochs == 0)
            {
                return Result();
            }

            var retrained = experiment.Retrained(start.Stage, assignment, retraining with { Epochs = epochs });
            seconds = retrained.Result.Seconds;
            after = 100 * experiment.TestAccuracy(retrained.Model);
            retrained.Model.Dispose();
        }
        catch (TrainingDivergedException)
        {
            // That is this assignment's result, and it says so as null. A network without batch normalisation may diverge.
        }

        return Result();

        AssignmentResult Result() => new(
            start.Lambda, method.Name, assignment.Savings, before, after, found.Seconds + (start.Search?.Seconds ?? 0), seconds,
            epochs + (start.Search?.Epochs.Count ?? 0), found.Evaluations, [.. assignment.Multipliers.Select(m => m.Name)])
        {
            Top1NewStatistics = estimated,
        };
    }

    /// <summary>A network that methods start from.</summary>
    private sealed record Start(Stage Stage, double? Lambda, TrainingRecord? Search, AssignmentContext Context);

    /// <summary>What a method found, by names: the form in which it is kept.</summary>
    private sealed record Found(
        [property: JsonPropertyName("multipliers")] IReadOnlyList<string>? Names,
        [property: JsonPropertyName("seconds")] double Seconds,
        [property: JsonPropertyName("evaluations")] int Evaluations);
}
