namespace ApproxNets.Search.Baselines;

/// <summary>
/// Measures random assignments; every layer's multiplier is drawn from all with equal chance. It shows what a budget of measurements is
/// worth without any method. In a network of many layers the drawn powers lie close to the mean power of the library.
/// </summary>
public static class RandomSearch
{
    /// <summary>Measures distinct random assignments until the budget is used up or all are measured.</summary>
    /// <param name="problem">Layers, multipliers and measurement of accuracy.</param>
    /// <param name="budget">Measurements of accuracy at most, &gt;= 1.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <param name="progress">Receives a report after every measurement.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    /// <returns>The Pareto front of what was measured.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The budget is below 1.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public static SearchResult Run(
        AssignmentProblem problem, int budget, int seed, IProgress<SearchProgress>? progress = null, CancellationToken cancellation = default)
    {
        var evaluator = new AssignmentEvaluator(problem, budget, progress, cancellation);
        var random = new Random(seed);
        while (!evaluator.IsExhausted)
        {
            evaluator.Evaluate([.. Enumerable.Range(0, evaluator.Layers).Select(_ => random.Next(evaluator.Multipliers))]);
        }

        return evaluator.Result("random", SearchPoint.Front(evaluator.Points));
    }
}
