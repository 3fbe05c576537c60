namespace ApproxNets.Interactive;

/// <content>Lesson 07: fine-tuning and switching.</content>
public static partial class Exercises
{
    /// <summary>One step of gradient descent for several operating points that share weights: against the mean of their gradients.</summary>
    public static Exercise<(double[] Weights, double[][] Gradients, double Rate), double[]> SharedStep { get; } = new(
        "07.2", 2,
        c => [.. c.Weights.Select((w, k) => w - (c.Rate * c.Gradients.Average(g => g[k])))],
        [
            ([1, 2], [[1, 0], [3, 4]], 0.5),
            ([0.5, -0.5, 0], [[1, 1, 1]], 0.1),
            ([0, 0], [[1, -1], [-1, 1], [3, 3]], 1),
        ],
        c => $"{c.Gradients.Length} points, {c.Weights.Length} weights and the rate {c.Rate}",
        (a, b) => b is not null && a.Length == b.Length && a.Zip(b).All(p => Near(p.First, p.Second)));

    /// <summary>
    /// What so many operating points take beyond one, for batch normalisations of so many channels: numbers that are trained (scale, shift), and numbers
    /// that are stored (running mean and variance, too).
    /// </summary>
    public static Exercise<(int[] Channels, int Points), (long Trained, long Stored)> ExtraNumbers { get; } = new(
        "07.3", 2,
        c => (2L * c.Channels.Sum() * (c.Points - 1), 4L * c.Channels.Sum() * (c.Points - 1)),
        [([16], 2), ([16, 16, 32], 3), ([64, 128], 1), ([8, 8, 8, 8], 5)],
        c => $"channels {string.Join(", ", c.Channels)} and {c.Points} points",
        (a, b) => a == b);

    /// <summary>
    /// A controller: the most accurate point whose energy for all the expected load to come, <c>power sum load</c>, is in store; the point of least power
    /// where none is. Power of an operating point for a load of 1, in the unit of the store.
    /// </summary>
    public static Exercise<(double Stored, double[] Load, double[] Power, double[] Accuracy), int> LastingPoint { get; } = new(
        "07.4", 3,
        c =>
        {
            double load = c.Load.Sum();
            var points = Enumerable.Range(0, c.Power.Length).ToList();
            var lasting = points.Where(p => c.Power[p] * load <= c.Stored).ToList();
            return lasting.Count > 0 ? lasting.MaxBy(p => c.Accuracy[p]) : points.MinBy(p => c.Power[p]);
        },
        [
            (100, [10, 20, 30], [2, 1.5, 1], [0.9, 0.88, 0.8]),
            (200, [10, 20, 30], [2, 1.5, 1], [0.9, 0.88, 0.8]),
            (10, [10, 20, 30], [2, 1.5, 1], [0.9, 0.88, 0.8]),
            (70, [10, 20, 30], [1, 1.1, 4], [0.7, 0.95, 0.99]),
        ],
        c => $"{c.Stored} in store, the loads {string.Join(", ", c.Load)}, powers {string.Join(", ", c.Power)} and accuracies {string.Join(", ", c.Accuracy)}",
        (a, b) => a == b);
}
