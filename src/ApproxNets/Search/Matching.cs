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
    /// <exception cref="ArgumentException">The numbers of samples and sigmas differ, or the signedness does.</exception>
    public static IReadOnlyList<LayerMatch> Match(
        IReadOnlyList<LayerSample> samples, IReadOnlyList<double> sigmas, MultiplierLibrary library, IErrorModel errorModel)
    {
        if (samples.Count != sigmas.Count)
        {
            throw new ArgumentException(
                $"Matching: found {samples.Count} samples and {sigmas.Count} sigmas, expected as many of each.", nameof(sigmas));
        }

        // Ties in power go to the name, so that the choice does not depend on the order of the library.
        Multiplier[] byPower = [.. library.Multipliers.OrderBy(m => m.RelativePower).ThenBy(m => m.Name, StringComparer.Ordinal)];
        return [.. samples.Zip(sigmas, (sample, sigma) =>
            Match(sample, Math.Abs(sigma) * sample.OutputStandardDeviation, byPower, errorModel))];
    }

    /// <summary>The multipliers of a match, as an assignment.</summary>
    public static Assignment ToAssignment(this IReadOnlyList<LayerMatch> matches) => new([.. matches.Select(m => m.Multiplier)]);

    private static LayerMatch Match(LayerSample sample, double tolerance, Multiplier[] byPower, IErrorModel errorModel)
    {
        for (int i = 0; i < byPower.Length; i++)
        {
            var estimate = byPower[i].IsExact ? default : errorModel.Estimate(byPower[i], sample);
            if (estimate.StandardDeviation * sample.OutputScale <= tolerance)
            {
                var real = new ErrorEstimate(estimate.Mean * sample.OutputScale, estimate.StandardDeviation * sample.OutputScale);
                return new LayerMatch(sample.Path, tolerance, byPower[i], real, i > 0 ? byPower[i - 1] : null);
            }
        }

        throw new ArgumentException(
            $"Layer '{sample.Path}': found no multiplier within the tolerance {tolerance}, "
            + "expected the library to hold the exact one.", nameof(byPower));
    }
}
