using ApproxNets.ErrorModels;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>What a <see cref="SubsetMethod"/> chooses from: multipliers by rising power, and which of them every point tolerates. Immutable.</summary>
public sealed class SubsetProblem
{
    private readonly double[][] _ratios;
    private readonly Lazy<MedianProblem> _median;

    internal SubsetProblem(
        ErrorTable table, IReadOnlyList<double> sigmas, IReadOnlyList<double> factors, int count, int seed, IReadOnlyList<double>? weights)
    {
        Matching.CheckTolerances(table, sigmas);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (factors.Count == 0 || !(factors[0] > 0) || !double.IsFinite(factors[^1])
            || factors.Zip(factors.Skip(1)).Any(p => !(p.Second > p.First)))
        {
            throw new ArgumentException(
                $"Subset search: found the factors {string.Join(", ", factors)}, expected positive ones in rising order.", nameof(factors));
        }

        weights ??= [.. factors.Select(_ => 1.0)];
        if (weights.Count != factors.Count || weights.Any(w => !(w > 0) || !double.IsFinite(w)))
        {
            throw new ArgumentException(
                $"Subset search: found the weights {string.Join(", ", weights)}, expected {factors.Count} positive ones.", nameof(weights));
        }

        if (!table.Multipliers.Any(m => m.IsExact))
        {
            throw new ArgumentException(
                $"Subset search: found no exact multiplier among {table.Multipliers.Count}, expected one for layers that tolerate nothing.",
                nameof(table));
        }

        int[] order = Matching.Order(table.Multipliers);
        (Count, Seed) = (count, seed);
        Multipliers = [.. order.Select(m => table.Multipliers[m])];
        Points = [.. factors.SelectMany((_, i) => sigmas.Select((_, l) => (l, i)))];
        _ratios =
        [
            .. Points.Select(p => order.Select(
                m => Ratio(table[p.Layer, m].StandardDeviation, factors[p.OperatingPoint] * Math.Abs(sigmas[p.Layer]))).ToArray()),
        ];
        double total = weights.Sum() * table.Opcounts.Sum();
        Weights = [.. Points.Select(p => weights[p.OperatingPoint] * table.Opcounts[p.Layer] / total)];
        _median = new Lazy<MedianProblem>(() => new MedianProblem(this));
    }

    /// <summary>The multipliers by rising power; one is exact and within every tolerance.</summary>
    public IReadOnlyList<Multiplier> Multipliers { get; }

    /// <summary>The points: all layers of the strictest operating point, then those of the next.</summary>
    public IReadOnlyList<(int Layer, int OperatingPoint)> Points { get; }

    /// <summary>Share of every point in the power, by opcount and weight of the operating point; their sum is 1.</summary>
    public IReadOnlyList<double> Weights { get; }

    /// <summary>The greatest number of multipliers to choose.</summary>
    public int Count { get; }

    /// <summary>Seed of whatever is drawn.</summary>
    public int Seed { get; }

    /// <summary>The ratio v of a multiplier's error to a point's tolerance: at most 1 is within it.</summary>
    /// <param name="point">Index in <see cref="Points"/>.</param>
    /// <param name="multiplier">Index in <see cref="Multipliers"/>.</param>
    public double this[int point, int multiplier] => _ratios[point][multiplier];

    /// <summary>Computes the mean relative power where every point takes the cheapest chosen multiplier within its tolerance; infinite
    /// where one has none.</summary>
    /// <param name="chosen">Indices in <see cref="Multipliers"/>.</param>
    public double Power(IReadOnlyList<int> chosen)
    {
        int[] rising = [.. chosen.Order()];
        return Points.Select((_, i) =>
        {
            int used = Used(i, rising);
            return _ratios[i][used] <= 1 ? Weights[i] * Multipliers[used].RelativePower : double.PositiveInfinity;
        }).Sum();
    }

    /// <summary>The same choice as a problem of as few multipliers and points as possible.</summary>
    internal MedianProblem Median => _median.Value;

    /// <summary>What a point uses of a choice in rising order: the cheapest within its tolerance, else that of least error.</summary>
    internal int Used(int point, int[] chosen)
    {
        int within = Array.FindIndex(chosen, m => _ratios[point][m] <= 1);
        return within >= 0 ? chosen[within] : chosen.MinBy(m => _ratios[point][m]);
    }

    // No error is within any tolerance, also within none at all.
    private static double Ratio(double error, double tolerance) => error == 0 ? 0 : tolerance > 0 ? error / tolerance : double.PositiveInfinity;
}
