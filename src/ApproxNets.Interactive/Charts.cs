using ApproxNets.Interactive.Internals;
using Properties = System.Collections.Generic.Dictionary<string, object?>;

namespace ApproxNets.Interactive;

/// <summary>The few kinds of chart that the notebooks use. All demand a caption and axis titles, with units.</summary>
public static partial class Charts
{
    /// <summary>Draws series as lines.</summary>
    /// <param name="caption">What the chart shows.</param>
    /// <param name="xTitle">Title of the horizontal axis, with unit.</param>
    /// <param name="yTitle">Title of the vertical axis, with unit.</param>
    /// <param name="series">The lines.</param>
    /// <param name="logX">Logarithmic horizontal axis.</param>
    /// <param name="logY">Logarithmic vertical axis.</param>
    /// <param name="markers">Marks the points; null does so up to 60 points a line.</param>
    /// <exception cref="ArgumentException">The caption or a title is empty, or there is no series.</exception>
    public static Figure Line(
        string caption, string xTitle, string yTitle, IReadOnlyList<Series> series, bool logX = false, bool logY = false,
        bool? markers = null)
    {
        var traces = series.Select((s, i) => Points(
            s, i, markers ?? s.X.Count <= 60 ? "lines+markers" : "lines", s.X.Count <= 60 ? 6 : 4, logX, logY));
        var xAxis = ChartLayout.Axis(xTitle, logX, series.SelectMany(s => s.X));
        double[] positions = [.. series.SelectMany(s => s.X).Distinct()];
        if (!logX && positions.Length is > 1 and <= 12 && Array.TrueForAll(positions, double.IsInteger)
            && positions.Max() - positions.Min() <= 12)
        {
            // Epochs and counts have no halves.
            xAxis["dtick"] = 1;
        }

        return ChartLayout.Make(caption, traces, xAxis, ChartLayout.Axis(yTitle, logY, series.SelectMany(s => s.Y)));
    }

    /// <summary>Draws series as points.</summary>
    /// <param name="caption">What the chart shows.</param>
    /// <param name="xTitle">Title of the horizontal axis, with unit.</param>
    /// <param name="yTitle">Title of the vertical axis, with unit.</param>
    /// <param name="series">The clouds of points.</param>
    /// <param name="logX">Logarithmic horizontal axis.</param>
    /// <param name="logY">Logarithmic vertical axis.</param>
    /// <param name="diagonal">Draws the line y = x over the range of the points.</param>
    /// <exception cref="ArgumentException">The caption or a title is empty, or there is no series.</exception>
    public static Figure Scatter(
        string caption, string xTitle, string yTitle, IReadOnlyList<Series> series, bool logX = false, bool logY = false,
        bool diagonal = false)
    {
        var traces = series.Select((s, i) => Points(s, i, "markers", s.X.Count > 100 ? 5 : 8, logX, logY)).ToList();
        if (diagonal && Range(series, logX || logY) is { } range)
        {
            traces.Add(new Properties
            {
                ["type"] = "scatter",
                ["mode"] = "lines",
                ["name"] = "y = x",
                ["x"] = ChartLayout.Numbers([range.Low, range.High]),
                ["y"] = ChartLayout.Numbers([range.Low, range.High]),
                ["line"] = new Properties { ["color"] = "#333333", ["width"] = 1.5, ["dash"] = "dash" },
                ["hoverinfo"] = "skip",
            });
        }

        return ChartLayout.Make(caption, traces, ChartLayout.Axis(xTitle, logX, series.SelectMany(s => s.X)),
            ChartLayout.Axis(yTitle, logY, series.SelectMany(s => s.Y)));
    }

