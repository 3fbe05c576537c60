using System.Diagnostics;
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Training;

namespace ApproxNets.Experiments;

/// <summary>
/// Compares ways to assign multipliers on one network and one library: AGN search with matching, by predicted or measured errors, or with
/// the integer program, and their rivals: one multiplier for all layers, and searches by measured accuracy. All start from the same quantised network and train for the
/// same number of epochs after it: the rivals spend on retraining what the AGN search spends on noise. Every training and every search is
/// a stage that is kept.
/// </summary>
public sealed class MethodComparison
{
    private readonly Experiment _experiment;
    private readonly ComparisonOptions _options;

    /// <summary>Makes a comparison.</summary>
    /// <param name="experiment">The network and the library.</param>
    /// <param name="options">Which assignments to make; those of the recipe if left out.</param>
    public MethodComparison(Experiment experiment, ComparisonOptions? options = null) =>
        (_experiment, _options) = (experiment, options ?? experiment.Recipe.Comparison);

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
        var searched = _experiment.Searched(
            _experiment.Recipe.Agn with { Lambda = lambda, Bias = method == "agn-bias" ? new AgnBias() : _experiment.Recipe.Agn.Bias });
        var watch = Stopwatch.StartNew();
        var table = _experiment.Errors(searched.Model, method is "agn-measured" or "agn-savings" ? new BehaviouralErrorModel() : null);
        IReadOnlyList<double> sigmas = searched.Result.Sigmas;
        var degradations = ExactAssignment.Degradations(table, sigmas);
        Assignment Matched() => Matching.Match(table, sigmas, biases: searched.Result.Biases).ToAssignment();
        var assignment = method switch
        {
            "cpsat" => ExactAssignment.Solve(
                searched.Model.Opcounts, table.Multipliers, degradations,
                ExactAssignment.Total(Matched(), table.Multipliers, degradations)).Assignment,
            _ when target is { } savings => ExactAssignment.SolveForPower(searched.Model.Opcounts, table.Multipliers, degradations, 1 - savings).Assignment,
            _ => Matched(),
        };
        double seconds = watch.Elapsed.TotalSeconds + searched.Result.Training.Seconds;
        int epochs = searched.Result.Training.Epochs.Count;
        var result = Retrained(searched.Stage, assignment, method, lambda, seconds, 0, _experiment.Recipe.Retraining, epochs);
        return result with { Target = target };
    }

    /// <summary>For every given result the one multiplier for all layers that saves as much and has the least predicted error.</summary>
    private IEnumerable<AssignmentResult> Uniform(IReadOnlyList<AssignmentResult> rivals)
    {
        var quantized = _experiment.Quantized();
        var table = _experiment.Errors(quantized.Model);
        double Error(int m) => table.Samples.Select((s, l) => table.Real(l, m).StandardDeviation / s.OutputStandardDeviation).Average();
        int[] chosen =
        [
            .. rivals.Select(r => Enumerable.Range(0, table.Multipliers.Count)
                .Where(m => 1 - table.Multipliers[m].RelativePower >= r.Savings - 1e-9).DefaultIfEmpty(-1).MinBy(m => m < 0 ? 0 : Error(m)))
                .Where(m => m >= 0).Distinct(),
        ];
        foreach (int m in chosen)
        {
            yield return Retrained(
                quantized.Stage, Assignment.Uniform(table.Multipliers[m], quantized.Model.Layers.Count), "uniform", null, 0, 0, LongRetraining, 0);
        }
    }

    /// <summary>A search by measured accuracy without retraining; of its front, the cheapest within every loss.</summary>
    private IEnumerable<AssignmentResult> Measured(string method)
    {
        var found = Search(method);
        IReadOnlyList<string>? before = null;
        foreach (double loss in _options.Losses.Order())
        {
            if (found.Cheapest(loss) is not { } names || (before is not null && names.SequenceEqual(before)))
            {
                continue;
            }

            before = names;
            var assignment = new Assignment([.. names.Select(name => _experiment.Library[name])]);
            yield return Retrained(
                _experiment.Quantized().Stage, assignment, method, null, found.Seconds, found.Evaluations, LongRetraining, 0);
        }
    }

    private TrainingOptions LongRetraining =>
        _experiment.Recipe.Retraining with { Epochs = _experiment.Recipe.Retraining.Epochs + _experiment.Recipe.AgnTraining.Epochs };

    /// <summary>
    /// Searches assignments of the quantised model by measured accuracy on validation images, without retraining. Only multipliers of the
    /// library's Pareto front of power and mean absolute error take part.
    /// </summary>
    private SearchRecord Search(string method)
    {
        var quantized = _experiment.Quantized();
        var model = quantized.Model;
        var best = ParetoFront.Of(_experiment.Library.Multipliers).ToHashSet();
        var front = _experiment.Library.Where(m => m == _experiment.Library.Exact || best.Contains(m));
        int seed = _experiment.Recipe.Float.Seed, budget = _options.Budget, images = Math.Min(_options.Images, _experiment.Data.Validation.Count);
        return _experiment.Keep(method, StageKeys.Search(_experiment, quantized.Stage, front.Sha256, method, budget, images), () =>
        {
            var some = _experiment.Data.Validation.Take(images);
            double Accuracy(Assignment assignment)
            {
                model.Assign(assignment);
                return Evaluation.Accuracy(model.Network, some, _experiment.Data.Statistics, cancellation: _experiment.Cancellation);
            }

            var problem = new AssignmentProblem(model.Opcounts, front, Accuracy);
            double exact = Accuracy(Assignment.Uniform(front.Exact, model.Layers.Count));
            return SearchRecord.Of(
                method switch
                {
                    "greedy" => GreedySearch.Run(problem, budget, remeasureAll: false, progress: Progress, cancellation: _experiment.Cancellation),
                    "nsga2" => Nsga2Search.Run(problem, new Nsga2Options(Math.Clamp(budget / 4, 4, 50)), budget, seed, Progress, _experiment.Cancellation),
                    _ => RandomSearch.Run(problem, budget, seed, Progress, _experiment.Cancellation),
                },
                exact);
        });
    }

    private AssignmentResult Retrained(
        Stage from, Assignment assignment, string method, double? lambda, double searchSeconds, int evaluations,
        TrainingOptions retraining, int searchEpochs)
    {
        using var model = _experiment.Load(from);
        model.Assign(assignment);
        double before = 100 * _experiment.TestAccuracy(model);
        double savings = 1 - assignment.RelativePower(model.Opcounts);
        double? after = null;
        double seconds = 0;
        try
        {
            var retrained = _experiment.Retrained(from, assignment, retraining);
            seconds = retrained.Result.Seconds;
            after = 100 * _experiment.TestAccuracy(retrained.Model);
            retrained.Model.Dispose();
        }
        catch (TrainingDivergedException)
        {
            // That is this assignment's result, and it says so as null. A network without batch normalisation may diverge.
        }

        return new AssignmentResult(
            lambda, method, savings, before, after, searchSeconds, seconds, searchEpochs + retraining.Epochs, evaluations,
            [.. assignment.Multipliers.Select(m => m.Name)]);
    }
}
