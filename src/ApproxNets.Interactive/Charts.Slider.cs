using System.Text.Json.Nodes;
using ApproxNets.Interactive.Internals;
using Properties = System.Collections.Generic.Dictionary<string, object?>;

namespace ApproxNets.Interactive;

public static partial class Charts
{
    /// <summary>
    /// Puts charts of one kind behind each other, with a slider that picks one. All values are in the page, so the slider works without
    /// a kernel and in an exported page. The axes keep their ranges, so that the eye can compare. The static picture shows the chart
    /// that the slider begins with.
    /// </summary>
    /// <param name="caption">What the charts show together.</param>
    /// <param name="parameter">What the slider sets, with unit, e.g. "lambda".</param>
    /// <param name="steps">Value of the parameter and the chart for it; charts of this class with the same axis titles. Their own captions
    /// are not shown.</param>
    /// <param name="active">Index of the chart to begin with.</param>
    /// <exception cref="ArgumentException">The caption or the parameter is empty, there is no chart, their axis titles
    /// differ, or one is of a kind that cannot be drawn without plotly.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="active"/> is no index of a chart.</exception>
    public static Figure Slider(string caption, string parameter, IEnumerable<(string Value, Figure Figure)> steps, int active = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(parameter);
        var all = steps.Select(step => (step.Value, Json: JsonNode.Parse(FigureHtml.Json(step.Figure))!.AsObject())).ToList();
        if (all.Count == 0)
        {
            throw new ArgumentException($"Chart '{caption}': found no chart for the slider, expected at least one.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(active);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(active, all.Count);
        JsonObject layout = all[0].Json["layout"]!.AsObject();
        foreach (string axis in (string[])["xaxis", "yaxis"])
        {
            string[] titles = [.. all.Select(step => step.Json["layout"]?[axis]?["title"]?["text"]?.ToString() ?? "").Distinct()];
            if (titles.Length > 1)
            {
                throw new ArgumentException(
                    $"Chart '{caption}': found the {axis} titles '{titles[0]}' and '{titles[1]}', expected one for all positions of the slider.");
            }
        }

        var (ranges, longest) = Common(caption, all.Select(step => step.Json));
        List<Properties> traces = [];
        List<int> owners = [];
        foreach (var (step, trace) in all.SelectMany((step, i) => step.Json["data"]!.AsArray().Select(trace => (i, trace))))
        {
            var copy = (Properties)Plain(trace)!;
            copy["visible"] = step == active;
            traces.Add(copy);
            owners.Add(step);
        }

        return ChartLayout.Make(caption, traces, Ranged("xaxis"), Ranged("yaxis"), shown =>
        {
            foreach (var (name, value) in layout.Where(entry => entry.Key is not ("xaxis" or "yaxis" or "title")))
            {
                shown[name] = Plain(value);
            }

            // Names that are turned need room between the axis and the slider.
            int names = longest > 0 ? (int)(4.7 * longest) : 0;
            shown["height"] = (int)ChartSvg.Number(layout["height"], ChartLayout.Height) + ChartLayout.SliderHeight + names;
            shown["sliders"] = new[] { new Properties
            {
                ["active"] = active,
                ["currentvalue"] = new Properties { ["prefix"] = parameter + ": " },
                ["pad"] = new Properties { ["t"] = 58 + names, ["b"] = 4 },
                ["steps"] = all.Select((step, i) => new Properties
                {
                    ["label"] = step.Value,
                    ["method"] = "restyle",
                    ["args"] = new object[] { "visible", owners.Select(owner => owner == i).ToArray() },
                }).ToArray(),
            } };
        });

        Properties Ranged(string axis)
        {
            var properties = (Properties)Plain(layout[axis])!;
            if (ranges.TryGetValue(axis, out double[]? range))
            {
                properties["range"] = properties.GetValueOrDefault("autorange") as string == "reversed" ? [range[1], range[0]] : range;
            }

            if (axis == "xaxis" && longest > 0)
            {
                properties["tickangle"] = -45;
            }

            return properties;
        }
    }

    // Ranges of the axes of numbers that hold all charts, and the longest of many names along the horizontal axis.
    private static (Dictionary<string, double[]> Ranges, int LongestName) Common(string caption, IEnumerable<JsonObject> figures)
    {
        var ranges = new Dictionary<string, double[]>();
        int longest = 0;
        foreach (var figure in figures)
        {
            JsonObject[] traces = [.. figure["data"]!.AsArray().Select(trace => trace!.AsObject())];
            if (!Array.TrueForAll(traces, ChartSvg.Knows) || Array.Exists(traces, trace => ChartSvg.KeyOf(trace, "x") != "x"))
            {
                throw new ArgumentException($"Chart '{caption}': found a chart of several panels or of a kind that only plotly draws, "
                    + "expected lines, points, bars or a heatmap.");
            }

            foreach (string letter in (string[])["x", "y"])
            {
                var axis = new ChartAxis(letter, figure["layout"]!.AsObject(), traces);
                if (axis.Names is null)
                {
                    var (low, high) = ranges.TryGetValue(letter + "axis", out double[]? known) ? (known[0], known[1]) : (axis.Low, axis.High);
                    ranges[letter + "axis"] = [Math.Min(low, axis.Low), Math.Max(high, axis.High)];
                }
                else if (letter == "x" && axis.Names.Length > 6)
                {
                    longest = Math.Max(longest, axis.Names.Max(name => name.Length));
                }
            }
        }

        return (ranges, longest);
    }

    private static object? Plain(JsonNode? node) => node switch
    {
        JsonObject properties => properties.ToDictionary(property => property.Key, property => Plain(property.Value)),
        JsonArray values => values.Select(Plain).ToArray(),
        JsonValue value when value.TryGetValue(out bool flag) => flag,
        JsonValue value when value.TryGetValue(out long whole) => whole,
        JsonValue value when value.TryGetValue(out double number) => number,
        _ => node?.ToString(),
    };
}
