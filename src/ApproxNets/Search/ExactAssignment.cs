using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>
/// The assignment of least power whose degradations, summed over the layers, stay within a bound, or that of least degradation within a
/// power: a multiple-choice knapsack, <c>min sum_l c_l P(m_l)</c> subject to <c>sum_l d(l, m_l) &lt;= bound</c>, or the other way round.
/// </summary>
/// <remarks>
/// <para>Matching gives every layer a bound of its own. At the total degradation of a matching, <see cref="Solve"/> shows how much power
/// those separate bounds cost. At its power, <see cref="SolveForPower"/> shows how much degradation. Both are optimal for the given
/// degradations only; whether accuracy follows their sum is for measurements to say.</para>
/// <para>Method: the front of (cost, weight) of the first k layers holds every pair of sums that no other pair beats or equals in both.
/// Adding each multiplier of the next layer and dropping what is beaten gives the next front, and the cheapest point of the last one is the
/// answer. Two bounds keep the fronts small. The remaining layers cost at least their linear relaxation, the lower convex hull of their
/// sums; a point that cannot beat a known total is dropped. And every point, completed by a corner of that hull, is such a total.</para>
/// <para>Precision: all sums are doubles, added in the order of the layers. Rounding is monotone, so a beaten point stays beaten, and the
/// result is the optimum of these sums to the last bit. The relaxation is rounded in another order and is trusted to 1e-11 only.</para>
/// <para>Size: 53 layers and 200 multipliers take less than 0.1 s where saving power degrades some layers more than others, as in
/// networks. Where it degrades all alike, fronts grow without end. A front beyond the limit then keeps its most promising points, and the
/// result holds the bound that is still proven, <see cref="ExactAssignmentResult.LowerBound"/>. It is called optimal only where that bound
/// proves it.</para>
/// </remarks>
public static class ExactAssignment
{
    // Far above the relative rounding of a few thousand additions (1e-16 each), and far below what anybody can measure.
    private const double Slack = 1e-11;

    // Quotients and sums of values up to here stay finite.
    private const double Greatest = 1e150;

