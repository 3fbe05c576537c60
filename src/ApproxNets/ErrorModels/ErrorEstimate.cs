namespace ApproxNets.ErrorModels;

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
