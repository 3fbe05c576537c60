namespace ApproxNets.Search;

/// <summary>A way of choosing few multipliers for many points: a name and a function. One of your own stands beside those of
/// <see cref="SubsetMethods"/>.</summary>
/// <param name="Name">Name in tables and results.</param>
/// <param name="Choose">Makes the choice.</param>
public sealed record SubsetMethod(string Name, Func<SubsetProblem, SubsetChoice> Choose);

/// <summary>What a <see cref="SubsetMethod"/> chose.</summary>
/// <param name="Multipliers">At most <see cref="SubsetProblem.Count"/> indices in <see cref="SubsetProblem.Multipliers"/>.</param>
public sealed record SubsetChoice(IReadOnlyList<int> Multipliers)
{
    /// <summary>Cluster of every point; the cluster c has the multiplier c of <see cref="Multipliers"/>. Null where there are no clusters.</summary>
    public IReadOnlyList<int>? Clusters { get; init; }

    /// <summary>Proven: no choice within all tolerances has less power than this; null where nothing is proven.</summary>
    public double? LowerBound { get; init; }
}

/// <summary>The ways of choosing few multipliers that this library knows.</summary>
public static class SubsetMethods
{
    private const int NodeLimit = 20_000;

    /// <summary>
    /// The paper's: k-means over points with one coordinate per multiplier, the ratio of error to tolerance. Each centroid takes the
    /// cheapest multiplier whose coordinate is at most 1. Weights do not count.
    /// </summary>
    /// <remarks>
    /// Coordinates above 1 are damped to <c>1 + ln v</c>, which keeps them above 1. A plain <c>ln v</c> would accept a multiplier that
    /// exceeds the tolerance up to e times. A centroid is an average, so its choice need not suit a member: points may violate their
    /// tolerance although a choice exists for which none does.
    /// </remarks>
    public static SubsetMethod KMeans { get; } = new("k-means", ByKMeans);

    /// <summary>Begins with the cheapest multiplier that suits all points and adds, again and again, the one that saves most.</summary>
    public static SubsetMethod Greedy { get; } = new("greedy", p => new(p.Median.Greedy(p.Count)));

    /// <summary>
    /// k-medoids by build and swap (Kaufman and Rousseeuw, "Finding Groups in Data", 1990, ch. 2): the greedy choice, then the best
    /// exchange of one multiplier for another, while one saves. A medoid is a multiplier, its distance to a point the power it takes there.
    /// </summary>
    public static SubsetMethod KMedoids { get; } = new("k-medoids", p => new(p.Median.KMedoids(p.Count)));

    /// <summary>The least power there is, with the proof: <see cref="OptimumWithin"/> 20,000 nodes.</summary>
    public static SubsetMethod Optimum { get; } = OptimumWithin(NodeLimit);

    /// <summary>All, in the order of a comparison.</summary>
    public static IReadOnlyList<SubsetMethod> All { get; } = [KMeans, Greedy, KMedoids, Optimum];

    /// <summary>The method of a name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static SubsetMethod Named(string name) => All.FirstOrDefault(m => m.Name == name) ?? throw new ArgumentException(
        $"Subset methods: found the name '{name}', expected one of {string.Join(", ", All.Select(m => m.Name))}.", nameof(name));

    /// <summary>
    /// Makes the method of branch and bound (<see cref="MedianBranchAndBound"/>). It starts from the better of k-medoids and k-means, so it is
    /// never worse. Its bound is that of the optimum unless the limit ends it first. Sums are trusted to a relative 1e-11.
    /// </summary>
    /// <param name="nodes">Greatest number of nodes of the search tree, &gt;= 1. Nodes, not seconds, so that a result is the same everywhere.</param>
    public static SubsetMethod OptimumWithin(int nodes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nodes, 1);
        return new("optimum", problem =>
        {
            var median = problem.Median;
            var start = new IReadOnlyList<int>[] { median.KMedoids(problem.Count), ByKMeans(problem).Multipliers }.MinBy(problem.Power)!;
            var (found, bound) = MedianBranchAndBound.Solve(median, median.Candidates(start), problem.Count, nodes);
            int[] chosen = median.Originals(found);
            return new(chosen) { LowerBound = bound is { } proven ? Math.Min(proven, problem.Power(chosen)) : problem.Power(chosen) };
        });
    }

    /// <summary>Damps a ratio of error to tolerance: <c>v</c> up to 1, <c>1 + ln v</c> above.</summary>
    public static double Damp(double ratio) => ratio <= 1 ? ratio : 1 + Math.Log(ratio);

    private static SubsetChoice ByKMeans(SubsetProblem problem)
    {
        // Multipliers that no layer tolerates at any operating point would only add noise to the distances. A finite stand-in for "never"
        // keeps means finite.
        const double Never = 1e9;
        int points = problem.Points.Count;
        int[] usable =
        [
            .. Enumerable.Range(0, problem.Multipliers.Count).Where(m => Enumerable.Range(0, points).Any(p => problem[p, m] <= 1)),
        ];
        double[][] coordinates =
        [
            .. Enumerable.Range(0, points).Select(p => usable.Select(m => Damp(Math.Min(problem[p, m], Never))).ToArray()),
        ];
        var (labels, centroids, _) = Search.KMeans.Cluster(coordinates, problem.Count, problem.Seed);

        // Multipliers are in order of power, so the first that fits is the cheapest; the exact one has the coordinate 0 everywhere.
        return new([.. centroids.Select(c => usable[Array.FindIndex(c, v => v <= 1)])]) { Clusters = labels };
    }
}
