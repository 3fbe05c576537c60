// The flow of data, 7 of 8. Subset search is matching (6) for several operating points that share few multipliers: one Assignment for
// each point. It reads the same errors (5) and tolerances (4).
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>
/// Chooses few multipliers for several operating points (Trommer, Waschneck, Kumar, "QoS-Nets", 2024, section 3). Every layer of every
/// operating point is a point that tolerates the multipliers of a ratio <c>v = sigma_e(l, m) / (f_i |sigma_l|)</c> of at most 1. A
/// <see cref="SubsetMethod"/> chooses; then every point takes the cheapest of all chosen multipliers within its own tolerance.
/// </summary>
/// <remarks>
/// <para>Where none is within it, a point takes the chosen multiplier of least error and is one of the
/// <see cref="SubsetResult.Violations"/>: the savings of that operating point are not those of one within the tolerances.</para>
/// <para>Monotone: tolerances rise with the factors, so a layer never has a costlier multiplier at a point that saves more.</para>
/// </remarks>
public static class SubsetSearch
{
    /// <summary>Chooses at most <paramref name="count"/> multipliers and assigns them.</summary>
    /// <param name="table">Errors; one of its multipliers is exact.</param>
    /// <param name="sigmas">|sigma_l| per layer, a share of std(y_l).</param>
    /// <param name="factors">Scale f_i of the tolerance per operating point, rising (the paper: 0.3, 1, 2).</param>
    /// <param name="count">The greatest number of distinct multipliers, &gt;= 1.</param>
    /// <param name="seed">Seed of a method that draws.</param>
    /// <param name="method">How; <see cref="SubsetMethods.KMeans"/>, the paper's, if null.</param>
    /// <param name="weights">How much the power of each operating point counts, positive, such as shares of its time; all alike if null.</param>
    /// <exception cref="ArgumentException">Numbers of layers and sigmas or of factors and weights differ, factors are missing, not positive or not
    /// rising, a weight is not positive, or no multiplier is exact.</exception>
    public static SubsetResult Run(
        ErrorTable table, IReadOnlyList<double> sigmas, IReadOnlyList<double> factors, int count, int seed, SubsetMethod? method = null,
        IReadOnlyList<double>? weights = null)
    {
        method ??= SubsetMethods.KMeans;
        var problem = new SubsetProblem(table, sigmas, factors, count, seed, weights);
        var choice = method.Choose(problem);
        int[] chosen = [.. choice.Multipliers.Distinct().Order()];
        if (chosen.Length == 0 || chosen.Length > count || chosen[0] < 0 || chosen[^1] >= problem.Multipliers.Count)
        {
            throw new ArgumentException(
                $"Subset search by '{method.Name}': found the choice {string.Join(", ", choice.Multipliers)}, expected 1..{count} numbers of "
                + $"0..{problem.Multipliers.Count - 1}.", nameof(method));
        }

        var assigned = problem.Points.Select((p, i) =>
        {
            int used = problem.Used(i, chosen);
            int? cluster = choice.Clusters?[i];
            return new SubsetPoint(
                p.Layer, p.OperatingPoint, cluster, cluster is { } c ? problem.Multipliers[choice.Multipliers[c]] : null,
                problem.Multipliers[used], problem[i, used]);
        }).ToList();
        var assignments = assigned.GroupBy(p => p.OperatingPoint)
            .Select(g => new Assignment([.. g.Select(p => p.Multiplier)], table.Opcounts));
        return new SubsetResult(
            [.. assigned.Select(p => p.Multiplier).Distinct().OrderBy(m => m.RelativePower)], [.. assignments], assigned)
        {
            Method = method.Name,
            RelativePower = assigned.Select((p, i) => problem.Weights[i] * p.Multiplier.RelativePower).Sum(),
            LowerBound = choice.LowerBound,
        };
    }
}

/// <summary>A few multipliers that serve all layers of all operating points.</summary>
/// <param name="Multipliers">The distinct multipliers in use, cheapest first.</param>
/// <param name="Assignments">One assignment per operating point, strictest first.</param>
/// <param name="Points">What every layer of every operating point got.</param>
public sealed record SubsetResult(
    IReadOnlyList<Multiplier> Multipliers, IReadOnlyList<Assignment> Assignments, IReadOnlyList<SubsetPoint> Points)
{
    /// <summary>Name of the <see cref="SubsetMethod"/>.</summary>
    public required string Method { get; init; }

    /// <summary>Mean relative power of the operating points by their weights: what the methods minimise.</summary>
    public required double RelativePower { get; init; }

    /// <summary>Proven: no choice of so many multipliers within all tolerances has less <see cref="RelativePower"/>; null where the method
    /// proves nothing.</summary>
    public double? LowerBound { get; init; }

    /// <summary>What is unproven of the power, <c>(power - bound) / power</c>: 0 for the optimum; null without a bound.</summary>
    public double? Gap => LowerBound is { } bound ? (RelativePower > 0 ? (RelativePower - bound) / RelativePower : 0) : null;

    /// <summary>The points whose multiplier exceeds their own tolerance.</summary>
    public IEnumerable<SubsetPoint> Violations => Points.Where(p => p.Ratio > 1);
}

/// <summary>One layer at one operating point.</summary>
/// <param name="Layer">Index of the layer.</param>
/// <param name="OperatingPoint">Index of the operating point.</param>
/// <param name="Cluster">Cluster of the point; null where the method makes none.</param>
/// <param name="Centroid">The multiplier of the cluster's centroid; null where the method makes none.</param>
/// <param name="Multiplier">The multiplier the point uses.</param>
/// <param name="Ratio">Error of <paramref name="Multiplier"/> divided by the tolerance; above 1 is a violation.</param>
public sealed record SubsetPoint(int Layer, int OperatingPoint, int? Cluster, Multiplier? Centroid, Multiplier Multiplier, double Ratio);
