namespace ApproxNets.Search;

/// <summary>
/// The least cost of a <see cref="MedianProblem"/> by branch and bound over candidates that are open (chosen) or closed. The bound is that
/// of Lagrange (Cornuejols, Fisher, Nemhauser, Management Science 23, 1977): with a price <c>u_d</c> for leaving demand d unserved,
/// <c>L(u) = sum_d u_d + min sum_j rho_j</c> over at most n candidates, <c>rho_j = sum_d min(0, weight_d power_j - u_d)</c>.
/// </summary>
/// <remarks>
/// <para>Any prices give a bound. They are raised where a demand is unserved and lowered where it is served twice, in steps after Polyak.
/// The open candidates of a bound, taken as a choice, are a solution as well where they serve all.</para>
/// <para>Candidates whose opening, or closing, would raise the bound to the best known cost are fixed: that leaves few to branch on.</para>
/// <para>Nodes are taken by their bound, the least first; ties go to the older one. So the first bound in line is that of all.</para>
/// </remarks>
internal static class MedianBranchAndBound
{
    // Sums of a few hundred doubles, rounded in two orders, agree far better.
    private const double Slack = 1e-11;

    private const int RootSteps = 600, NodeSteps = 60, Patience = 8;

    /// <summary>Finds the least cost.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="start">A choice to begin with; it need not serve all.</param>
    /// <param name="count">Greatest number of candidates.</param>
    /// <param name="nodes">Greatest number of nodes.</param>
    /// <returns>The best choice, and a bound of the least cost that is still proven; null where the choice is the optimum.</returns>
    public static (int[] Chosen, double? LowerBound) Solve(MedianProblem problem, int[] start, int count, int nodes)
    {
        var search = new Search(problem, count);
        bool[] first = new bool[problem.Powers.Length];
        Array.ForEach(start, j => first[j] = true);
        search.Offer(first);
        var line = new PriorityQueue<Node, (double Bound, int Age)>();
        var prices = Enumerable.Range(0, problem.Weights.Length).Select(d => problem.Weights[d] * problem.Powers[^1]).ToArray();
        line.Enqueue(new Node(new Fixing[problem.Powers.Length], prices), (0, 0));
        for (int age = 1, done = 0; line.TryDequeue(out var node, out var priority); done++)
        {
            if (search.IsBeaten(priority.Bound))
            {
                break; // so are all behind it
            }

            if (done == nodes)
            {
                return (search.Best, priority.Bound * (1 - Slack));
            }

            double bound = Math.Max(priority.Bound, search.Bound(node, done == 0 ? RootSteps : NodeSteps, out int branch));
            if (!search.IsBeaten(bound) && branch >= 0)
            {
                foreach (var fixing in new[] { Fixing.Open, Fixing.Closed })
                {
                    var fixings = (Fixing[])node.Fixings.Clone();
                    fixings[branch] = fixing;
                    line.Enqueue(new Node(fixings, (double[])node.Prices.Clone()), (bound, age++));
                }
            }
        }

        return (search.Best, null);
    }

    private enum Fixing : byte
    {
        Free,
        Open,
        Closed,
    }

    private sealed record Node(Fixing[] Fixings, double[] Prices);

    private sealed class Search(MedianProblem problem, int count)
    {
        private readonly double[] _rho = new double[problem.Powers.Length];
        private readonly bool[] _open = new bool[problem.Powers.Length];
        private readonly int[] _byRho = new int[problem.Powers.Length];
        private readonly int[] _served = new int[problem.Weights.Length];
        private double _cost = double.PositiveInfinity;

        /// <summary>The best choice so far.</summary>
        public int[] Best { get; private set; } = [];

        public bool IsBeaten(double bound) => bound >= _cost * (1 - Slack);

        /// <summary>Takes a choice as the best if it costs less.</summary>
        public void Offer(bool[] marked)
        {
            double cost = problem.Cost(marked);
            if (cost < _cost)
            {
                (_cost, Best) = (cost, [.. Enumerable.Range(0, marked.Length).Where(j => marked[j])]);
            }
        }

