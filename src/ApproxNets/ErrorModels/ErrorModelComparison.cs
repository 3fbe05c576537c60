using ApproxNets.Multipliers;
using MathNet.Numerics.Statistics;

namespace ApproxNets.ErrorModels;

/// <summary>How well an error model predicts the truth over pairs of layer and multiplier; standard deviations in real units.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Pairs">Every pair with predicted and true standard deviation.</param>
/// <param name="Pearson">Pearson correlation of predicted and true standard deviations.</param>
/// <param name="MedianRelativeError">Median of <c>|predicted - true| / true</c> over pairs whose truth is not 0.</param>
public sealed record ErrorModelComparison(
    string Model, IReadOnlyList<ErrorModelComparison.Pair> Pairs, double Pearson, double MedianRelativeError)
{
    /// <summary>One layer under one multiplier.</summary>
    /// <param name="Layer">Path of the layer.</param>
    /// <param name="Multiplier">Name of the multiplier.</param>
    /// <param name="Predicted">Predicted standard deviation of the output error, real units.</param>
    /// <param name="True">That of behavioural simulation, real units.</param>
    public sealed record Pair(string Layer, string Multiplier, double Predicted, double True);

    /// <summary>Compares models with behavioural simulation on all pairs of layers and approximate multipliers.</summary>
    /// <param name="samples">One sample per layer.</param>
    /// <param name="library">The multipliers; exact ones are left out.</param>
    /// <param name="models">The models.</param>
    /// <returns>One comparison per model, in order.</returns>
    public static IReadOnlyList<ErrorModelComparison> Of(
        IReadOnlyList<LayerSample> samples, MultiplierLibrary library, params IReadOnlyList<IErrorModel> models)
    {
        var pairs = samples.SelectMany(s => library.Multipliers.Where(m => !m.IsExact).Select(m => (Sample: s, Multiplier: m))).ToList();
        var truth = new BehaviouralErrorModel();
        double[] actual = [.. pairs.Select(p => truth.Estimate(p.Multiplier, p.Sample).StandardDeviation * p.Sample.OutputScale)];
        return [.. models.Select(model =>
        {
            double[] predicted = new double[pairs.Count];
            Parallel.For(0, pairs.Count, i =>
            {
                var (sample, multiplier) = (pairs[i].Sample, pairs[i].Multiplier);
                predicted[i] = model.Estimate(multiplier, sample).StandardDeviation * sample.OutputScale;
            });
            var relative = predicted.Zip(actual).Where(p => p.Second > 0).Select(p => Math.Abs(p.First - p.Second) / p.Second);
            return new ErrorModelComparison(
                model.Name,
                [.. pairs.Select((p, i) => new Pair(p.Sample.Path, p.Multiplier.Name, predicted[i], actual[i]))],
                Correlation.Pearson(predicted, actual),
                relative.Median());
        })];
    }
}
