namespace ApproxNets.Search;

/// <summary>
/// The choice of few multipliers as a p-median problem, made small: candidates are the multipliers that no other one replaces at no more
/// power, demands are the points, those that tolerate the same candidates as one. The cost of a choice is
/// <c>sum_d weight_d min power_j</c> over the chosen candidates j that demand d tolerates. Immutable.
/// </summary>
internal sealed class MedianProblem
{
    private readonly int[] _original, _candidate;
    private readonly int[][] _tolerated;

    public MedianProblem(SubsetProblem problem)
    {
        int points = problem.Points.Count;
        var kept = new List<(int Multiplier, bool[] Serves)>();
        _candidate = new int[problem.Multipliers.Count];
        for (int m = 0; m < problem.Multipliers.Count; m++)
        {
            bool[] serves = [.. Enumerable.Range(0, points).Select(p => problem[p, m] <= 1)];

            // By rising power: an earlier one that serves the same points, or more, replaces this one.
            int better = kept.FindIndex(k => !serves.Where((s, p) => s && !k.Serves[p]).Any());
            if (better < 0 && serves.Contains(true))
            {
                kept.Add((m, serves));
                better = kept.Count - 1;
            }

            _candidate[m] = better;
        }

        _original = [.. kept.Select(k => k.Multiplier)];
        Powers = [.. _original.Select(m => problem.Multipliers[m].RelativePower)];
        var demands = Enumerable.Range(0, points)
            .Select(p => (Tolerated: (int[])[.. Enumerable.Range(0, kept.Count).Where(j => kept[j].Serves[p])], Weight: problem.Weights[p]))
            .GroupBy(d => string.Join(' ', d.Tolerated), (_, same) => (same.First().Tolerated, Weight: same.Sum(d => d.Weight))).ToList();
        _tolerated = [.. demands.Select(d => d.Tolerated)];
        Weights = [.. demands.Select(d => d.Weight)];
        Serves = [.. Powers.Select((_, j) => Enumerable.Range(0, Weights.Length).Where(d => _tolerated[d].Contains(j)).ToArray())];
    }

    /// <summary>Relative power of every candidate, rising.</summary>
    public double[] Powers { get; }

    /// <summary>Weight of every demand.</summary>
    public double[] Weights { get; }

    /// <summary>The demands that every candidate serves.</summary>
    public int[][] Serves { get; }

    /// <summary>The candidates of a demand, by rising power.</summary>
    public ReadOnlySpan<int> Tolerated(int demand) => _tolerated[demand];

    /// <summary>The candidates that stand for multipliers; those that serve nothing are left out.</summary>
    public int[] Candidates(IEnumerable<int> multipliers) => [.. multipliers.Select(m => _candidate[m]).Where(j => j >= 0).Distinct()];

    /// <summary>The multipliers of candidates.</summary>
    public int[] Originals(IEnumerable<int> candidates) => [.. candidates.Select(j => _original[j])];

    /// <summary>The cost of the candidates that are marked; infinite where a demand tolerates none of them.</summary>
    public double Cost(ReadOnlySpan<bool> marked)
    {
        double cost = 0;
        for (int d = 0; d < Weights.Length; d++)
        {
            double power = double.PositiveInfinity;
            foreach (int j in _tolerated[d])
            {
                if (marked[j])
                {
                    power = Powers[j];
                    break;
                }
            }

            if (power == double.PositiveInfinity)
            {
                return power; // also where the weight is 0
            }

            cost += Weights[d] * power;
        }

        return cost;
    }

    /// <summary>The greedy choice, as multipliers.</summary>
    public int[] Greedy(int count)
    {
        bool[] marked = Start();
        Add(marked, count);
        return Chosen(marked);
    }

    /// <summary>The choice that no exchange of one candidate improves, as multipliers.</summary>
    public int[] KMedoids(int count)
    {
        bool[] marked = Start();
        do
        {
            Add(marked, count);
        }
        while (Exchange(marked));
        return Chosen(marked);
    }

    private int[] Chosen(bool[] marked) => Originals(Enumerable.Range(0, marked.Length).Where(j => marked[j]));

    /// <summary>Marks the cheapest candidate that serves all; the exact multiplier, or one that replaces it, does.</summary>
    private bool[] Start()
    {
        var marked = new bool[Powers.Length];
        marked[Array.FindIndex(Serves, s => s.Length == Weights.Length)] = true;
        return marked;
    }

    private void Add(bool[] marked, int count)
    {
        double cost = Cost(marked);
        while (marked.Count(m => m) < count && Best(marked, cost) is { } best)
        {
            marked[best.Candidate] = true;
            cost = best.Cost;
        }
    }

    /// <summary>Makes the best exchange of one candidate for another, if one lowers the cost.</summary>
    private bool Exchange(bool[] marked)
    {
        double cost = Cost(marked);
        (int Out, int In)? exchange = null;
        for (int j = 0; j < marked.Length; j++)
        {
            if (marked[j])
            {
                marked[j] = false;
                if (Best(marked, cost) is { } best)
                {
                    (exchange, cost) = ((j, best.Candidate), best.Cost);
                }

                marked[j] = true;
            }
        }

        if (exchange is { } found)
        {
            (marked[found.Out], marked[found.In]) = (false, true);
        }

        return exchange is not null;
    }

    /// <summary>The candidate that lowers a cost most when it is added; null if none does.</summary>
    private (int Candidate, double Cost)? Best(bool[] marked, double below)
    {
        (int, double)? best = null;
        for (int j = 0; j < marked.Length; j++)
        {
            if (!marked[j])
            {
                marked[j] = true;
                double cost = Cost(marked);
                marked[j] = false;
                if (cost < below)
                {
                    (best, below) = ((j, cost), cost);
                }
            }
        }

        return best;
    }
}
