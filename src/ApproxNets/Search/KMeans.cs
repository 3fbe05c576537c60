namespace ApproxNets.Search;

/// <summary>
/// Lloyd's k-means (IEEE Trans. Inf. Theory, 1982) with k-means++ seeding (Arthur and Vassilvitskii, SODA 2007) and
/// restarts. Deterministic for a seed.
/// </summary>
internal static class KMeans
{
    /// <summary>Partitions points into at most <paramref name="clusters"/> clusters of least squared distance to their means.</summary>
    /// <param name="points">Points of equal dimension, at least one.</param>
    /// <param name="clusters">Number of clusters, &gt;= 1; fewer are used when there are fewer distinct points.</param>
    /// <param name="seed">Seed of the starts.</param>
    /// <param name="restarts">Number of starts; the best result counts.</param>
    /// <returns>Cluster of every point, the centroids, and the sum of squared distances.</returns>
    /// <exception cref="ArgumentException">There are no points, their dimensions differ, or a coordinate is not finite.</exception>
    public static (int[] Labels, double[][] Centroids, double Inertia) Cluster(
        IReadOnlyList<double[]> points, int clusters, int seed, int restarts = 20)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(clusters, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(restarts, 1);
        if (points.Count == 0 || points.Any(p => p.Length != points[0].Length || !p.All(double.IsFinite)))
        {
            throw new ArgumentException(
                $"k-means: found {points.Count} points of dimensions {string.Join(", ", points.Select(p => p.Length).Distinct())}, "
                + "expected at least one, one dimension, and finite coordinates.", nameof(points));
        }

        var random = new Random(seed);
        return Enumerable.Range(0, restarts).Select(_ => Run(points, clusters, random)).MinBy(r => r.Inertia);
    }

    private static (int[] Labels, double[][] Centroids, double Inertia) Run(IReadOnlyList<double[]> points, int clusters, Random random)
    {
        double[][] centroids = Seed(points, clusters, random);
        int[] labels = Assign(points, centroids);
        while (true)
        {
            for (int c = 0; c < centroids.Length; c++)
            {
                double[][] members = [.. points.Where((_, i) => labels[i] == c)];
                if (members.Length > 0)
                {
                    centroids[c] = [.. Enumerable.Range(0, points[0].Length).Select(d => members.Average(m => m[d]))];
                }
            }

            int[] next = Assign(points, centroids);
            if (next.SequenceEqual(labels))
            {
                return (labels, centroids, points.Select((p, i) => SquaredDistance(p, centroids[labels[i]])).Sum());
            }

            labels = next;
        }
    }

    private static double[][] Seed(IReadOnlyList<double[]> points, int clusters, Random random)
    {
        var centroids = new List<double[]> { points[random.Next(points.Count)] };
        while (centroids.Count < clusters)
        {
            double[] distances = [.. points.Select(p => centroids.Min(c => SquaredDistance(p, c)))];
            double total = distances.Sum();
            if (total == 0)
            {
                break;
            }

            double draw = random.NextDouble() * total;
            int chosen = 0;
            while (chosen < distances.Length - 1 && (draw -= distances[chosen]) >= 0)
            {
                chosen++;
            }

            centroids.Add(points[chosen]);
        }

        return [.. centroids];
    }

    private static int[] Assign(IReadOnlyList<double[]> points, double[][] centroids) =>
        [.. points.Select(p => Enumerable.Range(0, centroids.Length).MinBy(c => SquaredDistance(p, centroids[c])))];

    private static double SquaredDistance(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return sum;
    }
}
