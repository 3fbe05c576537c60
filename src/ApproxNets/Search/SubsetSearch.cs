using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>
/// Chooses few multipliers for several operating points by clustering (Trommer, Waschneck, Kumar, "QoS-Nets", 2024,
/// section 3). Every layer of every operating point is a point with one coordinate per multiplier,
/// <c>v = sigma_e(l, m) / (f_i |sigma_l| std(y_l))</c>; k-means over all points; each centroid takes the cheapest multiplier
/// whose coordinate is at most 1.
/// </summary>
/// <remarks>
/// Coordinates above 1 are damped to <c>1 + ln v</c>, which keeps them above 1: a plain <c>ln v</c> would make a multiplier
/// that exceeds the tolerance up to e times look acceptable. A centroid is an average, so its choice may not suit every
/// member; a point that would exceed its tolerance takes the cheapest other chosen multiplier within it. Where there is
/// none, the point takes the chosen multiplier of least error and is reported as a violation.
/// </remarks>
public static class SubsetSearch
{
    /// <summary>Chooses at most <paramref name="count"/> multipliers and assigns them.</summary>
    /// <param name="samples">One sample per layer.</param>
    /// <param name="sigmas">|sigma_l| per layer.</param>
    /// <param name="library">The multipliers to choose from.</param>
    /// <param name="errorModel">Predicts the error.</param>
    /// <param name="factors">Scale f_i of the tolerance per operating point, rising (the paper: 0.3, 1, 2).</param>
    /// <param name="count">Number of clusters, hence the greatest number of distinct multipliers.</param>
    /// <param name="seed">Seed of the clustering.</param>
    /// <exception cref="ArgumentException">Numbers of samples and sigmas differ, or factors are missing, not positive or not
    /// rising.</exception>
    public static SubsetResult Run(
        IReadOnlyList<LayerSample> samples,
        IReadOnlyList<double> sigmas,
        MultiplierLibrary library,
        IErrorModel errorModel,
        IReadOnlyList<double> factors,
        int count,
        int seed)
    {
        Check(samples.Count, sigmas, factors);
        return Run(ErrorTable.Of(samples, library, errorModel), sigmas, factors, count, seed);
    }

    /// <summary>Chooses at most <paramref name="count"/> multipliers by a table of errors and assigns them.</summary>
    /// <param name="table">Predicted errors; one of its multipliers is exact.</param>
    /// <param name="sigmas">|sigma_l| per layer.</param>
    /// <param name="factors">Scale f_i of the tolerance per operating point, rising (the paper: 0.3, 1, 2).</param>
    /// <param name="count">Number of clusters, hence the greatest number of distinct multipliers.</param>
    /// <param name="seed">Seed of the clustering.</param>
    /// <exception cref="ArgumentException">Numbers of layers and sigmas differ, factors are missing, not positive or not rising, or no
    /// multiplier is exact.</exception>
    public static SubsetResult Run(
        ErrorTable table, IReadOnlyList<double> sigmas, IReadOnlyList<double> factors, int count, int seed)
    {
        Check(table.Samples.Count, sigmas, factors);
        if (!table.Multipliers.Any(m => m.IsExact))
        {
            throw new ArgumentException(
                $"Subset search: found no exact multiplier among {table.Multipliers.Count}, expected one for layers that tolerate nothing.",
                nameof(table));
        }

        int[] order = Matching.Order(table.Multipliers);
        Multiplier[] multipliers = [.. order.Select(m => table.Multipliers[m])];
        double[] tolerances = Matching.Tolerances(table.Samples, sigmas);
        var points = new List<(int Layer, int Point, double[] Ratios)>();
        for (int i = 0; i < factors.Count; i++)
        {
            for (int l = 0; l < tolerances.Length; l++)
            {
                points.Add((l, i, [.. order.Select(m => Ratio(table.Real(l, m).StandardDeviation, factors[i] * tolerances[l]))]));
            }
        }

        // Multipliers that no layer tolerates at any operating point would only add noise to the distances.
        int[] usable = [.. Enumerable.Range(0, multipliers.Length).Where(m => points.Any(p => p.Ratios[m] <= 1))];
        double[][] coordinates = [.. points.Select(p => usable.Select(m => Damp(p.Ratios[m])).ToArray())];
        var (labels, centroids, _) = KMeans.Cluster(coordinates, count, seed);
        int[] chosen = [.. centroids.Select(c => usable[Cheapest(c)])];

        var assigned = points.Select((p, i) =>
        {
            int own = chosen[labels[i]];
            int used = p.Ratios[own] <= 1 ? own : chosen.Where(m => p.Ratios[m] <= 1).DefaultIfEmpty(chosen.MinBy(m => p.Ratios[m])).Min();
            return new SubsetPoint(p.Layer, p.Point, labels[i], multipliers[own], multipliers[used], p.Ratios[used]);
        }).ToList();
        var assignments = assigned.GroupBy(p => p.OperatingPoint).OrderBy(g => g.Key)
            .Select(g => new Assignment([.. g.OrderBy(p => p.Layer).Select(p => p.Multiplier)]));
        return new SubsetResult(
            [.. assigned.Select(p => p.Multiplier).Distinct().OrderBy(m => m.RelativePower)], [.. assignments], assigned);

        // Multipliers are in order of power, so the first that fits is the cheapest; the exact one has the coordinate 0 everywhere.
        int Cheapest(double[] centroid) => Array.FindIndex(centroid, v => v <= 1);
    }

    /// <summary>Damps a ratio of error to tolerance: <c>v</c> up to 1, <c>1 + ln v</c> above.</summary>
    public static double Damp(double ratio) => ratio <= 1 ? ratio : 1 + Math.Log(ratio);

    private static void Check(int layers, IReadOnlyList<double> sigmas, IReadOnlyList<double> factors)
    {
        if (layers == 0 || layers != sigmas.Count)
        {
            throw new ArgumentException(
                $"Subset search: found {layers} samples and {sigmas.Count} sigmas, "
                + "expected as many of each and at least one.", nameof(sigmas));
        }

        if (factors.Count == 0 || !(factors[0] > 0) || !double.IsFinite(factors[^1])
            || factors.Zip(factors.Skip(1)).Any(p => !(p.Second > p.First)))
        {
            throw new ArgumentException(
                $"Subset search: found the factors {string.Join(", ", factors)}, expected positive ones in rising order.", nameof(factors));
        }
    }

    // No error is within any tolerance, also within none at all. A finite stand-in for "never" keeps means finite.
    private static double Ratio(double error, double tolerance) => error == 0 ? 0 : tolerance > 0 ? Math.Min(error / tolerance, 1e9) : 1e9;
}
