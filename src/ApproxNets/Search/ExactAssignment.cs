using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using Google.OrTools.Sat;

namespace ApproxNets.Search;

/// <summary>
/// The assignment of least power whose degradations, summed over the layers, stay within a bound, or that of least degradation within a
/// power: an integer program (a multiple-choice knapsack), <c>min sum_l c_l P(m_l)</c> subject to <c>sum_l d(l, m_l) &lt;= bound</c> or the
/// other way round, solved by CP-SAT of OR-Tools.
/// </summary>
/// <remarks>
/// <para>Matching gives every layer a bound of its own; at the total degradation that a matching uses, <see cref="Solve"/> shows how much
/// power those separate bounds cost, and at the power that it uses, <see cref="SolveForPower"/> how much degradation. Both are optimal for
/// the given degradations only: whether accuracy follows the sum is for measurements to say.</para>
/// <para>Rounding: CP-SAT works on integers. What is bounded is rounded down to <c>bound / 2^40</c>, so no assignment within the bound is
/// lost; what the solver returns is summed up in double precision in the order of the layers and, should it exceed the bound, excluded and
/// solved for again. So the result never violates the bound. What is minimised is rounded per layer, powers to <c>2^-40</c> of exact
/// multiplication, degradations to <c>2^-40</c> of those of the cheapest assignment: "least" means to that precision.</para>
/// <para>One worker, a fixed seed and effort in deterministic units: the same result on every run.</para>
/// </remarks>
public static class ExactAssignment
{
    private const long Steps = 1L << 40;

    /// <summary>
    /// Computes the degradation of every pair, <c>d(l, m) = (sigma_e(l, m) / (|sigma_l| std(y_l)))^2</c>: the variance of the error in
    /// units of what the layer tolerates. Infinite where a layer that tolerates nothing would have an error.
    /// </summary>
    /// <param name="table">Predicted errors.</param>
    /// <param name="sigmas">|sigma_l| per layer.</param>
    /// <returns>Degradations <c>[layer, multiplier]</c>.</returns>
    /// <exception cref="ArgumentException">The numbers of layers and sigmas differ.</exception>
    public static double[,] Degradations(ErrorTable table, IReadOnlyList<double> sigmas)
    {
        double[] tolerances = Matching.Tolerances(table.Samples, sigmas);
        var degradations = new double[table.Samples.Count, table.Multipliers.Count];
        for (int l = 0; l < table.Samples.Count; l++)
        {
            for (int m = 0; m < table.Multipliers.Count; m++)
            {
                double error = table.Real(l, m).StandardDeviation;
                degradations[l, m] = error == 0 ? 0 : Math.Pow(error / tolerances[l], 2);
            }
        }

        return degradations;
    }

    /// <summary>Computes the total degradation of an assignment, summed in the order of the layers.</summary>
    /// <param name="assignment">The assignment.</param>
    /// <param name="multipliers">The multipliers in the order of the degradations' columns.</param>
    /// <param name="degradations">Degradations <c>[layer, multiplier]</c>.</param>
    /// <exception cref="ArgumentException">The sizes differ, or the assignment uses another multiplier.</exception>
    public static double Total(Assignment assignment, IReadOnlyList<Multiplier> multipliers, double[,] degradations)
    {
        if (degradations.GetLength(0) != assignment.Multipliers.Count || degradations.GetLength(1) != multipliers.Count)
        {
            throw new ArgumentException(
                $"Exact assignment: found {degradations.GetLength(0)} x {degradations.GetLength(1)} degradations, expected "
                + $"{assignment.Multipliers.Count} layers x {multipliers.Count} multipliers.", nameof(degradations));
        }

        return Sum(degradations, assignment.Multipliers.Select(used =>
        {
            var at = multipliers.Index().Where(m => ReferenceEquals(m.Item, used)).ToList();
            return at.Count > 0 ? at[0].Index : throw new ArgumentException(
                $"Exact assignment: found multiplier '{used.Name}' in the assignment, expected one of the "
                + $"{multipliers.Count} with degradations.", nameof(assignment));
        }));
    }

