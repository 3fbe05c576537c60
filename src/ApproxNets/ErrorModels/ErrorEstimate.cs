namespace ApproxNets.ErrorModels;

/// <summary>Predicted or measured error of a layer's output, in units of <see cref="LayerSample.OutputScale"/>: steps of the integer sum,
/// where channels have scales of their own those of a channel of the root mean square scale.</summary>
/// <param name="Mean">Mean error; a constant per layer, which batch normalisation behind the layer can absorb.</param>
/// <param name="StandardDeviation">Standard deviation of the error around its mean, &gt;= 0.</param>
public readonly record struct ErrorEstimate(double Mean, double StandardDeviation)
{
    /// <summary>
    /// Standard deviation, over output channels, of the channel's mean error, &gt;= 0. Behavioural simulation measures it; models of
    /// operand distributions of a whole layer know of channels no more than their scales, and leave it at 0 where all share one.
    /// </summary>
    public double ChannelMeanDeviation { get; init; }

    /// <summary>
    /// Standard deviation of the error around the mean of its output channel,
    /// <c>sqrt(StandardDeviation^2 - ChannelMeanDeviation^2)</c>: what is left when batch normalisation behind the layer, its statistics
    /// taken anew, has absorbed a constant per channel. Where channel means are not known, this is <see cref="StandardDeviation"/>.
    /// </summary>
    /// <remarks>Batch normalisation with new statistics also absorbs an error proportional to the output of a channel; that part is
    /// not taken off here.</remarks>
    public double StandardDeviationAroundChannelMeans =>
        Math.Sqrt(Math.Max(0, (StandardDeviation * StandardDeviation) - (ChannelMeanDeviation * ChannelMeanDeviation)));

    /// <summary>Root mean square of the error, <c>sqrt(Mean^2 + StandardDeviation^2)</c>: its size where nothing absorbs the mean.</summary>
    public double RootMeanSquare => Math.Sqrt((Mean * Mean) + (StandardDeviation * StandardDeviation));

    /// <summary>Converts to other units: mean and deviations times a factor.</summary>
    /// <param name="scale">The factor, &gt;= 0; <see cref="LayerSample.OutputScale"/> gives real units.</param>
    public ErrorEstimate Times(double scale) =>
        new(Mean * scale, StandardDeviation * scale) { ChannelMeanDeviation = ChannelMeanDeviation * scale };
}