    /// <summary>
    /// Computes the degradation of every pair, <c>d(l, m) = (sigma_e(l, m) / |sigma_l|)^2</c>: the variance of the error in units of what
    /// the layer tolerates. Infinite beyond 1e150, hence where a layer that tolerates nothing would have an error.
    /// </summary>
    /// <param name="table">Errors.</param>
    /// <param name="sigmas">|sigma_l| per layer, a share of std(y_l).</param>
    /// <returns>Degradations <c>[layer, multiplier]</c>.</returns>
    /// <exception cref="ArgumentException">The numbers of layers and sigmas differ.</exception>
    public static double[,] Degradations(ErrorTable table, IReadOnlyList<double> sigmas)
    {
        Matching.CheckTolerances(table, sigmas);
        var degradations = new double[table.Samples.Count, table.Multipliers.Count];
        for (int l = 0; l < table.Samples.Count; l++)
        {
            for (int m = 0; m < table.Multipliers.Count; m++)
            {
                double error = table[l, m].StandardDeviation;
                double degradation = error == 0 ? 0 : Math.Pow(error / Math.Abs(sigmas[l]), 2);
                degradations[l, m] = degradation <= Greatest ? degradation : double.PositiveInfinity;
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
            var columns = multipliers.Index().Where(m => ReferenceEquals(m.Item, used)).ToList();
            return columns.Count > 0 ? columns[0].Index : throw new ArgumentException(
                $"Exact assignment: found multiplier '{used.Name}' in the assignment, expected one of the "
                + $"{multipliers.Count} with degradations.", nameof(assignment));
        }));
    }

    /// <summary>Finds the least power within a bound of degradation.</summary>
    /// <param name="opcounts">Opcount c_l of every layer.</param>
    /// <param name="multipliers">The multipliers.</param>
    /// <param name="degradations">Degradations <c>[layer, multiplier]</c>, additive over layers, 0..1e150; infinite forbids a pair.</param>
    /// <param name="bound">Greatest sum of degradations, 0..1e150, held to the last bit; for example <see cref="Total"/> of a matching.</param>
    /// <param name="frontLimit">Points that a front may hold, &gt;= 1; time and memory grow with it.</param>
    /// <returns>The assignment, and what is proven about it. Of equal ones that of least degradation.</returns>
    /// <exception cref="ArgumentException">Sizes differ, a value is out of range, or even the least degradation of every layer exceeds the
    /// bound.</exception>
    public static ExactAssignmentResult Solve(
        IReadOnlyList<long> opcounts, IReadOnlyList<Multiplier> multipliers, double[,] degradations, double bound,
        int frontLimit = 1 << 14)
    {
        Point[][] options = Options(multipliers, Powers(opcounts, multipliers, degradations), degradations);
        double least = LeastWeight(options);
        if (!(bound <= Greatest) || !(least <= bound))
        {
            throw new ArgumentException(
                $"Exact assignment: found the bound {bound}, expected at least {least}, the sum of every layer's least degradation, "
                + $"and at most {Greatest}.", nameof(bound));
        }

        var (chosen, cost, lower) = Minimize(options, bound, frontLimit);
        var assignment = new Assignment([.. chosen.Select(m => multipliers[m])], opcounts);
        return new ExactAssignmentResult(assignment, Sum(degradations, chosen), lower / opcounts.Sum(), lower == cost);
    }

    /// <summary>Finds the least sum of degradations within a power.</summary>
    /// <param name="opcounts">Opcount c_l of every layer.</param>
    /// <param name="multipliers">The multipliers.</param>
    /// <param name="degradations">Degradations <c>[layer, multiplier]</c>, additive over layers, 0..1e150; infinite forbids a pair.</param>
    /// <param name="relativePower">Greatest power relative to exact multiplication, 0..1: one minus the savings wanted. Held to a relative
    /// 1e-12, as the sum of products may differ in its last bits from the decimal number that a caller means.</param>
    /// <param name="frontLimit">Points that a front may hold, &gt;= 1; time and memory grow with it.</param>
    /// <returns>The assignment, and what is proven about it. Of equal ones that of least power.</returns>
    /// <exception cref="ArgumentException">Sizes differ, a value is out of range, or even the cheapest multipliers that are allowed take
    /// more.</exception>
    public static ExactAssignmentResult SolveForPower(
        IReadOnlyList<long> opcounts, IReadOnlyList<Multiplier> multipliers, double[,] degradations, double relativePower,
        int frontLimit = 1 << 14)
    {
        double total = opcounts.Sum(), bound = relativePower * (1 + 1e-12) * total;
        Point[][] options = Options(multipliers, degradations, Powers(opcounts, multipliers, degradations));
        double least = LeastWeight(options);
        if (!(least <= bound) || relativePower > 1)
        {
            throw new ArgumentException(
                $"Exact assignment: found the relative power {relativePower}, expected {least / total} (that of the cheapest multipliers) to 1.",
                nameof(relativePower));
        }

        var (chosen, cost, lower) = Minimize(options, bound, frontLimit);
        return new ExactAssignmentResult(new Assignment([.. chosen.Select(m => multipliers[m])], opcounts), cost, lower, lower == cost);
    }

    /// <summary>Chooses one multiplier per layer: the least sum of costs such that the sum of weights stays within the bound.</summary>
    private static (int[] Chosen, double Cost, double LowerBound) Minimize(Point[][] options, double bound, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        int layers = options.Length;
        var hulls = new Hull[layers + 1];
        hulls[layers] = new Hull([0], [0]);
        for (int l = layers - 1; l >= 0; l--)
        {
            hulls[l] = hulls[l + 1].Plus(options[l]);
        }

        // Small fronts first: what they find lets the larger ones drop more.
        (int[] Chosen, double Cost) best = ([], double.PositiveInfinity);
        double lower = 0;
        for (int size = Math.Min(limit, 1 << 12); ; size = (int)Math.Min(limit, 8L * size))
        {
            var (chosen, cost, proven) = Search(options, hulls, bound, best.Cost, size);
            best = cost < best.Cost ? (chosen, cost) : best;
            lower = Math.Min(best.Cost, Math.Max(lower, proven));
            if (lower == best.Cost || size == limit)
            {
                return (best.Chosen, best.Cost, lower);
            }
        }
    }

    /// <summary>Merges the fronts of all layers. Returns the cheapest choice found, no choice if all cost more than is known, and a
    /// proven bound of the least cost: infinite where no point was given up.</summary>
    private static (int[] Chosen, double Cost, double LowerBound) Search(
        Point[][] options, Hull[] hulls, double bound, double known, int limit)
    {
        double lower = double.PositiveInfinity;
        List<Point> front = [default], merged = [], next = [], spare = [];
        var steps = new List<(int Before, int Multiplier)[]>();
        foreach (var (l, layer) in options.Index())
        {
            merged.Clear();
            foreach (var option in layer)
            {
                next.Clear();
                int corner = 0;
                for (int at = 0; at < front.Count; at++)
                {
                    var sum = new Point(front[at].Cost + option.Cost, front[at].Weight + option.Weight, at, option.Multiplier);
                    double least = hulls[l + 1].Complete(sum, bound, ref corner, ref known);
                    if (sum.Weight <= bound && double.IsFinite(least) && least <= known * (1 + Slack))
                    {
                        next.Add(sum);
                    }
                }

                Merge(merged, next, spare);
                (merged, spare) = (spare, merged);
                if (merged.Count > (option == layer[^1] ? limit : 4L * limit))
                {
                    lower = Math.Min(lower, KeepBest(merged, hulls[l + 1], bound, limit) * (1 - Slack));
                }
            }

            steps.Add([.. merged.Select(p => (p.Before, p.Multiplier))]);
            (front, merged) = (merged, front);
        }

        if (front.Count == 0)
        {
            return ([], double.PositiveInfinity, lower);
        }

        var chosen = new int[options.Length];
        for (int l = options.Length - 1, at = 0; l >= 0; l--)
        {
            (at, chosen[l]) = steps[l][at];
        }

        return (chosen, front[0].Cost, lower);
    }

    /// <summary>Merges two lists by rising cost into a third one and leaves out every point that another beats or equals.</summary>
    private static void Merge(List<Point> a, List<Point> b, List<Point> into)
    {
        into.Clear();
        for (int i = 0, j = 0; i < a.Count || j < b.Count;)
        {
            bool first = j == b.Count
                || (i < a.Count && (a[i].Cost < b[j].Cost || (a[i].Cost == b[j].Cost && a[i].Weight <= b[j].Weight)));
            var point = first ? a[i++] : b[j++];
            if (into.Count > 0 && point.Weight >= into[^1].Weight)
            {
                continue;
            }

            if (into.Count > 0 && point.Cost == into[^1].Cost)
            {
                into.RemoveAt(into.Count - 1); // rounding made the costs equal
            }

            into.Add(point);
        }
    }

    /// <summary>Keeps the points of the least bounds, and the lightest and the best completed one, so that the search ends with a choice.
    /// Returns the least bound of the others.</summary>
    private static double KeepBest(List<Point> front, Hull rest, double bound, int limit)
    {
        int corner = 0;
        (Point Point, double Bound, double Total)[] points =
        [
            .. front.Select(p =>
            {
                double total = double.PositiveInfinity;
                return (p, rest.Complete(p, bound, ref corner, ref total), total);
            }),
        ];
        double threshold = points.Select(p => p.Bound).Order().ElementAt(limit);
        int ties = limit - points.Count(p => p.Bound < threshold), best = points.Index().MinBy(p => p.Item.Total).Index;
        front.Clear();
        front.AddRange(points.Where((p, i) =>
            p.Bound < threshold || i == points.Length - 1 || i == best || (p.Bound == threshold && ties-- > 0)).Select(p => p.Point));
        return threshold;
    }

    /// <summary>For every layer the multipliers that no other one beats or equals, by rising cost. Ties go to the name.</summary>
    private static Point[][] Options(IReadOnlyList<Multiplier> multipliers, double[,] costs, double[,] weights) =>
    [
        .. Enumerable.Range(0, costs.GetLength(0)).Select(l =>
        {
            var front = new List<Point>();
            foreach (var point in multipliers.Select((_, m) => new Point(costs[l, m], weights[l, m], 0, m))
                .Where(p => double.IsFinite(p.Cost) && double.IsFinite(p.Weight))
                .OrderBy(p => p.Cost).ThenBy(p => p.Weight).ThenBy(p => multipliers[p.Multiplier].Name, StringComparer.Ordinal))
            {
                if (front.Count == 0 || point.Weight < front[^1].Weight)
                {
                    front.Add(point);
                }
            }

            return front.ToArray();
        }),
    ];

    /// <summary>The least sum of weights; infinite where a layer has no option.</summary>
    private static double LeastWeight(Point[][] options) =>
        options.Aggregate(0.0, (sum, layer) => sum + (layer.Length > 0 ? layer[^1].Weight : double.PositiveInfinity));

    /// <summary>What every pair adds to the power, <c>c_l P(m)</c>; checks the input.</summary>
    private static double[,] Powers(IReadOnlyList<long> opcounts, IReadOnlyList<Multiplier> multipliers, double[,] degradations)
    {
        if (opcounts.Count == 0 || multipliers.Count == 0 || opcounts.Any(c => c <= 0)
            || degradations.GetLength(0) != opcounts.Count || degradations.GetLength(1) != multipliers.Count)
        {
            throw new ArgumentException(
                $"Exact assignment: found {opcounts.Count} opcounts, {multipliers.Count} multipliers and {degradations.GetLength(0)} x "
                + $"{degradations.GetLength(1)} degradations, expected positive opcounts and one degradation per layer and multiplier.",
                nameof(degradations));
        }

        foreach (double d in degradations)
        {
            if (d is not ((>= 0 and <= Greatest) or double.PositiveInfinity))
            {
                throw new ArgumentException($"Exact assignment: found the degradation {d}, expected 0..1e150 or infinity.", nameof(degradations));
            }
        }

        var powers = new double[opcounts.Count, multipliers.Count];
        for (int l = 0; l < opcounts.Count; l++)
        {
            for (int m = 0; m < multipliers.Count; m++)
            {
                powers[l, m] = opcounts[l] * multipliers[m].RelativePower;
            }
        }

        return powers;
    }

    private static double Sum(double[,] values, IEnumerable<int> columns) =>
        columns.Index().Aggregate(0.0, (sum, c) => sum + values[c.Index, c.Item]);

    /// <summary>Sums over the first layers; the point of the front before it came from, and the multiplier added since.</summary>
    private readonly record struct Point(double Cost, double Weight, int Before, int Multiplier);

    /// <summary>The lower convex hull of all sums of some layers: corners by rising weight and falling cost.</summary>
    private sealed class Hull(double[] weights, double[] costs)
    {
        /// <summary>The hull with one more layer: all edges, the steepest first (a Minkowski sum).</summary>
        public Hull Plus(Point[] options)
        {
            var corners = new List<Point>();
            foreach (var point in options.Reverse())
            {
                while (corners.Count > 1 && Slope(corners[^2], corners[^1]) >= Slope(corners[^1], point))
                {
                    corners.RemoveAt(corners.Count - 1);
                }

                corners.Add(point);
            }

            (double Weight, double Cost)[] edges =
            [
                .. weights.Zip(weights.Skip(1), (a, b) => b - a).Zip(costs.Zip(costs.Skip(1), (a, b) => a - b))
                    .Concat(corners.Zip(corners.Skip(1), (a, b) => (b.Weight - a.Weight, a.Cost - b.Cost)))
                    .OrderByDescending(e => e.Item2 / e.Item1),
            ];

            // From the small end each, so that neither sum loses its small terms in great ones.
            var newWeights = new double[edges.Length + 1];
            var newCosts = new double[edges.Length + 1];
            (newWeights[0], newCosts[^1]) = (weights[0] + corners[0].Weight, costs[^1] + corners[^1].Cost);
            for (int i = 0; i < edges.Length; i++)
            {
                newWeights[i + 1] = newWeights[i] + edges[i].Weight;
                newCosts[^(i + 2)] = newCosts[^(i + 1)] + edges[^(i + 1)].Cost;
            }

            return new Hull(newWeights, newCosts);
        }

        /// <summary>
        /// A lower bound of the cost of a point with the layers of this hull; infinite where nothing fits. Lowers what is known by the
        /// point's completion with a corner. The corner to look from must not be behind: points come by falling weight.
        /// </summary>
        public double Complete(Point point, double bound, ref int corner, ref double known)
        {
            double room = (bound * (1 + Slack)) - point.Weight, sure = (bound * (1 - Slack)) - point.Weight;
            while (corner + 1 < weights.Length && weights[corner + 1] <= room)
            {
                corner++;
            }

            if (weights[corner] > room)
            {
                return double.PositiveInfinity;
            }

            if (weights[corner] <= sure)
            {
                known = Math.Min(known, point.Cost + costs[corner]);
            }

            double rest = corner + 1 == weights.Length ? costs[corner] : costs[corner]
                - ((costs[corner] - costs[corner + 1]) * (room - weights[corner]) / (weights[corner + 1] - weights[corner]));
            return point.Cost + rest;
        }

        private static double Slope(Point a, Point b) => (b.Cost - a.Cost) / (b.Weight - a.Weight);
    }
}

/// <summary>What <see cref="ExactAssignment"/> found.</summary>
/// <param name="Assignment">One multiplier per layer.</param>
/// <param name="Degradation">Its total degradation.</param>
/// <param name="LowerBound">Proven: no assignment within the bound has less relative power, or less degradation where that was
/// minimised, than this. What is above it in the result is the gap.</param>
/// <param name="IsOptimal">True when the gap is zero: no assignment is better. False when a front was cut to its limit.</param>
public sealed record ExactAssignmentResult(Assignment Assignment, double Degradation, double LowerBound, bool IsOptimal);
