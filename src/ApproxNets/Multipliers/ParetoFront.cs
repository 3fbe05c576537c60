namespace ApproxNets.Multipliers;

/// <summary>The multipliers of a library that no other one beats in power and error at once.</summary>
public static class ParetoFront
{
    /// <summary>
    /// Finds the Pareto front of relative power and error: a multiplier is on it when every other one has more power or more error, or both
    /// the same. Of several that are equal in both only the first is kept.
    /// </summary>
    /// <param name="multipliers">The multipliers.</param>
    /// <param name="error">The error; null takes the mean absolute error over all operand pairs.</param>
    /// <returns>The front by falling power and rising error.</returns>
    public static IReadOnlyList<Multiplier> Of(IEnumerable<Multiplier> multipliers, Func<Multiplier, double>? error = null)
    {
        ArgumentNullException.ThrowIfNull(multipliers);
        error ??= m => ErrorStatistics.Of(m).MeanAbsoluteError;
        var front = new List<Multiplier>();
        double least = double.PositiveInfinity;
        foreach (var (multiplier, value) in multipliers.Select(m => (m, Error: error(m)))
            .OrderBy(point => point.m.RelativePower).ThenBy(point => point.Error))
        {
            if (value < least)
            {
                front.Add(multiplier);
                least = value;
            }
        }

        front.Reverse();
        return front;
    }
}
