using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>
/// Maps tolerated noise to multipliers: layer l gets the multiplier of least power among those with a predicted error
/// <c>sigma_e(l, m) &lt;= |sigma_l| std(y_l)</c> (Trommer, Waschneck, Kumar, ICCAD 2022, section 4).
/// </summary>
public static class Matching
{
    /// <summary>Chooses one multiplier per layer.</summary>
    /// <param name="samples">One sample per layer.</param>
    /// <param name="sigmas">|sigma_l| per layer.</param>
    /// <param name="library">The multipliers; its exact one always qualifies.</param>
    /// <param name="errorModel">Predicts the error.</param>
    /// <param name="criterion">What is held against the tolerance.</param>
    /// <exception cref="ArgumentException">The numbers of samples and sigmas differ, or the signedness does.</exception>
    public static IReadOnlyList<LayerMatch> Match(
        IReadOnlyList<LayerSample> samples,
        IReadOnlyList<double> sigmas,
        MultiplierLibrary library,
        IErrorModel errorModel,
        MatchCriterion criterion = MatchCriterion.StandardDeviation)
    {
        Tolerances(samples, sigmas);
        return Match(ErrorTable.Of(samples, library, errorModel), sigmas, criterion);
    }

    /// <summary>Chooses one multiplier per layer by a table of errors.</summary>
    /// <param name="table">Predicted errors; one of its multipliers is exact, which always qualifies.</param>
    /// <param name="sigmas">|sigma_l| per layer.</param>
    /// <param name="criterion">What is held against the tolerance.</param>
    /// <param name="truth">Measured errors of the same layers and multipliers, for the report only; they do not change the choice.</param>
    /// <param name="biases">|beta_l| per layer (<see cref="AgnResult.Biases"/>): the predicted mean, too, must be within
    /// <c>|beta_l| std(y_l)</c>. Null or empty: the mean is not looked at, as in the paper.</param>
    /// <exception cref="ArgumentException">The numbers of layers and sigmas or biases differ, the tables have other layers or multipliers, or a
    /// layer has no multiplier within its tolerance.</exception>
    public static IReadOnlyList<LayerMatch> Match(
        ErrorTable table,
        IReadOnlyList<double> sigmas,
        MatchCriterion criterion = MatchCriterion.StandardDeviation,
        ErrorTable? truth = null,
        IReadOnlyList<double>? biases = null)
    {
        double[] tolerances = Tolerances(table.Samples, sigmas);
        double[]? means = biases is { Count: > 0 } ? Tolerances(table.Samples, biases) : null;
        if (truth is not null)
        {
            table.CheckPairs(truth);
        }

        int[] order = Order(table.Multipliers);
        return [.. tolerances.Select((tolerance, l) =>
        {
            int at = Choose(table, l, tolerance, order, criterion, means?[l] ?? double.PositiveInfinity);
            return new LayerMatch(
                table.Samples[l].Path, tolerance, table.Multipliers[order[at]], table.Real(l, order[at]),
                at > 0 ? table.Multipliers[order[at - 1]] : null)
            {
                RunnerUpPredicted = at > 0 ? table.Real(l, order[at - 1]) : null,
                True = truth?.Real(l, order[at]),
                Opcount = table.Samples[l].Opcount,
            };
        })];
    }

    /// <summary>The multipliers of a match, as an assignment.</summary>
    public static Assignment ToAssignment(this IReadOnlyList<LayerMatch> matches) => new([.. matches.Select(m => m.Multiplier)]);

    /// <summary>The multipliers by rising power; ties go to the name, so that a choice does not depend on the order of the library.</summary>
    internal static int[] Order(IReadOnlyList<Multiplier> multipliers) =>
        [.. Enumerable.Range(0, multipliers.Count).OrderBy(m => multipliers[m].RelativePower).ThenBy(m => multipliers[m].Name, StringComparer.Ordinal)];

    /// <summary>The place in <paramref name="order"/> of the cheapest multiplier within the tolerance.</summary>
    internal static int Choose(
        ErrorTable table, int layer, double tolerance, int[] order, MatchCriterion criterion, double meanTolerance = double.PositiveInfinity)
    {
        int at = Array.FindIndex(order, m =>
            Size(table.Real(layer, m), criterion) <= tolerance && Math.Abs(table.Real(layer, m).Mean) <= meanTolerance);
        return at >= 0 ? at : throw new ArgumentException(
            $"Layer '{table.Samples[layer].Path}': found no multiplier within the tolerance {tolerance}, "
            + "expected the library to hold the exact one.", nameof(table));
    }

    /// <summary>Tolerance of every layer in real units, <c>|sigma_l| std(y_l)</c>.</summary>
    internal static double[] Tolerances(IReadOnlyList<LayerSample> samples, IReadOnlyList<double> sigmas) => samples.Count == sigmas.Count
        ? [.. samples.Zip(sigmas, (sample, sigma) => Math.Abs(sigma) * sample.OutputStandardDeviation)]
        : throw new ArgumentException(
            $"Matching: found {samples.Count} samples and {sigmas.Count} sigmas, expected as many of each.", nameof(sigmas));

    internal static double Size(ErrorEstimate estimate, MatchCriterion criterion) => criterion switch
    {
        MatchCriterion.StandardDeviation => estimate.StandardDeviation,
        MatchCriterion.RootMeanSquare => estimate.RootMeanSquare,
        _ => throw new ArgumentOutOfRangeException(
            nameof(criterion), $"Matching: found criterion {(int)criterion}, expected StandardDeviation or RootMeanSquare."),
    };
}
