using System.Diagnostics;
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Training;

namespace ApproxNets.Studies;

/// <summary>
/// Compares ways to assign multipliers on one network and one library: AGN search with matching, by predicted or measured errors, or with
/// the integer program, and their rivals: one multiplier for all layers, and searches by measured accuracy. All start from the same quantised network and train for the
/// same number of epochs after it: the rivals spend on retraining what the AGN search spends on noise. Every training and every search is
/// a stage that is kept.
/// </summary>
public sealed class MethodComparison
{
    private readonly Study _study;
    private readonly MultiplierLibrary _library;
    private readonly ComparisonOptions _options;

    /// <summary>Makes a comparison.</summary>
    /// <param name="study">The network.</param>
    /// <param name="library">The multipliers.</param>
    /// <param name="options">Which assignments to make; those of the recipe if left out.</param>
    public MethodComparison(Study study, MultiplierLibrary library, ComparisonOptions? options = null) =>
        (_study, _library, _options) = (study, library, options ?? study.Recipe.Comparison);

    /// <summary>Told of every result when it is there.</summary>
    public IProgress<AssignmentResult>? Results { get; init; }

    /// <summary>Told after every measurement of a search.</summary>
    public IProgress<SearchProgress>? Progress { get; init; }

    /// <summary>Makes all assignments, or takes them from finished stages.</summary>
    /// <exception cref="OperationCanceledException">The study was cancelled; finished stages are kept.</exception>
    public IReadOnlyList<AssignmentResult> Run()
    {
        var results = new List<AssignmentResult>();
        foreach (string method in _options.Methods)
        {
            IEnumerable<AssignmentResult> found = method switch
            {
                "agn" or "agn-measured" or "agn-bias" or "cpsat" => _options.Lambdas.Select(lambda => Searched(lambda, method)),
                "agn-savings" => _options.Lambdas.SelectMany(lambda => _options.Savings.Select(target => Searched(lambda, method, target))),
                "uniform" when results.Count > 0 => Uniform([.. results.Where(r => r.Method == results[0].Method)]),
                "uniform" => throw new ArgumentException(
                    "Comparison: found the method 'uniform' first, expected another before it, whose savings it is to match."),
                "greedy" or "nsga2" or "random" => Measured(method),
                _ => throw new ArgumentException(
                    $"Comparison: found the method '{method}', expected agn, agn-measured, agn-savings, agn-bias, cpsat, uniform, greedy, nsga2 or random."),
            };
            foreach (var result in found)
            {
                results.Add(result);
                Results?.Report(result);
            }
        }

        return results;
    }

    /// <summary>AGN search, then matching or the integer program within the degradation that matching has or for given savings.</summary>
    private AssignmentResult Searched(double lambda, string method, double? target = null)
    {
        var (model, stage) = _study.Searched(
            _study.Recipe.Agn with { Lambda = lambda, Bias = method == "agn-bias" ? new AgnBias() : _study.Recipe.Agn.Bias });
        var watch = Stopwatch.StartNew();
        var table = _study.Errors(model, _library, method is "agn-measured" or "agn-savings" ? new BehaviouralErrorModel() : null);
        IReadOnlyList<double> sigmas = stage.Result.Sigmas;
        var degradations = ExactAssignment.Degradations(table, sigmas);
        Assignment Matched() => Matching.Match(table, sigmas, biases: stage.Result.Biases).ToAssignment();
        var assignment = method switch
        {
            "cpsat" => ExactAssignment.Solve(
                model.Opcounts, table.Multipliers, degradations,
                ExactAssignment.Total(Matched(), table.Multipliers, degradations)).Assignment,
            _ when target is { } savings => ExactAssignment.SolveForPower(model.Opcounts, table.Multipliers, degradations, 1 - savings).Assignment,
            _ => Matched(),
        };
        double seconds = watch.Elapsed.TotalSeconds + stage.Result.Training.Seconds;
        int epochs = stage.Result.Training.Epochs.Count;
        var result = Retrained(model, stage.Key, assignment, method, lambda, seconds, 0, _study.Recipe.Retraining, epochs);
        return result with { Target = target };
    }

    /// <summary>For every given result the one multiplier for all layers that saves as much and has the least predicted error.</summary>
    private IEnumerable<AssignmentResult> Uniform(IReadOnlyList<AssignmentResult> rivals)
    {
        var table = _study.Errors(_study.Quantized().Model, _library);
        double Error(int m) => table.Samples.Select((s, l) => table.Real(l, m).StandardDeviation / s.OutputStandardDeviation).Average();
        int[] chosen =
        [
            .. rivals.Select(r => Enumerable.Range(0, table.Multipliers.Count)
                .Where(m => 1 - table.Multipliers[m].RelativePower >= r.Savings - 1e-9).DefaultIfEmpty(-1).MinBy(m => m < 0 ? 0 : Error(m)))
                .Where(m => m >= 0).Distinct(),
        ];
        foreach (int m in chosen)
        {
            var (model, stage) = _study.Quantized();
            yield return Retrained(
                model, stage.Key, Assignment.Uniform(table.Multipliers[m], model.Layers.Count), "uniform", null, 0, 0, LongRetraining, 0);
        }
    }

    /// <summary>A search by measured accuracy without retraining; of its front, the cheapest within every loss.</summary>
    private IEnumerable<AssignmentResult> Measured(string method)
    {
        var found = _study.Search(method, _library, _options.Budget, _options.Images, Progress);
        IReadOnlyList<string>? before = null;
        foreach (double loss in _options.Losses.Order())
        {
            if (found.Cheapest(loss) is not { } names || (before is not null && names.SequenceEqual(before)))
            {
                continue;
            }

            before = names;
            var (model, stage) = _study.Quantized();
            var assignment = new Assignment([.. names.Select(name => _library[name])]);
            yield return Retrained(
                model, stage.Key, assignment, method, null, found.Seconds, found.Evaluations, LongRetraining, 0);
        }
    }

    private TrainingOptions LongRetraining =>
        _study.Recipe.Retraining with { Epochs = _study.Recipe.Retraining.Epochs + _study.Recipe.AgnTraining.Epochs };

    private AssignmentResult Retrained(
        ApproxModel model, string parent, Assignment assignment, string method, double? lambda, double searchSeconds, int evaluations,
        TrainingOptions retraining, int searchEpochs)
    {
        model.Use(assignment);
        double before = _study.TestAccuracy(model.Network);
        double savings = 1 - assignment.RelativePower(model.Opcounts);
        double? after = null;
        double seconds = 0;
        try
        {
            seconds = _study.Retrain(model, parent, assignment, retraining).Result.Seconds;
            after = 100 * _study.TestAccuracy(model.Network);
        }
        catch (ArithmeticException)
        {
            // Retraining diverged: that is this assignment's result, and says so as null. A network without batch normalisation may.
        }

        model.Dispose();
        return new AssignmentResult(
            lambda, method, savings, 100 * before, after, searchSeconds, seconds, searchEpochs + retraining.Epochs, evaluations,
            [.. assignment.Multipliers.Select(m => m.Name)]);
    }
}
