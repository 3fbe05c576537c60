using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Studies;

/// <summary>
/// Asks how well noise stands in for a multiplier: retrains a quantised network for one multiplier in all layers with the multiplier's own
/// table, under Gaussian noise of its predicted size, and with exact products, and measures each with the multiplier.
/// </summary>
public static class UniformStudy
{
    /// <summary>Makes the rows one after the other; every training is a stage that is kept.</summary>
    /// <param name="study">The network.</param>
    /// <param name="library">The library of the multipliers.</param>
    /// <param name="multipliers">Those of the rows, not exact.</param>
    /// <param name="differences">Also retrains with difference-based gradients.</param>
    /// <exception cref="ArgumentException">A multiplier is not of the library.</exception>
    /// <exception cref="OperationCanceledException">The study was cancelled; finished stages are kept.</exception>
    public static IEnumerable<UniformRow> Rows(
        Study study, MultiplierLibrary library, IEnumerable<Multiplier> multipliers, bool differences)
    {
        var retraining = study.Recipe.UniformRetraining;
        var table = study.Errors(study.Quantized().Model, library);
        var samples = table.Samples;
        foreach (var multiplier in multipliers)
        {
            int m = library.Multipliers.ToList().IndexOf(multiplier);
            if (m < 0)
            {
                throw new ArgumentException(
                    $"Uniform study: found the multiplier '{multiplier.Name}', expected one of the library '{library.Name}'.", nameof(multipliers));
            }

            double[] deviations = [.. samples.Select((s, l) => table.Real(l, m).StandardDeviation / s.OutputStandardDeviation)];
            double[] means = [.. samples.Select((s, l) => Math.Abs(table.Real(l, m).Mean) / s.OutputStandardDeviation)];
            var assignment = Assignment.Uniform(multiplier, samples.Count);
            double Measure(ApproxModel model)
            {
                model.Use(assignment);
                return 100 * study.TestAccuracy(model.Network);
            }

            double Retrained(GradientKind gradient)
            {
                var (model, parent) = study.Quantized();
                study.Retrain(model, parent.Key, assignment, retraining, gradient);
                return Measure(model);
            }

            yield return new UniformRow(
                multiplier.Name, 1 - multiplier.RelativePower, Measure(study.Quantized().Model), Retrained(GradientKind.StraightThrough),
                differences ? Retrained(GradientKind.Difference) : null,
                Measure(study.TrainedUnderNoise(deviations, retraining).Model),
                Measure(study.TrainedExactly(retraining).Model),
                deviations.Average(), means.Average());
        }
    }
}
