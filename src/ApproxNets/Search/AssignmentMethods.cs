using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search.Baselines;

namespace ApproxNets.Search;

/// <summary>
/// A way of assigning multipliers: a name and a function. One of your own stands beside those of <see cref="AssignmentMethods"/>, as in
/// <c>new AssignmentMethod("halves", c =&gt; Matching.Match(c.Predicted, [.. c.Tolerances.Select(t =&gt; t / 2)]).ToAssignment())</c>.
/// </summary>
/// <param name="Name">Name in tables and results.</param>
/// <param name="Assign">Makes the assignment; null where none meets what the context asks for.</param>
/// <param name="Inputs">What the function reads of its context beyond errors, accuracy and library: a comparison calls it once for every
/// combination of these, and fills in no others.</param>
public sealed record AssignmentMethod(
    string Name, Func<AssignmentContext, Assignment?> Assign, MethodInputs Inputs = MethodInputs.Tolerances);

/// <summary>What of its context an <see cref="AssignmentMethod"/> depends on.</summary>
[Flags]
public enum MethodInputs
{
    /// <summary>Errors, accuracy and library only.</summary>
    None = 0,

    /// <summary><see cref="AssignmentContext.Tolerances"/>: an AGN search precedes the method, and its network is retrained.</summary>
    Tolerances = 1,

    /// <summary><see cref="AssignmentContext.Tolerances"/> and <see cref="AssignmentContext.Biases"/>: the search learns both.</summary>
    Biases = 3,

    /// <summary><see cref="AssignmentContext.Savings"/>, as asked for by the caller of the comparison.</summary>
    Savings = 4,

    /// <summary><see cref="AssignmentContext.Savings"/>, those of the first method of the comparison.</summary>
    RivalSavings = 8,

    /// <summary><see cref="AssignmentContext.Loss"/>.</summary>
    Loss = 16,
}

/// <summary>What an <see cref="AssignmentMethod"/> may look at. Copies (<c>with</c>) share tables and measured accuracies.</summary>
public sealed record AssignmentContext
{
    private readonly Lazy<ErrorTable> _predicted, _measured;
    private readonly Func<Assignment, double> _accuracy;
    private readonly Dictionary<string, double> _accuracies = [];

    /// <summary>Makes a context.</summary>
    /// <param name="library">The multipliers.</param>
    /// <param name="opcounts">Opcount c_l of every layer.</param>
    /// <param name="predicted">Predicts all errors; called at the first use.</param>
    /// <param name="measured">Measures all errors by behavioural simulation; called at the first use.</param>
    /// <param name="accuracy">Measures the accuracy of an assignment, 0..1, on images that are not for the final test.</param>
    public AssignmentContext(
        MultiplierLibrary library, IReadOnlyList<long> opcounts, Func<ErrorTable> predicted, Func<ErrorTable> measured,
        Func<Assignment, double> accuracy)
    {
        (Library, Opcounts, _accuracy) = (library, opcounts, accuracy);
        (_predicted, _measured) = (new(predicted), new(measured));
    }

    /// <summary>The multipliers.</summary>
    public MultiplierLibrary Library { get; }

    /// <summary>Opcount c_l of every layer.</summary>
    public IReadOnlyList<long> Opcounts { get; }

    /// <summary>Predicted errors of all layers and multipliers, shares of std(y_l).</summary>
    public ErrorTable Predicted => _predicted.Value;

    /// <summary>Errors of all layers and multipliers by behavioural simulation, shares of std(y_l).</summary>
    public ErrorTable Measured => _measured.Value;

    /// <summary>|sigma_l| of every layer by an AGN search, a share of std(y_l).</summary>
    public IReadOnlyList<double> Tolerances { get; init; } = [];

    /// <summary>|beta_l| of every layer by an AGN search that learns it, a share of std(y_l); else empty.</summary>
    public IReadOnlyList<double> Biases { get; init; } = [];

    /// <summary>Savings that the assignment should have at least, 0..1.</summary>
    public double Savings { get; init; }

    /// <summary>Measured accuracy that the assignment may lose against exact multiplication before retraining, 0..1.</summary>
    public double Loss { get; init; }

    /// <summary>Measurements of accuracy that a search may make.</summary>
    public int Budget { get; init; } = 300;

    /// <summary>Seed of whatever is random.</summary>
    public int Seed { get; init; }

    /// <summary>Receives a report after every measurement of a search.</summary>
    public IProgress<SearchProgress>? Progress { get; init; }

