// The flow of data, 7 of 8. Subset search is matching (6) for several operating points that share few multipliers: one Assignment for
// each point. It reads the same errors (5) and tolerances (4).
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>
/// Chooses few multipliers for several operating points by clustering (Trommer, Waschneck, Kumar, "QoS-Nets", 2024, section 3). Every
/// layer of every operating point is a point with one coordinate per multiplier, <c>v = sigma_e(l, m) / (f_i |sigma_l|)</c>. k-means runs
/// over all points; each centroid takes the cheapest multiplier whose coordinate is at most 1.
/// </summary>
/// <remarks>
/// <para>Coordinates above 1 are damped to <c>1 + ln v</c>, which keeps them above 1. A plain <c>ln v</c> would accept a multiplier that
/// exceeds the tolerance up to e times.</para>
/// <para>A centroid is an average, so its choice need not suit a member, and another centroid's choice may suit it at less power. So every
/// point takes the cheapest of all chosen multipliers within its own tolerance. Where there is none, it takes the chosen multiplier of
/// least error and is one of the <see cref="SubsetResult.Violations"/>: the savings of that operating point are not
/// those of one within the tolerances.</para>
/// </remarks>
public static class SubsetSearch
{
    /// <summary>Chooses at most <paramref name="count"/> multipliers and assigns them.</summary>
    /// <param name="table">Errors; one of its multipliers is exact.</param>
    /// <param name="sigmas">|sigma_l| per layer, a share of std(y_l).</param>
    /// <param name="factors">Scale f_i of the tolerance per operating point, rising (the paper: 0.3, 1, 2).</param>
    /// <param name="count">Number of clusters, hence the greatest number of distinct multipliers.</param>
    /// <param name="seed">Seed of the clustering.</param>
    /// <exception cref="ArgumentException">Numbers of layers and sigmas differ, factors are missing, not positive or not rising, or no
    /// multiplier is exact.</exception>
    public static SubsetResult Run(
        ErrorTable table, IReadOnlyList<double> sigmas, IReadOnlyList<double> factors, int count, int seed)
    {
        Matching.CheckTolerances(table, sigmas);
        if (factors.Count == 0 || !(factors[0] > 0) || !double.IsFinite(factors[^1])
            || factors.Zip(factors.Skip(1)).Any(p => !(p.Second > p.First)))
        {
            throw new ArgumentException(
                $"Subset search: found the factors {string.Join(", ", factors)}, expected positive ones in rising order.", nameof(factors));
        }

        if (!table.Multipliers.Any(m => m.IsExact))
        {
            throw new ArgumentException(
                $"Subset search: found no exact multiplier among {table.Multipliers.Count}, expected one for layers that tolerate nothing.",
                nameof(table));
        }

        int[] order = Matching.Order(table.Multipliers);
        Multiplier[] multipliers = [.. order.Select(m => table.Multipliers[m])];
        var points = factors.Index().SelectMany(_ => sigmas.Index(), (f, s) => (
            Layer: s.Index, Point: f.Index,
            Ratios: order.Select(m => Ratio(table[s.Index, m].StandardDeviation, f.Item * Math.Abs(s.Item))).ToArray())).ToList();

        // Multipliers that no layer tolerates at any operating point would only add noise to the distances.
        int[] usable = [.. Enumerable.Range(0, multipliers.Length).Where(m => points.Any(p => p.Ratios[m] <= 1))];
        double[][] coordinates = [.. points.Select(p => usable.Select(m => Damp(p.Ratios[m])).ToArray())];
        var (labels, centroids, _) = KMeans.Cluster(coordinates, count, seed);

        // Multipliers are in order of power, so the first that fits is the cheapest; the exact one has the coordinate 0 everywhere.
        int[] chosen = [.. centroids.Select(c => usable[Array.FindIndex(c, v => v <= 1)])];
        var assigned = points.Select((p, i) =>
        {
            int used = chosen.Where(m => p.Ratios[m] <= 1).DefaultIfEmpty(chosen.MinBy(m => p.Ratios[m])).Min();
            return new SubsetPoint(p.Layer, p.Point, labels[i], multipliers[chosen[labels[i]]], multipliers[used], p.Ratios[used]);
        }).ToList();
        var assignments = assigned.GroupBy(p => p.OperatingPoint)
            .Select(g => new Assignment([.. g.Select(p => p.Multiplier)], table.Opcounts));
        return new SubsetResult(
            [.. assigned.Select(p => p.Multiplier).Distinct().OrderBy(m => m.RelativePower)], [.. assignments], assigned);
    }

    /// <summary>Damps a ratio of error to tolerance: <c>v</c> up to 1, <c>1 + ln v</c> above.</summary>
    public static double Damp(double ratio) => ratio <= 1 ? ratio : 1 + Math.Log(ratio);

    // No error is within any tolerance, also within none at all. A finite stand-in for "never" keeps means finite.
    private static double Ratio(double error, double tolerance) => error == 0 ? 0 : tolerance > 0 ? Math.Min(error / tolerance, 1e9) : 1e9;
}

/// <summary>A few multipliers that serve all layers of all operating points.</summary>
/// <param name="Multipliers">The distinct multipliers in use, cheapest first.</param>
/// <param name="Assignments">One assignment per operating point, strictest first.</param>
/// <param name="Points">What every layer of every operating point got.</param>
public sealed record SubsetResult(
    IReadOnlyList<Multiplier> Multipliers, IReadOnlyList<Assignment> Assignments, IReadOnlyList<SubsetPoint> Points)
{
    /// <summary>The points whose multiplier exceeds their own tolerance.</summary>
    public IEnumerable<SubsetPoint> Violations => Points.Where(p => p.Ratio > 1);
}

/// <summary>One layer at one operating point.</summary>
/// <param name="Layer">Index of the layer.</param>
/// <param name="OperatingPoint">Index of the operating point.</param>
/// <param name="Cluster">Cluster of the point.</param>
/// <param name="Centroid">The multiplier of the cluster's centroid.</param>
/// <param name="Multiplier">The multiplier the point uses.</param>
/// <param name="Ratio">Error of <paramref name="Multiplier"/> divided by the tolerance; above 1 is a violation.</param>
public sealed record SubsetPoint(int Layer, int OperatingPoint, int Cluster, Multiplier Centroid, Multiplier Multiplier, double Ratio);
