namespace ApproxNets.Search;

/// <summary>Measures every multiplier in all layers: the least that any search must beat.</summary>
public static class UniformSearch
{
    /// <summary>Measures all homogeneous assignments; points by falling power.</summary>
    /// <param name="problem">Layers, multipliers and measurement of accuracy.</param>
    /// <param name="progress">Told after every measurement.</param>
    /// <param name="cancellation">Stops between two measurements.</param>
    /// <returns>One point per multiplier.</returns>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public static SearchResult Run(
        AssignmentProblem problem, IProgress<SearchProgress>? progress = null, CancellationToken cancellation = default)
    {
        var evaluator = new AssignmentEvaluator(problem, problem.Library.Multipliers.Count, progress, cancellation);
        for (int m = 0; m < evaluator.Multipliers; m++)
        {
            evaluator.Evaluate([.. Enumerable.Repeat(m, evaluator.Layers)]);
        }

        return evaluator.Result("uniform", evaluator.Points);
    }
}