    /// <summary>Solves the integer program.</summary>
    /// <param name="opcounts">Opcount c_l of every layer.</param>
    /// <param name="multipliers">The multipliers.</param>
    /// <param name="degradations">Degradations <c>[layer, multiplier]</c>, additive over layers, &gt;= 0; infinite forbids a pair.</param>
    /// <param name="bound">Greatest sum of degradations, &gt;= 0; for example <see cref="Total"/> of a matching.</param>
    /// <param name="effort">Limit in deterministic units of CP-SAT, about seconds.</param>
    /// <param name="seed">Seed of the solver.</param>
    /// <returns>The assignment, and whether it is proven to be the best.</returns>
    /// <exception cref="ArgumentException">Sizes differ, a degradation is negative or not a number, the bound is not a finite number, or
    /// even the least degradation of every layer exceeds the bound.</exception>
    /// <exception cref="TimeoutException">The effort ended before any assignment was found.</exception>
    public static ExactAssignmentResult Solve(
        IReadOnlyList<long> opcounts,
        IReadOnlyList<Multiplier> multipliers,
        double[,] degradations,
        double bound,
        double effort = 60,
        int seed = 0)
    {
        Check(opcounts, multipliers, degradations);
        if (!(bound >= 0) || !double.IsFinite(bound))
        {
            throw new ArgumentException($"Exact assignment: found the bound {bound}, expected a finite number >= 0.", nameof(bound));
        }

        double least = Enumerable.Range(0, opcounts.Count).Sum(l => Enumerable.Range(0, multipliers.Count).Min(m => degradations[l, m]));
        if (least > bound)
        {
            throw new ArgumentException(
                $"Exact assignment: found the bound {bound}, expected at least {least}, the sum of every layer's least degradation.",
                nameof(bound));
        }

        double greatest = Math.Max(1, multipliers.Max(m => m.RelativePower));
        var found = Minimize(multipliers, Powers(opcounts, multipliers), greatest, degradations, bound, effort, seed);
        return Result(found, opcounts, multipliers, degradations);
    }

    /// <summary>Solves the integer program the other way round: the least sum of degradations within a power.</summary>
    /// <param name="opcounts">Opcount c_l of every layer.</param>
    /// <param name="multipliers">The multipliers.</param>
    /// <param name="degradations">Degradations <c>[layer, multiplier]</c>, additive over layers, &gt;= 0; infinite forbids a pair.</param>
    /// <param name="relativePower">Greatest power relative to exact multiplication, 0..1 (held to 1e-12): one minus the savings wanted.</param>
    /// <param name="effort">Limit in deterministic units of CP-SAT, about seconds.</param>
    /// <param name="seed">Seed of the solver.</param>
    /// <returns>The assignment, and whether it is proven to be the best.</returns>
    /// <exception cref="ArgumentException">Sizes differ, a degradation is negative or not a number, the power is not in 0..1, or even the
    /// cheapest multipliers that are allowed take more.</exception>
    /// <exception cref="TimeoutException">The effort ended before any assignment was found.</exception>
    public static ExactAssignmentResult SolveForPower(
        IReadOnlyList<long> opcounts,
        IReadOnlyList<Multiplier> multipliers,
        double[,] degradations,
        double relativePower,
        double effort = 60,
        int seed = 0)
    {
        Check(opcounts, multipliers, degradations);
        double[,] powers = Powers(opcounts, multipliers);
        double bound = relativePower * (1 + 1e-12); // another order of summation may give the last bits otherwise
        int[] cheapest =
        [
            .. Enumerable.Range(0, opcounts.Count).Select(l => Matching.Order(multipliers)
                .Where(m => double.IsFinite(degradations[l, m])).DefaultIfEmpty(-1).First()),
        ];
        double least = cheapest.Contains(-1) ? double.PositiveInfinity : Sum(powers, cheapest);
        if (!(least <= bound) || relativePower > 1)
        {
            throw new ArgumentException(
                $"Exact assignment: found the relative power {relativePower}, expected {least} (that of the cheapest multipliers) to 1.",
                nameof(relativePower));
        }

        var found = Minimize(multipliers, degradations, Sum(degradations, cheapest), powers, bound, effort, seed);
        return Result(found, opcounts, multipliers, degradations);
    }