    /// <summary>Draws grouped bars: one group for each category, one bar for each series in it.</summary>
    /// <param name="caption">What the chart shows.</param>
    /// <param name="xTitle">Title of the horizontal axis.</param>
    /// <param name="yTitle">Title of the vertical axis, with unit.</param>
    /// <param name="categories">Names of the groups.</param>
    /// <param name="series">Named heights, one for each category; one that is not finite leaves a gap.</param>
    /// <param name="logY">Logarithmic vertical axis.</param>
    /// <param name="stacked">Puts the bars of a group on top of each other; of series that leave each other gaps, each bar is then as wide
    /// as the group.</param>
    /// <exception cref="ArgumentException">The caption or a title is empty, there is no series, or a series has not one value for
    /// each category.</exception>
    public static Figure Bar(
        string caption, string xTitle, string yTitle, IReadOnlyList<string> categories,
        IReadOnlyList<(string Name, double[] Values)> series, bool logY = false, bool stacked = false)
    {
        var traces = series.Select((s, i) => s.Values.Length == categories.Count
            ? new Properties
            {
                ["type"] = "bar",
                ["name"] = s.Name,
                ["x"] = categories.ToArray(),
                ["y"] = ChartLayout.Numbers(s.Values),
                ["marker"] = new Properties { ["color"] = ChartLayout.Palette[i % ChartLayout.Palette.Length] },
            }
            : throw new ArgumentException($"Chart '{caption}', series '{s.Name}': found {s.Values.Length} values, "
                + $"expected one for each of {categories.Count} categories."));
        var xAxis = ChartLayout.Axis(xTitle);
        xAxis["type"] = "category";
        return ChartLayout.Make(caption, traces, xAxis, ChartLayout.Axis(yTitle, logY, series.SelectMany(s => s.Values)),
            layout => (layout["bargap"], layout["barmode"]) = (0.25, stacked ? "stack" : "group"));
    }

    /// <summary>Shows images in rows, each over its label.</summary>
    /// <param name="caption">What the images show.</param>
    /// <param name="images">Images, bytes 0..255 in the order channel, row, column.</param>
    /// <param name="channels">1 (grey) or 3 (red, green, blue).</param>
    /// <param name="height">Rows of each image.</param>
    /// <param name="width">Columns of each image.</param>
    /// <param name="labels">A label for each image.</param>
    /// <param name="columns">Images in a row.</param>
    /// <param name="scale">Screen pixels per image pixel.</param>
    /// <exception cref="ArgumentException">The number of labels or the size of an image does not fit.</exception>
    public static ImageGrid Images(
        string caption, IReadOnlyList<byte[]> images, int channels, int height, int width, IReadOnlyList<string> labels, int columns = 10,
        int scale = 2)
        => new(caption, images, (channels, height, width), labels, columns, scale);

    private static Properties Points(Series series, int index, string mode, int size, bool logX, bool logY)
    {
        string colour = ChartLayout.Palette[index % ChartLayout.Palette.Length];
        return new Properties
        {
            ["type"] = "scatter",
            ["mode"] = mode,
            ["name"] = series.Name,
            ["x"] = ChartLayout.Numbers(logX ? series.X.Select(Positive) : series.X),
            ["y"] = ChartLayout.Numbers(logY ? series.Y.Select(Positive) : series.Y),
            ["text"] = series.Text?.ToArray(),
            ["hovertemplate"] = series.Text is null ? null : "%{text}<br>x %{x}<br>y %{y}",
            ["line"] = new Properties
            {
                ["color"] = colour,
                ["width"] = 2,
                ["dash"] = index < ChartLayout.Palette.Length ? "solid" : "dash",
            },
            ["marker"] = new Properties
            {
                ["color"] = colour,
                ["size"] = size,
                ["symbol"] = ChartLayout.Symbols[
                    // Where colours begin anew, the shapes are shifted.
                    (index + (index / ChartLayout.Palette.Length)) % ChartLayout.Symbols.Length],
                ["opacity"] = mode == "markers" ? 0.8 : 1,
            },
        };
    }

    // A logarithmic axis has no place for others; plotly would draw a line down to the axis.
    private static double Positive(double value) => value > 0 ? value : double.NaN;

    private static (double Low, double High)? Range(IReadOnlyList<Series> series, bool positive)
    {
        var values = series.SelectMany(s => s.X.Concat(s.Y)).Where(value => double.IsFinite(value) && (!positive || value > 0)).ToArray();
        return values.Length == 0 ? null : (values.Min(), values.Max());
    }
}