    /// <summary>Stops between two measurements.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Distinct assignments measured so far.</summary>
    public int Evaluations => _accuracies.Count;

    /// <summary>The problem of a search by measured accuracy. Only multipliers on the library's front of power and mean absolute error
    /// take part, and the exact one.</summary>
    public AssignmentProblem Problem
    {
        get
        {
            var front = ParetoFront.Of(Library.Multipliers).ToHashSet();
            return new AssignmentProblem(Opcounts, Library.Where(m => m == Library.Exact || front.Contains(m)), Accuracy);
        }
    }

    /// <summary>Measures the accuracy of an assignment, 0..1, or recalls it.</summary>
    /// <param name="assignment">The assignment.</param>
    public double Accuracy(Assignment assignment)
    {
        Cancellation.ThrowIfCancellationRequested();
        string key = assignment.ToString();
        if (!_accuracies.TryGetValue(key, out double accuracy))
        {
            accuracy = _accuracies[key] = _accuracy(assignment);
        }

        return accuracy;
    }
}

/// <summary>The ways of assigning multipliers that this library knows.</summary>
public static class AssignmentMethods
{
    /// <summary>All, in the order of a comparison.</summary>
    public static IReadOnlyList<AssignmentMethod> All { get; } =
    [
        new("agn", c => Matching.Match(c.Predicted, c.Tolerances).ToAssignment()),
        new("agn-measured", c => Matching.Match(c.Measured, c.Tolerances).ToAssignment()),
        new("agn-savings", OfSavings, MethodInputs.Tolerances | MethodInputs.Savings),
        new("agn-bias", c => Matching.Match(c.Predicted, c.Tolerances, biases: c.Biases).ToAssignment(), MethodInputs.Biases),
        new("exact", OfLeastPower),
        new("uniform", Uniform, MethodInputs.RivalSavings),
        new("greedy", c => Cheapest(c, GreedySearch.Run(c.Problem, c.Budget, 0, false, c.Progress, c.Cancellation)), MethodInputs.Loss),
        new("nsga2", c => Cheapest(c, Nsga2Search.Run(
            c.Problem, new Nsga2Options(Math.Clamp(c.Budget / 4, 4, 50)), c.Budget, c.Seed, c.Progress, c.Cancellation)), MethodInputs.Loss),
        new("random", c => Cheapest(c, RandomSearch.Run(c.Problem, c.Budget, c.Seed, c.Progress, c.Cancellation)), MethodInputs.Loss),
    ];

    /// <summary>The method of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static AssignmentMethod Named(string name) => All.FirstOrDefault(m => m.Name == name) ?? throw new ArgumentException(
        $"Methods: found the name '{name}', expected one of {string.Join(", ", All.Select(m => m.Name))}.", nameof(name));

    /// <summary>The least power at the total degradation that matching has.</summary>
    private static Assignment OfLeastPower(AssignmentContext context)
    {
        var table = context.Predicted;
        double[,] degradations = ExactAssignment.Degradations(table, context.Tolerances);
        double matched = ExactAssignment.Total(
            Matching.Match(table, context.Tolerances).ToAssignment(), table.Multipliers, degradations);
        return ExactAssignment.Solve(context.Opcounts, table.Multipliers, degradations, matched).Assignment;
    }

    /// <summary>The least degradation, by measured errors, at given savings.</summary>
    private static Assignment OfSavings(AssignmentContext context) => ExactAssignment.SolveForPower(
        context.Opcounts, context.Measured.Multipliers, ExactAssignment.Degradations(context.Measured, context.Tolerances),
        1 - context.Savings).Assignment;

    /// <summary>The one multiplier for all layers that saves enough and has the least predicted error on average.</summary>
    private static Assignment? Uniform(AssignmentContext context)
    {
        var table = context.Predicted;
        var enough = Enumerable.Range(0, table.Multipliers.Count)
            .Where(m => 1 - table.Multipliers[m].RelativePower >= context.Savings - 1e-9).ToList();
        return enough.Count == 0 ? null : Assignment.Uniform(
            table.Multipliers[enough.MinBy(m => table.Samples.Select((_, l) => table[l, m].StandardDeviation).Average())], context.Opcounts);
    }

    /// <summary>Of what a search found, the least power within the loss.</summary>
    private static Assignment? Cheapest(AssignmentContext context, SearchResult found) =>
        found.Cheapest(context.Accuracy(Assignment.Uniform(context.Library.Exact, context.Opcounts)) - context.Loss)?.Assignment;
}
