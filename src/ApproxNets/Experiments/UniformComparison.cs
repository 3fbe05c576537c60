using ApproxNets.Layers;
using ApproxNets.Multipliers;

namespace ApproxNets.Experiments;

/// <summary>Test accuracy of a network with one multiplier in all layers, in per cent, after several ways of retraining.</summary>
/// <param name="Multiplier">Name of the multiplier.</param>
/// <param name="Savings">One minus its relative power, 0..1.</param>
/// <param name="BeforeRetraining">Without retraining.</param>
/// <param name="Behavioural">Retrained with the multiplier's table in the forward pass.</param>
/// <param name="BehaviouralDifference">As <paramref name="Behavioural"/>, with difference-based gradients; null where not asked for.</param>
/// <param name="Gaussian">Retrained under Gaussian noise of the predicted standard deviation, then measured with the multiplier.</param>
/// <param name="AccurateOnly">Trained for as long with exact products, then measured with the multiplier.</param>
/// <param name="PredictedDeviation">Predicted standard deviation of the error, a share of std(y_l), mean over the layers.</param>
/// <param name="PredictedMean">Predicted magnitude of the mean error, a share of std(y_l), mean over the layers: what the noise
/// leaves out.</param>
public sealed record UniformRow(
    string Multiplier,
    double Savings,
    double BeforeRetraining,
    double Behavioural,
    double? BehaviouralDifference,
    double Gaussian,
    double AccurateOnly,
    double PredictedDeviation,
    double PredictedMean);

/// <summary>
/// Asks how well noise stands in for a multiplier: retrains a quantised network for one multiplier in all layers with the multiplier's own
/// table, under Gaussian noise of its predicted size, and with exact products, and measures each with the multiplier.
/// </summary>
public static class UniformComparison
{
    /// <summary>Makes the rows one after the other; every training is a stage that is kept.</summary>
    /// <param name="experiment">The network and the library.</param>
    /// <param name="multipliers">Multipliers of the library, not exact: one row each.</param>
    /// <param name="differences">Also retrains with difference-based gradients.</param>
    /// <exception cref="ArgumentException">A multiplier is not of the library.</exception>
    /// <exception cref="OperationCanceledException">The experiment was cancelled; finished stages are kept.</exception>
    public static IEnumerable<UniformRow> Rows(
        Experiment experiment, IEnumerable<Multiplier> multipliers, bool differences)
    {
        var (library, retraining) = (experiment.Library, experiment.Recipe.UniformRetraining);
        var quantized = experiment.Quantized();
        var table = experiment.Errors(quantized.Model);
        var samples = table.Samples;
        var tuning = experiment.Tuning(quantized.Model);
        foreach (var multiplier in multipliers)
        {
            int m = library.Multipliers.ToList().IndexOf(multiplier);
            if (m < 0)
            {
                throw new ArgumentException(
                    $"Uniform comparison: found the multiplier '{multiplier.Name}', expected one of the library '{library.Name}'.", nameof(multipliers));
            }

            double[] deviations = [.. samples.Select((_, l) => table[l, m].StandardDeviation)];
            double[] means = [.. samples.Select((_, l) => Math.Abs(table[l, m].Mean))];
            var assignment = Assignment.Uniform(multiplier, table.Opcounts);
            assignment = tuning?.Of(assignment) ?? assignment;
            double Measure(ApproxModel model)
            {
                model.Use(assignment);
                return 100 * experiment.TestAccuracy(model);
            }

            double Retrained(GradientKind gradient) => Measure(experiment.Retrained(quantized.Stage, assignment, retraining, gradient).Model);

            yield return new UniformRow(
                multiplier.Name, 1 - multiplier.RelativePower, Measure(experiment.Load(quantized.Stage)), Retrained(GradientKind.StraightThrough),
                differences ? Retrained(GradientKind.Difference) : null,
                Measure(experiment.TrainedUnderNoise(deviations, retraining).Model),
                Measure(experiment.TrainedExactly(retraining).Model),
                deviations.Average(), means.Average());
        }
    }
}
