using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>Predicts the error that a multiplier causes at the output of a layer.</summary>
public interface IErrorModel
{
    /// <summary>Short name for tables and results.</summary>
    string Name { get; }

    /// <summary>Computes a layer's output error under a multiplier, as shares of the output's standard deviation: the plain form of the
    /// model.</summary>
    /// <param name="multiplier">The multiplier, of the layer's signedness.</param>
    /// <param name="sample">Operands of the layer on sample data.</param>
    /// <exception cref="ArgumentException">The signedness differs.</exception>
    ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample);

    /// <summary>
    /// Computes the estimates of all pairs of layer and multiplier on all processors. The models of this library compute once what does
    /// not depend on the multiplier, and are vectorised. They equal <see cref="Estimate"/> but for the rounding of sums (1e-9 of the root
    /// mean square), and repeated calls give the same bits.
    /// </summary>
    /// <param name="samples">One sample per layer.</param>
    /// <param name="multipliers">The multipliers, of the layers' signedness.</param>
    /// <param name="cancellation">Stops between two pieces of work.</param>
    /// <returns>The estimates <c>[layer, multiplier]</c>, shares of the layer's std(y_l).</returns>
    /// <exception cref="ArgumentException">A signedness differs.</exception>
    /// <exception cref="OperationCanceledException">The computation was cancelled.</exception>
    ErrorEstimate[,] EstimateAll(
        IReadOnlyList<LayerSample> samples, IReadOnlyList<Multiplier> multipliers, CancellationToken cancellation = default)
    {
        LayerSample.Check(samples, multipliers);
        var estimates = new ErrorEstimate[samples.Count, multipliers.Count];
        Parallel.For(0, estimates.Length, new ParallelOptions { CancellationToken = cancellation }, pair =>
        {
            (int layer, int m) = Math.DivRem(pair, multipliers.Count);
            estimates[layer, m] = Estimate(multipliers[m], samples[layer]);
        });
        return estimates;
    }
}

/// <summary>Predicted or measured error of a layer's output, as a share of the output's standard deviation std(y_l): the unit of
/// |sigma_l|, so that the two compare directly. Times <see cref="LayerSample.OutputStandardDeviation"/> it is in real units.</summary>
/// <param name="Mean">Mean error: a constant per layer, which batch normalisation behind the layer can absorb.</param>
/// <param name="StandardDeviation">Standard deviation of the error around its mean, &gt;= 0.</param>
public readonly record struct ErrorEstimate(double Mean, double StandardDeviation)
{
    /// <summary>
    /// Standard deviation, over output channels, of the channel's mean error, &gt;= 0. Behavioural simulation measures it. The other models
    /// know the operand distributions of a whole layer and the channels' scales; where all share one scale they leave it at 0.
    /// </summary>
    public double ChannelMeanDeviation { get; init; }

    /// <summary>
    /// Standard deviation of the error around the mean of its output channel,
    /// <c>sqrt(StandardDeviation^2 - ChannelMeanDeviation^2)</c>. So much is left when batch normalisation behind the layer takes its
    /// statistics anew and absorbs a constant per channel. Where channel means are not known, this is <see cref="StandardDeviation"/>.
    /// </summary>
    /// <remarks>Such batch normalisation also absorbs an error proportional to the output of a channel. That part is not taken off.</remarks>
    public double StandardDeviationAroundChannelMeans =>
        Math.Sqrt(Math.Max(0, (StandardDeviation * StandardDeviation) - (ChannelMeanDeviation * ChannelMeanDeviation)));

    /// <summary>Root mean square of the error, <c>sqrt(Mean^2 + StandardDeviation^2)</c>: its size where nothing absorbs the mean.</summary>
    public double RootMeanSquare => Math.Sqrt((Mean * Mean) + (StandardDeviation * StandardDeviation));
}
