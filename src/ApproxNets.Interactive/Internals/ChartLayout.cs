using Microsoft.FSharp.Collections;
using Plotly.NET;
using Properties = System.Collections.Generic.Dictionary<string, object?>;

namespace ApproxNets.Interactive.Internals;

/// <summary>The look that all charts share: white, light grid, colours that colour-blind readers tell apart.</summary>
internal static class ChartLayout
{
    /// <summary>Height of a chart in pixels, and what a slider adds to it.</summary>
    public const int Height = 380, SliderHeight = 96;

    /// <summary>Okabe and Ito, "Color universal design", 2008; yellow left out, too faint on white.</summary>
    public static readonly string[] Palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C6BB1"];

    // Shape tells series apart where colour does not reach (print).
    public static readonly string[] Symbols = ["circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down", "star"];

    public static Figure Make(string caption, IEnumerable<Properties> traces, Properties xAxis, Properties yAxis,
        Action<Properties>? adjust = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(caption);
        var all = traces.ToList();
        if (all.Count == 0)
        {
            throw new ArgumentException($"Chart '{caption}': found no series, expected at least one.");
        }

        var layout = new Properties
        {
            ["title"] = new Properties { ["text"] = caption, ["font"] = new Properties { ["size"] = 13 } },
            ["height"] = Height,
            ["margin"] = new Properties { ["l"] = 64, ["r"] = 24, ["t"] = 34, ["b"] = 56 },
            ["paper_bgcolor"] = "#ffffff",
            ["plot_bgcolor"] = "#ffffff",
            ["font"] = new Properties
            {
                ["family"] = "system-ui, -apple-system, 'Segoe UI', sans-serif",
                ["size"] = 13,
                ["color"] = "#333333"
            },
            ["colorway"] = Palette,
            ["hovermode"] = "closest",
            ["showlegend"] = all.Count(trace => !Equals(trace.GetValueOrDefault("showlegend"), false) && trace.ContainsKey("name")) > 1,
            ["legend"] = Legend(all.Count),
            ["xaxis"] = xAxis,
            ["yaxis"] = yAxis,
        };
        adjust?.Invoke(layout);

        var chart = GenericChart.ofTraceObjects(false, ListModule.OfSeq(all.Select(MakeTrace)));
        var chartLayout = new Layout();
        foreach (var (name, value) in layout)
        {
            chartLayout.SetProperty(name, value);
        }

        return new Figure(GenericChart.setLayout(chartLayout, chart), caption);
    }

    // Above the plot, where it leaves all the width; a long one stands at the side, where it leaves all the height.
    private static Properties Legend(int series) => series <= 5
        ? new Properties { ["orientation"] = "h", ["x"] = 0, ["y"] = 1.0, ["yanchor"] = "bottom" }
        : new Properties { ["orientation"] = "v", ["x"] = 1.02, ["y"] = 1.0, ["yanchor"] = "top" };

    /// <param name="title">Title, with unit.</param>
    /// <param name="log">Logarithmic.</param>
    /// <param name="values">The values along a logarithmic axis, which decide how many ticks fit.</param>
    public static Properties Axis(string title, bool log = false, IEnumerable<double>? values = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        var axis = new Properties
        {
            ["title"] = new Properties { ["text"] = title, ["standoff"] = 10 },
            ["automargin"] = true,
            ["gridcolor"] = "#e6e6e6",
            ["zerolinecolor"] = "#c8c8c8",
            ["linecolor"] = "#888888",
            ["showline"] = true,
            ["ticks"] = "outside",
            ["tickcolor"] = "#888888",
        };
        if (log)
        {
            axis["type"] = "log";
            axis["exponentformat"] = "power";

            // Up to three decades: 1, 2, 5, 10, ...; beyond that powers of ten.
            var positive = (values ?? []).Where(value => value > 0 && double.IsFinite(value)).ToArray();
            axis["dtick"] = positive.Length > 0 && Math.Log10(positive.Max() / positive.Min()) <= 3 ? "D2" : 1;
        }

        return axis;
    }

    /// <summary>Values as a notebook stores them: six digits are more than a screen shows; what is not finite leaves a gap.</summary>
    public static object?[] Numbers(IEnumerable<double> values) => [.. values.Select(Number)];

    public static object? Number(double value)
    {
        if (!double.IsFinite(value))
        {
            return null;
        }

        return value == Math.Truncate(value) && Math.Abs(value) < 1e15
            ? (object)(long)value
            : double.Parse(value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture),
                System.Globalization.CultureInfo.InvariantCulture);
    }

    private static Trace MakeTrace(Properties properties)
    {
        var trace = new Trace((string)properties["type"]!);
        foreach (var (name, value) in properties)
        {
            if (name != "type" && value is not null)
            {
                trace.SetProperty(name, value);
            }
        }

        return trace;
    }
}
