using ApproxNets.Multipliers;
using MathNet.Numerics.Statistics;

namespace ApproxNets.ErrorModels;

/// <summary>How well an error model predicts the truth over pairs of layer and multiplier; standard deviations in real units.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Pairs">Every pair with predicted and true standard deviation.</param>
/// <param name="Pearson">Pearson correlation of predicted and true standard deviations. The coarsest multipliers, whose deviations are
/// greater than the others' by orders of magnitude, decide it nearly alone.</param>
/// <param name="MedianRelativeError">Median of <c>|predicted - true| / true</c> over pairs whose truth is not 0.</param>
public sealed record ErrorModelComparison(
    string Model, IReadOnlyList<ErrorModelComparison.Pair> Pairs, double Pearson, double MedianRelativeError)
{
    /// <summary>Pearson correlation of the logarithms of predicted and true standard deviations, over pairs where neither is 0: every
    /// order of magnitude counts alike.</summary>
    public double PearsonOfLogs { get; init; }

    /// <summary>Spearman's rank correlation of predicted and true standard deviations: 1 when the model orders all pairs as the truth
    /// does.</summary>
    public double Spearman { get; init; }

    /// <summary>One layer under one multiplier.</summary>
    /// <param name="Layer">Path of the layer.</param>
    /// <param name="Multiplier">Name of the multiplier.</param>
    /// <param name="Predicted">Predicted standard deviation of the output error, real units.</param>
    /// <param name="True">That of behavioural simulation, real units.</param>
    public sealed record Pair(string Layer, string Multiplier, double Predicted, double True)
    {
        /// <summary>Predicted mean of the output error, real units.</summary>
        public double PredictedMean { get; init; }

        /// <summary>True mean of the output error, real units.</summary>
        public double TrueMean { get; init; }

        /// <summary>True standard deviation around the means of the output channels, real units
        /// (<see cref="ErrorEstimate.StandardDeviationAroundChannelMeans"/>).</summary>
        public double TrueAroundChannelMeans { get; init; }
    }

    /// <summary>Compares models with behavioural simulation on all pairs of layers and approximate multipliers.</summary>
    /// <param name="samples">One sample per layer.</param>
    /// <param name="library">The multipliers; exact ones are left out.</param>
    /// <param name="models">The models.</param>
    /// <returns>One comparison per model, in order.</returns>
    /// <exception cref="ArgumentException">A layer has another signedness than the library, or no multiplier is approximate.</exception>
    public static IReadOnlyList<ErrorModelComparison> Of(
        IReadOnlyList<LayerSample> samples, MultiplierLibrary library, params IReadOnlyList<IErrorModel> models)
    {
        var truth = ErrorTable.Of(samples, library, new BehaviouralErrorModel());
        return Of(truth, [.. models.Select(m => ErrorTable.Of(samples, library, m))]);
    }

    /// <summary>Compares tables of predictions with a table of the truth.</summary>
    /// <param name="truth">Measured errors.</param>
    /// <param name="predictions">Predicted errors of the same layers and multipliers; exact multipliers are left out.</param>
    /// <returns>One comparison per table of predictions, in order.</returns>
    /// <exception cref="ArgumentException">A table is of other layers or multipliers, or no multiplier is approximate.</exception>
    public static IReadOnlyList<ErrorModelComparison> Of(ErrorTable truth, params IReadOnlyList<ErrorTable> predictions) =>
        [.. predictions.Select(p => Compare(truth, p))];

    private static ErrorModelComparison Compare(ErrorTable truth, ErrorTable predictions)
    {
        truth.CheckPairs(predictions);
        int[] inexact = [.. Enumerable.Range(0, truth.Multipliers.Count).Where(m => !truth.Multipliers[m].IsExact)];
        if (inexact.Length == 0 || truth.Samples.Count == 0)
        {
            throw new ArgumentException(
                $"Comparison of error models: found {truth.Samples.Count} layers and {inexact.Length} approximate multipliers, "
                + "expected at least one of each.", nameof(truth));
        }

        Pair[] pairs = [.. Enumerable.Range(0, truth.Samples.Count).SelectMany(_ => inexact, (l, m) =>
        {
            var (predicted, actual) = (predictions.Real(l, m), truth.Real(l, m));
            return new Pair(truth.Samples[l].Path, truth.Multipliers[m].Name, predicted.StandardDeviation, actual.StandardDeviation)
            {
                PredictedMean = predicted.Mean,
                TrueMean = actual.Mean,
                TrueAroundChannelMeans = actual.StandardDeviationAroundChannelMeans,
            };
        })];
        var positive = pairs.Where(p => p.Predicted > 0 && p.True > 0).ToList();
        return new ErrorModelComparison(
            predictions.Model, pairs, Correlation.Pearson(pairs.Select(p => p.Predicted), pairs.Select(p => p.True)),
            pairs.Where(p => p.True > 0).Select(p => Math.Abs(p.Predicted - p.True) / p.True).Median())
        {
            PearsonOfLogs = Correlation.Pearson(positive.Select(p => Math.Log(p.Predicted)), positive.Select(p => Math.Log(p.True))),
            Spearman = Correlation.Spearman(pairs.Select(p => p.Predicted), pairs.Select(p => p.True)),
        };
    }
}
