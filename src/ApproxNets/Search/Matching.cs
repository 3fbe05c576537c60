// The flow of data, 6 of 8. Matching gives every layer the cheapest multiplier whose predicted error (5) is within what the layer
// tolerates (4). The result is an Assignment, which ApproxModel.Use puts into the layers (3).
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Search;

/// <summary>
/// Maps tolerated noise to multipliers: layer l gets the multiplier of least power among those whose error stays within what it
/// tolerates, <c>sigma_e(l, m) &lt;= |sigma_l|</c> (Trommer, Waschneck, Kumar, ICCAD 2022, section 4). Both sides are shares of the
/// standard deviation of the layer's output, std(y_l).
/// </summary>
public static class Matching
{
    /// <summary>Chooses one multiplier per layer.</summary>
    /// <param name="table">Errors, predicted or measured; one of its multipliers is exact, which always qualifies.</param>
    /// <param name="sigmas">|sigma_l| per layer, a share of std(y_l).</param>
    /// <param name="truth">Measured errors of the same layers and multipliers, for the report only; they do not change the choice.</param>
    /// <param name="biases">|beta_l| per layer, a share of std(y_l) (<see cref="AgnResult.Biases"/>): the mean error, too, must be within
    /// it. Null or empty: the mean is not looked at, as in the paper.</param>
    /// <exception cref="ArgumentException">The numbers of layers and sigmas or biases differ, the tables have other layers or multipliers, or a
    /// layer has no multiplier within its tolerance.</exception>
    public static IReadOnlyList<LayerMatch> Match(
        ErrorTable table, IReadOnlyList<double> sigmas, ErrorTable? truth = null, IReadOnlyList<double>? biases = null)
    {
        CheckTolerances(table, sigmas);
        if (biases is { Count: > 0 })
        {
            CheckTolerances(table, biases);
        }

        if (truth is not null)
        {
            table.CheckPairs(truth);
        }

        int[] order = Order(table.Multipliers);
        return [.. sigmas.Select((sigma, l) =>
        {
            double tolerance = Math.Abs(sigma), meanTolerance = biases is { Count: > 0 } ? Math.Abs(biases[l]) : double.PositiveInfinity;
            int at = Array.FindIndex(order, m => table[l, m].StandardDeviation <= tolerance && Math.Abs(table[l, m].Mean) <= meanTolerance);
            if (at < 0)
            {
                throw new ArgumentException(
                    $"Layer '{table.Samples[l].Path}': found no multiplier within the tolerance {tolerance}, "
                    + "expected the library to hold the exact one.", nameof(table));
            }

            return new LayerMatch(
                table.Samples[l].Path, table.Samples[l].Opcount, tolerance, table.Multipliers[order[at]], table[l, order[at]],
                at > 0 ? table.Multipliers[order[at - 1]] : null)
            {
                RunnerUpPredicted = at > 0 ? table[l, order[at - 1]] : null,
                True = truth?[l, order[at]],
            };
        })];
    }

    /// <summary>The multipliers of a match, as an assignment.</summary>
    public static Assignment ToAssignment(this IReadOnlyList<LayerMatch> matches) =>
        new([.. matches.Select(m => m.Multiplier)], [.. matches.Select(m => m.Opcount)]);

    /// <summary>The multipliers by rising power; ties go to the name, so that a choice does not depend on the order of the library.</summary>
    internal static int[] Order(IReadOnlyList<Multiplier> multipliers) =>
        [.. Enumerable.Range(0, multipliers.Count).OrderBy(m => multipliers[m].RelativePower).ThenBy(m => multipliers[m].Name, StringComparer.Ordinal)];

    internal static void CheckTolerances(ErrorTable table, IReadOnlyList<double> sigmas)
    {
        if (table.Samples.Count == 0 || table.Samples.Count != sigmas.Count)
        {
            throw new ArgumentException(
                $"Tolerances: found {table.Samples.Count} layers and {sigmas.Count} tolerances, expected one per layer and at least one layer.",
                nameof(sigmas));
        }
    }
}

/// <summary>The choice for one layer. All errors and tolerances are shares of std(y_l).</summary>
/// <param name="Path">Place of the layer in the model.</param>
/// <param name="Opcount">Opcount of the layer: its weight in the power of the network.</param>
/// <param name="Tolerance">Tolerated error, |sigma_l|.</param>
/// <param name="Multiplier">The multiplier of least power within the tolerance.</param>
/// <param name="Predicted">Its error by the table.</param>
/// <param name="RunnerUp">The next cheaper multiplier, which exceeds the tolerance; null if there is none.</param>
public sealed record LayerMatch(
    string Path, long Opcount, double Tolerance, Multiplier Multiplier, ErrorEstimate Predicted, Multiplier? RunnerUp)
{
    /// <summary>Error of the runner-up by the table; null if there is no runner-up.</summary>
    public ErrorEstimate? RunnerUpPredicted { get; init; }

    /// <summary>Error of the chosen multiplier by behavioural simulation; null where no truth was given.</summary>
    public ErrorEstimate? True { get; init; }
}
