using MathNet.Numerics.Statistics;

namespace ApproxNets.ErrorModels;

/// <summary>How well an error model predicts the truth over pairs of layer and multiplier. Errors are shares of the layer's std(y_l).
/// Correlations are those of the errors in real units, times std(y_l), which vary over layers too.</summary>
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
    /// <param name="Predicted">Predicted standard deviation of the output error.</param>
    /// <param name="True">That of behavioural simulation.</param>
    public sealed record Pair(string Layer, string Multiplier, double Predicted, double True)
    {
        /// <summary>Predicted mean of the output error.</summary>
        public double PredictedMean { get; init; }

        /// <summary>True mean of the output error.</summary>
        public double TrueMean { get; init; }

        /// <summary>True standard deviation around the means of the output channels (<see cref="ErrorEstimate.StandardDeviationAroundChannelMeans"/>).</summary>
        public double TrueAroundChannelMeans { get; init; }
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
            var (predicted, actual) = (predictions[l, m], truth[l, m]);
            return new Pair(truth.Samples[l].Path, truth.Multipliers[m].Name, predicted.StandardDeviation, actual.StandardDeviation)
            {
                PredictedMean = predicted.Mean,
                TrueMean = actual.Mean,
                TrueAroundChannelMeans = actual.StandardDeviationAroundChannelMeans,
            };
        })];
        double[] spreads = [.. truth.Samples.SelectMany(s => inexact.Select(_ => s.OutputStandardDeviation))];
        double[] predicted = [.. pairs.Zip(spreads, (p, s) => p.Predicted * s)], actual = [.. pairs.Zip(spreads, (p, s) => p.True * s)];
        var positive = predicted.Zip(actual).Where(p => p.First > 0 && p.Second > 0).ToList();
        return new ErrorModelComparison(
            predictions.Model, pairs, Correlation.Pearson(predicted, actual),
            pairs.Where(p => p.True > 0).Select(p => Math.Abs(p.Predicted - p.True) / p.True).Median())
        {
            PearsonOfLogs = Correlation.Pearson(positive.Select(p => Math.Log(p.First)), positive.Select(p => Math.Log(p.Second))),
            Spearman = Correlation.Spearman(predicted, actual),
        };
    }
}
