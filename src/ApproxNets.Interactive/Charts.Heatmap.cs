using ApproxNets.Interactive.Internals;
using Properties = System.Collections.Generic.Dictionary<string, object?>;

namespace ApproxNets.Interactive;

public static partial class Charts
{
    // ColorBrewer's RdBu, blue for negative; told apart by colour-blind readers.
    private static readonly object[] Diverging =
        [new object[] { 0, "#2166ac" }, new object[] { 0.25, "#92c5de" }, new object[] { 0.5, "#f7f7f7" }, new object[] { 0.75, "#f4a582" },
            new object[] { 1, "#b2182b" }];

    /// <summary>Draws a matrix as colours over two numeric axes.</summary>
    /// <param name="caption">What the chart shows.</param>
    /// <param name="xTitle">Title of the horizontal axis, with unit.</param>
    /// <param name="yTitle">Title of the vertical axis, with unit.</param>
    /// <param name="valueTitle">Title of the colour scale, with unit.</param>
    /// <param name="values">The matrix, <c>[y, x]</c>; a value that is not finite leaves a gap.</param>
    /// <param name="xRange">Positions of the first and last column; null counts from 0.</param>
    /// <param name="yRange">Positions of the first and last row; null counts from 0.</param>
    /// <param name="diverging">Centres the scale at 0: blue below, red above.</param>
    /// <exception cref="ArgumentException">A title is empty or the matrix has no entry.</exception>
    public static Figure Heatmap(
        string caption, string xTitle, string yTitle, string valueTitle, double[,] values,
        (double First, double Last)? xRange = null, (double First, double Last)? yRange = null, bool diverging = false)
    {
        var trace = HeatmapTrace(caption, valueTitle, values, diverging);
        Place(trace, "x", values.GetLength(1), xRange);
        Place(trace, "y", values.GetLength(0), yRange);
        return ChartLayout.Make(caption, [trace], ChartLayout.Axis(xTitle), ChartLayout.Axis(yTitle), layout =>
            (layout["height"], layout["meta"]) = (460, Narrow(valueTitle)));
    }

    /// <summary>Draws a matrix as colours over two lists of names, each entry with its value.</summary>
    /// <param name="caption">What the chart shows.</param>
    /// <param name="xTitle">Title of the horizontal axis.</param>
    /// <param name="yTitle">Title of the vertical axis.</param>
    /// <param name="valueTitle">Title of the colour scale, with unit.</param>
    /// <param name="values">The matrix, <c>[y, x]</c>; a value that is not finite leaves a gap.</param>
    /// <param name="xNames">Names of the columns.</param>
    /// <param name="yNames">Names of the rows, the first on top.</param>
    /// <param name="diverging">Centres the scale at 0: blue below, red above.</param>
    /// <exception cref="ArgumentException">A title is empty, or the names do not fit the matrix.</exception>
    public static Figure Heatmap(
        string caption, string xTitle, string yTitle, string valueTitle, double[,] values,
        IReadOnlyList<string> xNames, IReadOnlyList<string> yNames, bool diverging = false)
    {
        if (xNames.Count != values.GetLength(1) || yNames.Count != values.GetLength(0))
        {
            throw new ArgumentException(
                $"Chart '{caption}': found {yNames.Count} row and {xNames.Count} column names, "
                + $"expected {values.GetLength(0)} and {values.GetLength(1)}.");
        }

        var trace = HeatmapTrace(caption, valueTitle, values, diverging);
        trace["x"] = xNames.ToArray();
        trace["y"] = yNames.ToArray();
        trace["xgap"] = trace["ygap"] = 1;
        if (xNames.Count <= 16 && values.Length <= 400)
        {
            trace["texttemplate"] = "%{z:.3~g}";
        }

        var (xAxis, yAxis) = (ChartLayout.Axis(xTitle), ChartLayout.Axis(yTitle));
        xAxis["type"] = yAxis["type"] = "category";
        yAxis["autorange"] = "reversed";
        if (xNames.Count > 16)
        {
            // Else plotly leaves out every other name.
            (xAxis["dtick"], xAxis["tickangle"], xAxis["tickfont"]) = (1, -90, new Properties { ["size"] = 10 });
        }

        int forNames = xNames.Count > 6 ? 4 * xNames.Max(name => name.Length) : 0;
        int height = Math.Clamp(140 + (26 * yNames.Count) + forNames, 300, 900);
        return ChartLayout.Make(caption, [trace], xAxis, yAxis,
            layout => (layout["height"], layout["meta"]) = (height, Narrow(valueTitle, values.GetLength(1) > 6)));
    }

    private static Properties HeatmapTrace(string caption, string valueTitle, double[,] values, bool diverging)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(valueTitle);
        if (values.Length == 0)
        {
            throw new ArgumentException($"Chart '{caption}': found an empty matrix, expected at least one entry.");
        }

        var rows = Enumerable.Range(0, values.GetLength(0))
            .Select(y => ChartLayout.Numbers(Enumerable.Range(0, values.GetLength(1)).Select(x => values[y, x]))).ToArray();
        var trace = new Properties
        {
            ["type"] = "heatmap",
            ["z"] = rows,
            ["colorscale"] = diverging ? Diverging : "Viridis",
            ["colorbar"] = new Properties
            {
                ["title"] = new Properties { ["text"] = InLines(valueTitle), ["side"] = "top" },
                ["thickness"] = 14,
            },
        };
        if (diverging)
        {
            double most = values.Cast<double>().Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(1).Max();
            trace["zmin"] = -most;
            trace["zmax"] = most;
        }

        return trace;
    }

    // On a telephone the colour scale lies over the plot, and its fields have no room for their values.
    private static Properties Narrow(string valueTitle, bool noText = false)
    {
        var data = new Properties
        {
            ["colorbar.orientation"] = "h", ["colorbar.y"] = 1.0, ["colorbar.yanchor"] = "bottom", ["colorbar.title.text"] = InLines(valueTitle, 24),
        };
        if (noText)
        {
            data["texttemplate"] = "";
        }

        return new Properties
        {
            ["narrow"] = new Properties { ["more"] = 80, ["data"] = data },
        };
    }

    // The title stands over the colour scale, whose width it must not set.
    private static string InLines(string title, int width = 12)
    {
        var lines = new List<string>();
        foreach (string word in title.Split(' '))
        {
            if (lines.Count > 0 && lines[^1].Length + 1 + word.Length <= width)
            {
                lines[^1] += " " + word;
            }
            else
            {
                lines.Add(word);
            }
        }

        return string.Join("<br>", lines);
    }

    // Origin and step instead of all positions: shorter, and exact.
    private static void Place(Properties trace, string axis, int count, (double First, double Last)? range)
    {
        var (first, last) = range ?? (0, count - 1);
        trace[axis + "0"] = first;
        trace["d" + axis] = count > 1 ? (last - first) / (count - 1) : 1;
    }
}