    /// <summary>
    /// Chooses one multiplier per layer: the least sum of costs such that the sum of weights stays within the bound. Costs are rounded to
    /// <c>scale / 2^40</c>, where the scale is at least the least sum.
    /// </summary>
    private static (int[] Multipliers, bool IsOptimal, double LowerBound) Minimize(
        IReadOnlyList<Multiplier> multipliers, double[,] costs, double scale, double[,] weights, double bound, double effort, int seed)
    {
        OrToolsNative.Prepare();
        int layers = costs.GetLength(0);
        var model = new CpModel();
        var options = new List<Option>();
        for (int l = 0; l < layers; l++)
        {
            var layer = Candidates(multipliers, costs, scale, weights, bound, l)
                .Select(m => new Option(l, m, model.NewBoolVar($"{l}-{m}"))).ToList();
            model.AddExactlyOne(layer.Select(o => o.Chosen));
            options.AddRange(layer);
        }

        // Rounding in the division may lift a value over a step: one step per layer is allowed for it.
        var variables = options.Select(o => o.Chosen).ToArray();
        model.Add(LinearExpr.WeightedSum(variables, options.Select(o => bound == 0 ? 0 : (long)(weights[o.Layer, o.Multiplier] / bound * Steps)))
            <= Steps + layers);
        model.Minimize(LinearExpr.WeightedSum(
            variables, options.Select(o => scale == 0 ? 0 : (long)Math.Round(costs[o.Layer, o.Multiplier] / scale * Steps))));
        while (true)
        {
            using var solver = new CpSolver
            {
                StringParameters = FormattableString.Invariant($"num_workers:1 random_seed:{seed} max_deterministic_time:{effort}"),
            };
            var status = solver.Solve(model);
            if (status is not (CpSolverStatus.Optimal or CpSolverStatus.Feasible))
            {
                throw new TimeoutException(
                    $"Exact assignment: found no assignment within an effort of {effort} (the solver says {status}), expected a greater effort.");
            }

            var chosen = options.Where(o => solver.BooleanValue(o.Chosen)).ToList();
            int[] found = [.. chosen.OrderBy(o => o.Layer).Select(o => o.Multiplier)];
            if (Sum(weights, found) <= bound)
            {
                return (found, status == CpSolverStatus.Optimal, solver.BestObjectiveBound / Steps * scale);
            }

            model.Add(LinearExpr.Sum(chosen.Select(o => o.Chosen)) <= layers - 1);
        }
    }

    /// <summary>The multipliers within the bounds that no other one of the layer beats or equals in cost and weight.</summary>
    private static List<int> Candidates(
        IReadOnlyList<Multiplier> multipliers, double[,] costs, double scale, double[,] weights, double bound, int layer)
    {
        var candidates = new List<int>();
        double least = double.PositiveInfinity;
        foreach (int m in Enumerable.Range(0, multipliers.Count).Where(m => weights[layer, m] <= bound && costs[layer, m] <= scale)
            .OrderBy(m => costs[layer, m]).ThenBy(m => weights[layer, m]).ThenBy(m => multipliers[m].Name, StringComparer.Ordinal))
        {
            if (weights[layer, m] < least)
            {
                candidates.Add(m);
                least = weights[layer, m];
            }
        }

        return candidates;
    }

    private static ExactAssignmentResult Result(
        (int[] Multipliers, bool IsOptimal, double LowerBound) found,
        IReadOnlyList<long> opcounts, IReadOnlyList<Multiplier> multipliers, double[,] degradations)
    {
        var assignment = new Assignment([.. found.Multipliers.Select(m => multipliers[m])]);
        return new ExactAssignmentResult(
            assignment, assignment.RelativePower(opcounts), Sum(degradations, found.Multipliers), found.IsOptimal, found.LowerBound);
    }

    /// <summary>What every pair adds to the relative power, <c>[layer, multiplier]</c>.</summary>
    private static double[,] Powers(IReadOnlyList<long> opcounts, IReadOnlyList<Multiplier> multipliers)
    {
        double total = opcounts.Sum();
        var powers = new double[opcounts.Count, multipliers.Count];
        for (int l = 0; l < opcounts.Count; l++)
        {
            for (int m = 0; m < multipliers.Count; m++)
            {
                powers[l, m] = opcounts[l] / total * multipliers[m].RelativePower;
            }
        }

        return powers;
    }

    private static double Sum(double[,] values, IEnumerable<int> multipliers)
    {
        double sum = 0;
        foreach (var (layer, multiplier) in multipliers.Index())
        {
            sum += values[layer, multiplier];
        }

        return sum;
    }

    private static void Check(IReadOnlyList<long> opcounts, IReadOnlyList<Multiplier> multipliers, double[,] degradations)
    {
        if (opcounts.Count == 0 || multipliers.Count == 0 || opcounts.Any(c => c <= 0)
            || degradations.GetLength(0) != opcounts.Count || degradations.GetLength(1) != multipliers.Count)
        {
            throw new ArgumentException(
                $"Exact assignment: found {opcounts.Count} opcounts, {multipliers.Count} multipliers and {degradations.GetLength(0)} x "
                + $"{degradations.GetLength(1)} degradations, expected positive opcounts and one degradation per layer and multiplier.",
                nameof(degradations));
        }

        if (degradations.Cast<double>().Any(d => !(d >= 0)))
        {
            throw new ArgumentException(
                $"Exact assignment: found degradations from {degradations.Cast<double>().Min()}, expected numbers >= 0.", nameof(degradations));
        }
    }

    private sealed record Option(int Layer, int Multiplier, BoolVar Chosen);
}
