namespace ApproxNets.Interactive;

/// <content>Lesson 04: error models and matching.</content>
public static partial class Exercises
{
    /// <summary>
    /// Mean and standard deviation of the sum of n independent products' errors, <c>n mu</c> and <c>sqrt(n) s</c>, with
    /// <c>mu = sum E p_x p_w</c>. Errors <c>[x][w]</c>.
    /// </summary>
    public static Exercise<(double[][] Errors, double[] Px, double[] Pw, int N), (double Mean, double Deviation)> MomentsOfSum { get; } = new(
        "04.2", 2,
        c =>
        {
            double mean = Over(c.Px, c.Pw, (x, w) => c.Errors[x][w]), square = Over(c.Px, c.Pw, (x, w) => c.Errors[x][w] * c.Errors[x][w]);
            return (c.N * mean, Math.Sqrt(c.N * Math.Max(0, square - (mean * mean))));
        },
        [
            ([[0, 0], [0, -4]], [0.5, 0.5], [0.5, 0.5], 1),
            ([[0, 0], [0, -4]], [0.9, 0.1], [0.5, 0.5], 100),
            ([[1, 1, 1], [1, 1, 1]], [0.25, 0.75], [0.2, 0.3, 0.5], 9),
            ([[0, 1, 2], [-1, 0, 5]], [0.6, 0.4], [0.2, 0.3, 0.5], 27),
        ],
        c => $"{c.Px.Length} activations, {c.Pw.Length} weights and n = {c.N}",
        (a, b) => Near(a.Mean, b.Mean) && Near(a.Deviation, b.Deviation));

    /// <summary>The index of the cheapest multiplier whose error is at most the tolerance.</summary>
    public static Exercise<(double[] Errors, double[] Powers, double Tolerance), int> CheapestWithin { get; } = new(
        "04.3", 2,
        c => Enumerable.Range(0, c.Errors.Length).Where(m => c.Errors[m] <= c.Tolerance).MinBy(m => c.Powers[m]),
        [
            ([0, 0.1, 0.4], [1, 0.6, 0.2], 0.2),
            ([0.4, 0.1, 0, 0.3], [0.2, 0.7, 1, 0.5], 0.3),
            ([0.05, 0, 0.07], [0.8, 1, 0.9], 0.1),
            ([0.4, 0.1, 0], [0.2, 0.7, 1], 0),
        ],
        c => $"errors {string.Join(", ", c.Errors)}, powers {string.Join(", ", c.Powers)} and the tolerance {c.Tolerance}",
        (a, b) => a == b);

    /// <summary>The deviation over receptive fields, <c>sigma^2 = avg(mu_k^2 + s_k^2) - (avg mu_k)^2</c>.</summary>
    public static Exercise<(double[] Mu, double[] S), double> DeviationOverFields { get; } = new(
        "04.4", 3,
        c => Math.Sqrt(Math.Max(0, c.Mu.Zip(c.S, (mu, s) => (mu * mu) + (s * s)).Average() - Math.Pow(c.Mu.Average(), 2))),
        [([3, 3], [2, 2]), ([1, 5], [0, 0]), ([-4, 0, 4], [1, 2, 3]), ([100], [7])],
        c => $"the means {string.Join(", ", c.Mu)} and deviations {string.Join(", ", c.S)}",
        Near);

    /// <summary>
    /// For every weight w the code c whose products are nearest to those wanted, <c>argmin_c sum_x p_x (m(x, c) - x w)^2</c>; of equally good ones
    /// w itself, else the least. Products <c>[x][c]</c> of the operands 0, 1, 2, ...
    /// </summary>
    public static Exercise<(int[][] Products, double[] Px), int[]> CodeMap { get; } = new(
        "04.5", 3,
        c => [.. Enumerable.Range(0, c.Products[0].Length).Select(w =>
        {
            double Error(int code) => c.Px.Select((p, x) => p * Math.Pow(c.Products[x][code] - (x * w), 2)).Sum();
            double least = Enumerable.Range(0, c.Products[0].Length).Min(Error);
            return Error(w) <= least ? w : Enumerable.Range(0, c.Products[0].Length).First(code => Error(code) <= least);
        })],
        [
            (Products(4, 4, (x, w) => x * w), [0.25, 0.25, 0.25, 0.25]),
            (Products(4, 8, (x, w) => x * (w & ~1)), [0.5, 0, 0.25, 0.25]),
            (Products(4, 8, (x, w) => x * Math.Max(0, w - 1)), [0.7, 0.1, 0.1, 0.1]),
            (Products(8, 8, (x, w) => (x & ~3) * w), [0.3, 0.3, 0.1, 0.1, 0.1, 0.05, 0.05, 0]),
        ],
        c => $"{c.Products.Length} activations and {c.Products[0].Length} weights, products with activation {c.Products.Length - 1}: {string.Join(", ", c.Products[^1])}",
        (a, b) => b is not null && a.SequenceEqual(b));

    private static int[][] Products(int activations, int weights, Func<int, int, int> product) =>
        [.. Enumerable.Range(0, activations).Select(x => Enumerable.Range(0, weights).Select(w => product(x, w)).ToArray())];

    private static double Over(double[] px, double[] pw, Func<int, int, double> value) =>
        px.Select((p, x) => p * pw.Select((q, w) => q * value(x, w)).Sum()).Sum();

    // Sums in another order differ in their last digits only.
    private static bool Near(double expected, double found) => Math.Abs(expected - found) <= 1e-9 * Math.Max(1, Math.Abs(expected));
}
