using ApproxNets.Multipliers;

namespace ApproxNets.Search.Baselines;

/// <summary>
/// Starts from exact multiplication. Every step gives one layer the next cheaper multiplier: the layer where that saves most power per
/// lost accuracy, as measured.
/// </summary>
/// <remarks>A step that loses no accuracy comes before every one that does. Of several, the one that saves most power comes first, then
/// the earlier layer. "Next cheaper" goes through the library in order of power. Give it a Pareto front (<see cref="ParetoFront"/>), or a
/// bad multiplier bars the way to the good ones behind it.</remarks>
public static class GreedySearch
{
    /// <summary>Descends until the budget is used up, or every step left would fall below a bound of accuracy.</summary>
    /// <param name="problem">Layers, multipliers and measurement of accuracy.</param>
    /// <param name="budget">Measurements of accuracy at most, &gt;= 1.</param>
    /// <param name="leastAccuracy">A step below this accuracy is not taken, and its layer stays as it is from then on.</param>
    /// <param name="remeasureAll">True: every step measures the change of every layer anew, which takes as many measurements as there
    /// are layers. False: a layer's loss in an earlier step counts until the layer is the best candidate, and only then is it measured
    /// again; a few measurements per step, the same steps where a layer's loss does not fall by changes of others.</param>
    /// <param name="progress">Receives a report after every measurement.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    /// <returns>The path: the exact assignment and the assignment after every step.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The budget is below 1.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public static SearchResult Run(
        AssignmentProblem problem, int budget, double leastAccuracy = 0, bool remeasureAll = true,
        IProgress<SearchProgress>? progress = null, CancellationToken cancellation = default)
    {
        var evaluator = new AssignmentEvaluator(problem, budget, progress, cancellation);
        int exact = problem.ByFallingPower.Index().First(m => m.Item == problem.Library.Exact).Index;
        int[] genes = [.. Enumerable.Repeat(exact, evaluator.Layers)];
        var path = new List<SearchPoint> { evaluator.Evaluate(genes)! };

        // Accuracy that the layer's next change loses, NaN while never measured; and the step in which it was measured.
        double[] losses = [.. genes.Select(_ => double.NaN)];
        int[] measured = [.. genes.Select(_ => -1)];
        var settled = new bool[genes.Length];
        while (true)
        {
            // Until the best candidate is one that was measured in this step.
            int best;
            SearchPoint? taken = null;
            while ((best = Best(problem, genes, losses, settled)) >= 0)
            {
                int[] changed = [.. genes];
                changed[best] = NextCheaper(problem, genes[best]);
                taken = evaluator.Evaluate(changed);
                if (taken is null || measured[best] == path.Count)
                {
                    break;
                }

                (losses[best], measured[best]) = (path[^1].Accuracy - taken.Accuracy, path.Count);
            }

            if (best < 0 || taken is null)
            {
                return evaluator.Result("greedy", path);
            }

            if (taken.Accuracy < leastAccuracy)
            {
                settled[best] = true;
                continue;
            }

            genes[best] = NextCheaper(problem, genes[best]);
            path.Add(taken);
            Array.Fill(losses, double.NaN, remeasureAll ? 0 : best, remeasureAll ? losses.Length : 1);
        }
    }

    /// <summary>The layer whose change is best by what is known; one that was never measured comes first. -1 if none can change.</summary>
    private static int Best(AssignmentProblem problem, int[] genes, double[] losses, bool[] settled)
    {
        int best = -1;
        (double PerLoss, double Saved) most = default;
        for (int l = 0; l < genes.Length; l++)
        {
            int next = NextCheaper(problem, genes[l]);
            if (next < 0 || settled[l])
            {
                continue;
            }

            if (double.IsNaN(losses[l]))
            {
                return l;
            }

            double saved = problem.Opcounts[l]
                * (problem.ByFallingPower[genes[l]].RelativePower - problem.ByFallingPower[next].RelativePower);
            var value = (losses[l] <= 0 ? double.PositiveInfinity : saved / losses[l], saved);
            if (best < 0 || value.CompareTo(most) > 0)
            {
                (best, most) = (l, value);
            }
        }

        return best;
    }

    /// <summary>The next multiplier of less power; -1 if there is none.</summary>
    private static int NextCheaper(AssignmentProblem problem, int gene)
    {
        for (int next = gene + 1; next < problem.ByFallingPower.Count; next++)
        {
            if (problem.ByFallingPower[next].RelativePower < problem.ByFallingPower[gene].RelativePower)
            {
                return next;
            }
        }

        return -1;
    }
}
