using ApproxNets.Search;

namespace ApproxNets.Interactive;

/// <content>Lesson 06: few multipliers for several operating points.</content>
public static partial class Exercises
{
    /// <summary>A ratio of error to tolerance, damped: itself up to 1, <c>1 + ln v</c> above.</summary>
    public static Exercise<double, double> Damping { get; } = new(
        "06.2", 2, SubsetMethods.Damp, [0.25, 1, 1.5, 2.5, 1000], v => $"v = {v}", Near);

    /// <summary>One round of k-means: every point joins the nearest centroid, every centroid moves to the mean of its points; one without points
    /// stays.</summary>
    public static Exercise<(double[][] Points, double[][] Centroids), double[][]> KMeansStep { get; } = new(
        "06.3", 3,
        c =>
        {
            var groups = c.Points.ToLookup(p => Enumerable.Range(0, c.Centroids.Length).MinBy(
                k => p.Zip(c.Centroids[k], (x, y) => (x - y) * (x - y)).Sum()));
            return [.. c.Centroids.Select((old, k) => groups[k].Any() ? old.Select((_, d) => groups[k].Average(p => p[d])).ToArray() : old)];
        },
        [
            ([[0, 0], [1, 0], [10, 0]], [[0, 1], [9, 1]]),
            ([[0], [1], [2], [6]], [[0], [3]]),
            ([[1, 2], [3, 4]], [[2, 3], [50, 50]]),
        ],
        c => $"{c.Points.Length} points and the centroids {string.Join(", ", c.Centroids.Select(k => $"({string.Join(' ', k)})"))}",
        (a, b) => b is not null && a.Length == b.Length
            && a.Zip(b).All(p => p.Second is not null && p.First.Length == p.Second.Length && p.First.Zip(p.Second).All(v => Near(v.First, v.Second))));

    /// <summary>The points for which none of the chosen multipliers is within the tolerance. Ratios <c>[point][multiplier]</c>.</summary>
    public static Exercise<(double[][] Ratios, int[] Chosen), int[]> OverTolerance { get; } = new(
        "06.4", 2,
        c => [.. Enumerable.Range(0, c.Ratios.Length).Where(p => !c.Chosen.Any(m => c.Ratios[p][m] <= 1))],
        [
            ([[0, 0.9, 3], [0, 2, 5], [0, 0.5, 1]], [1, 2]),
            ([[0, 0.9, 3], [0, 2, 5], [0, 0.5, 1]], [2]),
            ([[0, 0.9, 3], [0, 2, 5], [0, 0.5, 1]], [0]),
        ],
        c => $"the ratios {string.Join("; ", c.Ratios.Select(r => string.Join(' ', r)))} and the multipliers {string.Join(", ", c.Chosen)}",
        (a, b) => b is not null && a.SequenceEqual(b));

    /// <summary>
    /// The greedy choice of at most so many multipliers, in any order: first the cheapest within the tolerance of all points, then the one that lowers the
    /// mean power most, as long as one does. Every point takes the cheapest chosen multiplier within its tolerance.
    /// </summary>
    public static Exercise<(double[][] Ratios, double[] Powers, int Count), int[]> GreedyChoice { get; } = new(
        "06.5", 4,
        c =>
        {
            double Mean(IEnumerable<int> chosen) => c.Ratios.Average(
                r => chosen.Where(m => r[m] <= 1).Select(m => c.Powers[m]).DefaultIfEmpty(double.PositiveInfinity).Min());
            var all = Enumerable.Range(0, c.Powers.Length).ToList();
            List<int> chosen = [all.Where(m => c.Ratios.All(r => r[m] <= 1)).MinBy(m => c.Powers[m])];
            while (chosen.Count < c.Count && all.Except(chosen).MinBy(m => Mean([.. chosen, m])) is var next
                && Mean([.. chosen, next]) < Mean(chosen))
            {
                chosen.Add(next);
            }

            return [.. chosen.Order()];
        },
        [
            ([[0, 0.5, 0.9, 2], [0, 0.4, 3, 4], [0, 0.2, 0.5, 0.9], [0, 3, 5, 9]], [1, 0.7, 0.5, 0.2], 2),
            ([[0, 0.5, 0.9, 2], [0, 0.4, 3, 4], [0, 0.2, 0.5, 0.9], [0, 3, 5, 9]], [1, 0.7, 0.5, 0.2], 3),
            ([[0, 0.5, 2], [0, 0.4, 3]], [1, 0.7, 0.5], 3),
            ([[0, 0.5], [0, 0.4]], [1, 0.7], 1),
        ],
        c => $"{c.Ratios.Length} points, the powers {string.Join(", ", c.Powers)} and at most {c.Count}",
        (a, b) => b is not null && a.SequenceEqual(b.Order()));
}