        /// <summary>Raises the bound of a node, leaves the best prices in it, and fixes candidates.</summary>
        /// <param name="node">The node; changed.</param>
        /// <param name="steps">Greatest number of steps.</param>
        /// <param name="branch">The candidate to branch on; -1 where the node is solved.</param>
        public double Bound(Node node, int steps, out int branch)
        {
            branch = -1;
            if (!CanServe(node.Fixings) || Solved(node.Fixings))
            {
                return double.PositiveInfinity;
            }

            double[] prices = (double[])node.Prices.Clone();
            double best = double.NegativeInfinity, length = 2;
            for (int step = 0, stale = 0; step < steps && length > 1e-4; step++)
            {
                double bound = Evaluate(node.Fixings, prices);
                Offer(_open);
                if (bound > best)
                {
                    (best, stale) = (bound, 0);
                    prices.CopyTo(node.Prices, 0);
                    if (IsBeaten(best))
                    {
                        return best;
                    }
                }
                else if (++stale == Patience)
                {
                    (length, stale) = (length / 2, 0);
                    node.Prices.CopyTo(prices, 0);
                    bound = Evaluate(node.Fixings, prices);
                }

                long square = 0;
                foreach (int served in _served)
                {
                    square += (long)(1 - served) * (1 - served);
                }

                if (square == 0)
                {
                    break; // every demand is served once: the choice, offered above, is the optimum of the node
                }

                double move = length * (_cost - bound) / square;
                for (int d = 0; d < prices.Length; d++)
                {
                    prices[d] += move * (1 - _served[d]);
                }
            }

            best = Math.Max(best, Evaluate(node.Fixings, node.Prices));
            Fix(node.Fixings, best);
            if (IsBeaten(best) || !CanServe(node.Fixings) || Solved(node.Fixings))
            {
                return IsBeaten(best) ? best : double.PositiveInfinity;
            }

            // The candidate that the bound would open first decides most.
            branch = Enumerable.Range(0, _rho.Length).Where(j => node.Fixings[j] == Fixing.Free).MinBy(j => _rho[j]);
            return best;
        }

        /// <summary>Computes L(u), the candidates it opens, and how often it serves every demand.</summary>
        private double Evaluate(Fixing[] fixings, double[] prices)
        {
            double bound = 0;
            foreach (double price in prices)
            {
                bound += price;
            }

            int places = count, free = 0;
            Array.Clear(_served);
            for (int j = 0; j < _rho.Length; j++)
            {
                double rho = 0, power = problem.Powers[j];
                _open[j] = fixings[j] == Fixing.Open;
                if (fixings[j] != Fixing.Closed)
                {
                    foreach (int d in problem.Serves[j])
                    {
                        rho += Math.Min(0, (problem.Weights[d] * power) - prices[d]);
                    }
                }

                _rho[j] = rho;
                if (_open[j])
                {
                    (bound, places) = (bound + rho, places - 1);
                }
                else if (fixings[j] == Fixing.Free)
                {
                    _byRho[free++] = j;
                }
            }

            _byRho.AsSpan(0, free).Sort((a, b) => _rho[a] != _rho[b] ? _rho[a].CompareTo(_rho[b]) : a.CompareTo(b));
            for (int i = 0; i < Math.Min(places, free) && _rho[_byRho[i]] < 0; i++)
            {
                bound += _rho[_byRho[i]];
                _open[_byRho[i]] = true;
            }

            for (int j = 0; j < _rho.Length; j++)
            {
                if (_open[j])
                {
                    foreach (int d in problem.Serves[j])
                    {
                        _served[d] += (problem.Weights[d] * problem.Powers[j]) < prices[d] ? 1 : 0;
                    }
                }
            }

            return bound;
        }

        /// <summary>Fixes the free candidates whose other state is beaten, by the values that <see cref="Evaluate"/> left.</summary>
        private void Fix(Fixing[] fixings, double bound)
        {
            int places = count - fixings.Count(f => f == Fixing.Open);
            double[] free = [.. Enumerable.Range(0, _rho.Length).Where(j => fixings[j] == Fixing.Free).Select(j => Math.Min(0, _rho[j])).Order()];
            double last = places <= free.Length ? free[places - 1] : 0, next = places < free.Length ? free[places] : 0;
            for (int j = 0; j < _rho.Length; j++)
            {
                if (fixings[j] == Fixing.Free)
                {
                    double other = _open[j] ? bound - _rho[j] + next : bound - last + _rho[j];
                    fixings[j] = !IsBeaten(other) ? Fixing.Free : _open[j] ? Fixing.Open : Fixing.Closed;
                }
            }
        }

        /// <summary>Whether nothing is left to decide; what the node can give is then offered.</summary>
        private bool Solved(Fixing[] fixings)
        {
            int open = fixings.Count(f => f == Fixing.Open);
            if (open < count && fixings.Contains(Fixing.Free))
            {
                return false;
            }

            if (open <= count)
            {
                Offer([.. fixings.Select(f => f == Fixing.Open)]);
            }

            return true;
        }

        private bool CanServe(Fixing[] fixings)
        {
            for (int d = 0; d < problem.Weights.Length; d++)
            {
                bool any = false;
                foreach (int j in problem.Tolerated(d))
                {
                    any |= fixings[j] != Fixing.Closed;
                }

                if (!any)
                {
                    return false;
                }
            }

            return true;
        }
    }
}
