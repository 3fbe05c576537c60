using ApproxNets.ErrorModels;
using ApproxNets.Layers;

namespace ApproxNets.Search;

/// <summary>
/// Finds the factors f_i of operating points from what the points are to give: savings, or losses of accuracy. A layer's multiplier changes only
/// where <c>f |sigma_l|</c> reaches the error of another one, so bisection over those factors, not over all numbers, ends at the very step.
/// </summary>
public static class OperatingPointFactors
{
    // Above the rounding of sums, quotients and products, far below the distance of two errors or savings.
    private const double Rounding = 1e-12, Above = 1 + Rounding;

    /// <summary>Finds the least factors at which matching saves enough.</summary>
    /// <param name="table">Errors; one of its multipliers is exact.</param>
    /// <param name="sigmas">|sigma_l| per layer, a share of std(y_l).</param>
    /// <param name="savings">Savings of every operating point at least, 0..1, rising.</param>
    /// <returns>One factor per point, rising, for <see cref="SubsetSearch.Run"/>. A subset of few multipliers saves less than the matching.</returns>
    /// <exception cref="ArgumentException">The savings are not rising, the greatest ones are out of reach, or two are met by the same
    /// factor.</exception>
    public static IReadOnlyList<double> ForSavings(ErrorTable table, IReadOnlyList<double> sigmas, IReadOnlyList<double> savings)
    {
        CheckRising(savings, "savings");
        double[] steps = Steps(table, sigmas);
        double Saved(double factor) => Matched(table, sigmas, factor).Savings;
        if (!(savings[^1] <= Saved(steps[^1]) + Rounding))
        {
            throw new ArgumentException(
                $"Operating points: found the savings {savings[^1]}, expected at most {Saved(steps[^1])}, those of the cheapest multipliers that "
                + "any layer tolerates.", nameof(savings));
        }

        return CheckDistinct([.. savings.Select(wanted => steps[First(steps.Length, i => Saved(steps[i]) >= wanted - Rounding)])], savings, "savings");
    }

    /// <summary>Finds the greatest factors at which matching loses little enough. It takes about a dozen measurements for every loss, and
    /// that losses rise with the factor: where they waver, it finds one of several steps at which the loss crosses the wanted one.</summary>
    /// <param name="table">Errors; one of its multipliers is exact.</param>
    /// <param name="sigmas">|sigma_l| per layer, a share of std(y_l).</param>
    /// <param name="losses">Loss of every operating point at most, in the unit of <paramref name="loss"/>, rising.</param>
    /// <param name="loss">Measures what an assignment loses against exact multipliers; called once for each.</param>
    /// <returns>One factor per point, rising, for <see cref="SubsetSearch.Run"/>.</returns>
    /// <exception cref="ArgumentException">The losses are not rising, even the least factor loses more, or two are met by the same
    /// factor.</exception>
    public static IReadOnlyList<double> ForLosses(
        ErrorTable table, IReadOnlyList<double> sigmas, IReadOnlyList<double> losses, Func<Assignment, double> loss)
    {
        CheckRising(losses, "losses");
        double[] steps = Steps(table, sigmas);
        var measured = new Dictionary<string, double>();
        double Lost(double factor)
        {
            var assignment = Matched(table, sigmas, factor);
            string key = assignment.ToString();
            return measured.TryGetValue(key, out double known) ? known : measured[key] = loss(assignment);
        }

        return CheckDistinct([.. losses.Select(wanted => First(steps.Length, i => !(Lost(steps[i]) <= wanted)) is > 0 and var first
            ? steps[first - 1]
            : throw new ArgumentException(
                $"Operating points: found a loss of {Lost(steps[0])} at the least factor {steps[0]}, expected at most {wanted}.", nameof(losses)))],
            losses, "losses");
    }

    /// <summary>The factors at which a matching changes, rising, after one below all of them.</summary>
    private static double[] Steps(ErrorTable table, IReadOnlyList<double> sigmas)
    {
        Matching.CheckTolerances(table, sigmas);
        double[] steps =
        [
            .. sigmas.SelectMany((sigma, l) => table.Multipliers.Select((_, m) => table[l, m].StandardDeviation / Math.Abs(sigma) * Above))
                .Where(f => f > 0 && double.IsFinite(f)).Distinct().Order(),
        ];
        return steps.Length == 0 ? [1] : [steps[0] / 2, .. steps];
    }

    private static Assignment Matched(ErrorTable table, IReadOnlyList<double> sigmas, double factor) =>
        Matching.Match(table, [.. sigmas.Select(s => factor * s)]).ToAssignment();

    /// <summary>The first of 0..count - 1 for which a condition holds that stays true once it is; count if there is none.</summary>
    private static int First(int count, Func<int, bool> holds)
    {
        int first = 0;
        for (int end = count; first < end;)
        {
            int middle = (first + end) / 2;
            (first, end) = holds(middle) ? (first, middle) : (middle + 1, end);
        }

        return first;
    }

    private static void CheckRising(IReadOnlyList<double> wanted, string what)
    {
        if (wanted.Count == 0 || !wanted.All(double.IsFinite) || wanted.Zip(wanted.Skip(1)).Any(p => !(p.Second > p.First)))
        {
            throw new ArgumentException($"Operating points: found the {what} {string.Join(", ", wanted)}, expected some in rising order.");
        }
    }

    private static double[] CheckDistinct(double[] factors, IReadOnlyList<double> wanted, string what)
    {
        int same = factors.Zip(factors.Skip(1)).Index().FirstOrDefault(p => p.Item.First == p.Item.Second, (-1, default)).Index;
        return same < 0 ? factors : throw new ArgumentException(
            $"Operating points: found the {what} {wanted[same]} and {wanted[same + 1]} both met by the factor {factors[same]}, "
            + "expected some further apart.");
    }
}
