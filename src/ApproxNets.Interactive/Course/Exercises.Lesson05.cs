namespace ApproxNets.Interactive;

/// <content>Lesson 05: retraining and fronts.</content>
public static partial class Exercises
{
    /// <summary>The indices of the points that no other one beats in savings and accuracy at once, by rising savings. A point is beaten by one
    /// that is at least as good in both and better in one.</summary>
    public static Exercise<(double Savings, double Accuracy)[], int[]> FrontOfSavings { get; } = new(
        "05.2", 2,
        points => [.. Enumerable.Range(0, points.Length).Where(i => !points.Any(q => q.Savings >= points[i].Savings && q.Accuracy >= points[i].Accuracy
            && q != points[i])).OrderBy(i => points[i].Savings).ThenBy(i => i)],
        [
            [(0, 93), (40, 92), (30, 91), (70, 85)],
            [(50, 90), (50, 91), (20, 91), (60, 80)],
            [(10, 90), (20, 91), (30, 92)],
            [(70, 60), (60, 70), (50, 80), (55, 79)],
        ],
        points => string.Join(", ", points.Select(p => $"({p.Savings} %, {p.Accuracy} %)")),
        (a, b) => b is not null && a.SequenceEqual(b));

    /// <summary>The index of the point of most savings that loses at most so much accuracy against the exact network; -1 where none does.</summary>
    public static Exercise<((double Savings, double Accuracy)[] Points, double Exact, double Loss), int> MostSavings { get; } = new(
        "05.3", 2,
        c =>
        {
            var within = Enumerable.Range(0, c.Points.Length).Where(i => c.Points[i].Accuracy >= c.Exact - c.Loss).ToList();
            return within.Count == 0 ? -1 : within.MaxBy(i => c.Points[i].Savings);
        },
        [
            ([(40, 92.5), (70, 91), (60, 92)], 93, 1),
            ([(40, 92.5), (70, 91), (60, 92)], 93, 2),
            ([(40, 90), (70, 80)], 93, 1),
            ([(55, 93.5), (50, 92.1)], 93, 0),
        ],
        c => $"{string.Join(", ", c.Points.Select(p => $"({p.Savings} %, {p.Accuracy} %)"))}, exact {c.Exact} % and a loss of {c.Loss}",
        (a, b) => a == b);

    /// <summary>
    /// McNemar's statistic of two networks on the same images, <c>(b - c) / sqrt(b + c)</c>: b images that only the first gets right, c that only the
    /// second does; 0 where both are right and wrong on the same images.
    /// </summary>
    public static Exercise<(bool[] First, bool[] Second), double> PairedStatistic { get; } = new(
        "05.4", 3,
        c =>
        {
            int first = c.First.Zip(c.Second).Count(p => p.First && !p.Second), second = c.First.Zip(c.Second).Count(p => p.Second && !p.First);
            return first + second == 0 ? 0 : (first - second) / Math.Sqrt(first + second);
        },
        [
            ([true, true, true, true, false], [true, false, false, false, false]),
            ([true, false, true, false], [true, false, true, false]),
            ([false, true, false, false, true], [true, true, true, false, false]),
        ],
        c => $"right by the first {string.Join("", c.First.Select(r => r ? '1' : '0'))}, by the second {string.Join("", c.Second.Select(r => r ? '1' : '0'))}",
        Near);
}
