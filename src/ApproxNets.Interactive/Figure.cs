using Plotly.NET;

namespace ApproxNets.Interactive;

/// <summary>A chart with a caption; shown by plotly.js, which the page brings along.</summary>
public sealed class Figure
{
    /// <summary>Gives a chart its caption.</summary>
    /// <param name="chart">The chart, with titles on its axes.</param>
    /// <param name="caption">What the chart shows, in one sentence.</param>
    /// <exception cref="ArgumentException">The caption is empty.</exception>
    public Figure(GenericChart chart, string caption)
    {
        ArgumentNullException.ThrowIfNull(chart);
        ArgumentException.ThrowIfNullOrWhiteSpace(caption);
        Chart = chart;
        Caption = caption;
    }

    /// <summary>The chart.</summary>
    public GenericChart Chart { get; }

    /// <summary>What the chart shows.</summary>
    public string Caption { get; }

    /// <summary>Draws the chart as a static picture, as pages without scripts show it.</summary>
    public string ToSvg() => Internals.FigureHtml.Svg(this);

    /// <inheritdoc/>
    public override string ToString() => $"Figure: {Caption}";
}
