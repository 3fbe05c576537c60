using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ApproxNets.Interactive.Internals;

/// <summary>
/// Draws a chart as SVG from plotly's JSON: the picture for print and for pages that run no scripts. It knows what <see cref="Charts"/>
/// makes (scatter, bar and heatmap traces over linear, logarithmic and named axes) and no more. Text needs no font files, and no element
/// has an id, so pictures may stand inline in one page.
/// </summary>
internal sealed partial class ChartSvg
{
    public const int Width = 720;
    private const int Font = 12, LineHeight = 16;
    private const string Ink = "#333333", Grid = "#e6e6e6", Edge = "#888888";

    private readonly StringBuilder _svg = new();
    private readonly JsonObject _layout;
    private readonly JsonObject[] _traces;
    private readonly int _height;
    private double _left, _top, _plotWidth, _plotHeight;

    private ChartSvg(JsonObject figure)
    {
        _layout = figure["layout"]!.AsObject();
        _traces = [.. figure["data"]!.AsArray().Select(trace => trace!.AsObject()).Where(trace => trace["visible"]?.ToString() != "false")];
        _height = (int)Number(_layout["height"], ChartLayout.Height) - (Slider is null ? 0 : ChartLayout.SliderHeight);
    }

    private JsonNode? Slider => _layout["sliders"]?[0];

    /// <param name="json">The figure, as plotly's JSON.</param>
    /// <param name="caption">A title over the picture; none if null.</param>
    /// <returns>An SVG element, or null if the chart has a kind of trace that is not known here.</returns>
    public static string? Draw(string json, string? caption)
    {
        var figure = JsonNode.Parse(json)!.AsObject();
        return figure["data"]!.AsArray().All(trace => Knows(trace!.AsObject())) ? new ChartSvg(figure).Draw(caption) : null;
    }

    public static bool Knows(JsonObject trace) => trace["type"]?.ToString() is "scatter" or "bar" or "heatmap";

    private string Draw(string? caption)
    {
        string[] title = caption is null ? [] : Wrap(caption, 92);
        var above = Legend(out bool side);
        bool scale = Array.Exists(_traces, trace => trace["colorbar"]?["x"] is null && trace["type"]!.ToString() == "heatmap");
        var x = AxisOf("x");
        _left = 34 + (Array.Find(Axes("y"), axis => axis.Key == "y")?.LabelWidth() ?? 0);
        double right = side ? 40 + above.SelectMany(row => row).Max(entry => TextWidth(entry.Name)) : scale ? 96 : 24;
        _plotWidth = Width - _left - right;
        (x.From, x.To) = (0, _plotWidth);
        double bottom = 40 + x.LabelHeight() + (Slider is null ? 0 : 26);
        bool annotated = _layout["annotations"] is not null;
        _top = 12 + (LineHeight * (title.Length + (side || annotated ? 0 : above.Count) + (annotated ? 1 : 0)));
        double height = _height + (LineHeight * title.Length);
        _plotHeight = height - _top - bottom;

        _svg.Append(Open(Width, height));
        for (int line = 0; line < title.Length; line++)
        {
            Text(Width / 2.0, 16 + (LineHeight * line), title[line], "middle", "font-weight=\"600\"");
        }

        var (horizontal, vertical) = (Axes("x"), Axes("y"));
        Array.ForEach(horizontal, Place);
        Array.ForEach(vertical, Place);
        foreach (var axis in horizontal.Concat(vertical))
        {
            var across = (axis.Letter == "x" ? vertical : horizontal).First(other => other.Key == axis.Anchor);
            DrawAxis(axis, across);
        }

        foreach (var trace in _traces)
        {
            var (along, up) = (horizontal.First(axis => axis.Key == KeyOf(trace, "x")), vertical.First(axis => axis.Key == KeyOf(trace, "y")));
            switch (trace["type"]!.ToString())
            {
                case "heatmap": DrawHeatmap(trace, along, up); break;
                case "bar": DrawBars(trace, along, up); break;
                default: DrawPoints(trace, along, up); break;
            }
        }

        DrawLegend(above, side);
        foreach (var note in _layout["annotations"]?.AsArray() ?? [])
        {
            Text(_left + (Number(note!["x"]) * _plotWidth), _top + ((1 - Number(note["y"])) * _plotHeight) - 5, note["text"]!.ToString(), "start");
        }

        if (Slider is { } slider)
        {
            string active = slider["currentvalue"]!["prefix"] + slider["steps"]![(int)Number(slider["active"])]!["label"]!.ToString();
            Text(Width / 2.0, height - 8, $"{active} (one of {slider["steps"]!.AsArray().Count} positions of a slider)", "middle",
                "font-style=\"italic\"");
        }

        return _svg.Append("</svg>").ToString();
    }

    private void Place(ChartAxis axis)
    {
        double[] domain = [.. axis.Layout["domain"]?.AsArray().Select(value => Number(value)) ?? [0, 1]];
        (axis.From, axis.To) = axis.Letter == "x"
            ? (_left + (domain[0] * _plotWidth), _left + (domain[1] * _plotWidth))
            : (_top + ((1 - domain[0]) * _plotHeight), _top + ((1 - domain[1]) * _plotHeight));
        if (axis.Layout["autorange"]?.ToString() == "reversed")
        {
            (axis.From, axis.To) = (axis.To, axis.From);
        }
    }

    private ChartAxis AxisOf(string key) => new(key, _layout, _traces);

    private ChartAxis[] Axes(string letter) => [.. _traces.Select(trace => KeyOf(trace, letter)).Distinct().Select(AxisOf)];

    internal static string KeyOf(JsonObject trace, string letter) => trace[letter + "axis"]?.ToString() ?? letter;

    private void DrawAxis(ChartAxis axis, ChartAxis across)
    {
        var grid = new StringBuilder();
        bool horizontal = axis.Letter == "x";
        var (near, far) = (horizontal ? Math.Max(across.From, across.To) : Math.Min(across.From, across.To),
            horizontal ? Math.Min(across.From, across.To) : Math.Max(across.From, across.To));
        int angle = axis.LabelAngle();
        foreach (var (position, label) in axis.Ticks())
        {
            double at = axis.Pixel(position);
            if (axis.Names is null)
            {
                grid.Append(horizontal ? $"M{F(at)} {F(near)}V{F(far)}" : $"M{F(near)} {F(at)}H{F(far)}");
            }

            if (!horizontal)
            {
                Text(near - 6, at + 4, label, "end");
            }
            else if (angle == 0)
            {
                Text(at, near + 16, label, "middle");
            }
            else
            {
                Text(at + 4, near + 10, label, "end", string.Create(CultureInfo.InvariantCulture,
                    $"transform=\"rotate({angle} {at + 4:F1} {near + 10:F1})\" font-size=\"{(angle == -90 ? 10 : 11)}\""));
            }
        }

        _svg.Append("<path stroke=\"").Append(Grid).Append("\" d=\"").Append(grid).Append("\"/><path stroke=\"").Append(Edge).Append("\" d=\"")
            .Append(horizontal ? $"M{F(axis.From)} {F(near)}H{F(axis.To)}" : $"M{F(near)} {F(axis.From)}V{F(axis.To)}").Append("\"/>");
        double middle = (axis.From + axis.To) / 2;
        string title = axis.Layout["title"]?["text"]?.ToString() ?? "";
        if (horizontal)
        {
            Text(middle, near + 22 + axis.LabelHeight(), title, "middle");
        }
        else
        {
            double left = near - 16 - axis.LabelWidth();
            Text(left, middle, title, "middle", string.Create(CultureInfo.InvariantCulture, $"transform=\"rotate(-90 {left:F1} {middle:F1})\""));
        }
    }

    private void DrawPoints(JsonObject trace, ChartAxis along, ChartAxis up)
    {
        string mode = trace["mode"]?.ToString() ?? "lines";
        double?[] xs = along.Positions(trace), ys = up.Positions(trace);
        (double X, double Y)?[] points = [.. xs.Zip(ys, (x, y) => x is { } px && y is { } py ? (along.Pixel(px), up.Pixel(py)) : ((double, double)?)null)];
        if (mode.Contains("lines", StringComparison.Ordinal))
        {
            string shape = trace["line"]?["shape"]?.ToString() ?? "linear";
            string dash = (trace["line"]?["dash"]?.ToString() ?? "solid") == "solid" ? "" : " stroke-dasharray=\"7 4\"";
            var path = new StringBuilder();
            bool whole = points.Length > 300; // pixels are fine enough where lines are dense
            (double X, double Y)? last = null;
            foreach (var point in points)
            {
                if (point is not { } p)
                {
                    last = null;
                    continue;
                }

                p = whole ? (Math.Round(p.X), Math.Round(p.Y)) : p;
                if (last is null)
                {
                    path.Append($"M{F(p.X)} {F(p.Y)}");
                }
                else if (Math.Abs(p.X - last.Value.X) + Math.Abs(p.Y - last.Value.Y) < 0.5)
                {
                    continue; // nobody sees it
                }
                else
                {
                    path.Append(shape switch { "vh" => $"V{F(p.Y)}H{F(p.X)}", "hv" => $"H{F(p.X)}V{F(p.Y)}", _ => $"L{F(p.X)} {F(p.Y)}" });
                }

                last = p;
            }

            _svg.Append(CultureInfo.InvariantCulture, $"<path fill=\"none\" stroke=\"{Colour(trace, "line")}\" stroke-width=\"{Number(trace["line"]?["width"], 2)}\" ")
                .Append(CultureInfo.InvariantCulture, $"stroke-linejoin=\"round\"{dash} d=\"{path}\"/>");
        }

        if (mode.Contains("markers", StringComparison.Ordinal))
        {
            // A cloud of thousands: one point per pixel is all there is to see.
            var seen = points.Where(p => p is not null).Select(p => p!.Value).DistinctBy(p => (Math.Round(p.X), Math.Round(p.Y)));
            Marks(trace, [.. seen]);
        }

        if (mode.Contains("text", StringComparison.Ordinal) && trace["text"] is JsonArray names)
        {
            for (int i = 0; i < points.Length; i++)
            {
                if (points[i] is { } p)
                {
                    Text(p.X + 9, p.Y - 7, names[i]?.ToString() ?? "", "start");
                }
            }
        }
    }

    private void Marks(JsonObject trace, IReadOnlyList<(double X, double Y)> points)
    {
        double size = Number(trace["marker"]?["size"], 6), r = size / 2;
        string colour = Colour(trace, "marker"), opacity = F(Number(trace["marker"]?["opacity"], 1));
        string symbol = trace["marker"]?["symbol"]?.ToString() ?? "circle";
        string glyph = symbol switch
        {
            "diamond" => $"m0 {F(-1.3 * r)}l{F(1.3 * r)} {F(1.3 * r)} {F(-1.3 * r)} {F(1.3 * r)} {F(-1.3 * r)} {F(-1.3 * r)}z",
            "triangle-up" => $"m0 {F(-1.2 * r)}l{F(1.1 * r)} {F(1.9 * r)}h{F(-2.2 * r)}z",
            "triangle-down" => $"m0 {F(1.2 * r)}l{F(1.1 * r)} {F(-1.9 * r)}h{F(-2.2 * r)}z",
            "cross" => $"m{F(-r)} 0h{F(size)}m{F(-r)} {F(-r)}v{F(size)}",
            "x" => $"m{F(-r)} {F(-r)}l{F(size)} {F(size)}m0 {F(-size)}l{F(-size)} {F(size)}",
            "star" => Star(1.15 * r),
            "square" => "h0.1",
            _ => "h0", // a line (almost) without length, whose ends are round or square
        };
        string look = glyph is "h0" or "h0.1" ? $"stroke=\"{colour}\" stroke-width=\"{F(size)}\" stroke-linecap=\"{(symbol == "square" ? "square" : "round")}\""
            : symbol is "cross" or "x" ? $"fill=\"none\" stroke=\"{colour}\" stroke-width=\"{F(Math.Max(2, size / 3))}\"" : $"fill=\"{colour}\"";
        _svg.Append("<path ").Append(look).Append(opacity == "1" ? "" : $" opacity=\"{opacity}\"").Append(" d=\"");
        foreach (var (x, y) in points)
        {
            _svg.Append(points.Count > 150 ? $"M{x:F0} {y:F0}" : $"M{F(x)} {F(y)}").Append(glyph.Replace(" -", "-", StringComparison.Ordinal));
        }

        _svg.Append("\"/>");
    }

    private static string Star(double r)
    {
        var corners = Enumerable.Range(0, 10).Select(i => (Angle: Math.PI * i / 5, R: i % 2 == 0 ? r : 0.4 * r))
            .Select(corner => (X: corner.R * Math.Sin(corner.Angle), Y: -corner.R * Math.Cos(corner.Angle))).ToArray();
        return $"m{F(corners[0].X)} {F(corners[0].Y)}"
            + string.Concat(corners.Skip(1).Select((c, i) => $"l{F(c.X - corners[i].X)} {F(c.Y - corners[i].Y)}")) + "z";
    }

    private void DrawBars(JsonObject trace, ChartAxis along, ChartAxis up)
    {
        var beside = _traces.Where(other => other["type"]!.ToString() == "bar" && KeyOf(other, "x") == along.Key).ToList();
        string arrangement = _layout["barmode"]?.ToString() ?? "group";
        double?[] xs = along.Positions(trace), ys = up.Positions(trace);
        double step = along.Names is not null ? 1 : xs.OfType<double>().Zip(xs.OfType<double>().Skip(1), (a, b) => b - a).DefaultIfEmpty(1).Min();
        double width = step * (1 - Number(_layout["bargap"], 0.2)) / (arrangement == "group" ? beside.Count : 1);
        double shift = arrangement == "group" ? width * (beside.IndexOf(trace) - ((beside.Count - 1) / 2.0)) : 0;
        double floor = up.Log ? up.Low : 0;
        var path = new StringBuilder();
        for (int i = 0; i < xs.Length; i++)
        {
            if (xs[i] is not { } x || ys[i] is not { } y)
            {
                continue;
            }

            double below = arrangement == "stack"
                ? beside.TakeWhile(other => other != trace).Sum(other => up.Positions(other)[i] ?? 0) : floor;
            double from = along.Pixel(x + shift - (width / 2)), to = along.Pixel(x + shift + (width / 2));
            path.Append($"M{F(from)} {F(up.Pixel(below))}V{F(up.Pixel(arrangement == "stack" ? below + y : y))}H{F(to)}V{F(up.Pixel(below))}z");
        }

        _svg.Append($"<path fill=\"{Colour(trace, "marker")}\" opacity=\"{F(Number(trace["opacity"], 1))}\" d=\"{path}\"/>");
    }

    private void DrawHeatmap(JsonObject trace, ChartAxis along, ChartAxis up)
    {
        double?[][] z = [.. trace["z"]!.AsArray().Select(row => row!.AsArray().Select(Optional).ToArray())];
        var scale = new ColourScale(trace, z);
        var (xs, dx) = Centres(trace, along, "x", z[0].Length);
        var (ys, dy) = Centres(trace, up, "y", z.Length);
        if (z.Length * z[0].Length > 1000)
        {
            // Each entry as a few pixels: some viewers smooth an image that they enlarge.
            const int Zoom = 2;
            string[] colours = [.. z.SelectMany(row => row).Select(scale.At).Distinct()];
            var index = Enumerable.Range(0, colours.Length).ToDictionary(i => colours[i], i => (byte)i);
            int columns = z[0].Length * Zoom;
            var pixels = new byte[z.Length * Zoom * columns];
            for (int i = 0; i < pixels.Length; i++)
            {
                // Rows of a picture go down, those of the matrix up unless the axis is reversed.
                int row = i / columns / Zoom;
                pixels[i] = index[scale.At(z[up.From > up.To ? z.Length - 1 - row : row][i % columns / Zoom])];
            }

            double left = along.Pixel(xs[0] - (dx / 2)), right = along.Pixel(xs[^1] + (dx / 2));
            double[] ends = [up.Pixel(ys[0] - (dy / 2)), up.Pixel(ys[^1] + (dy / 2))];
            _svg.Append($"<image x=\"{F(left)}\" y=\"{F(ends.Min())}\" width=\"{F(right - left)}\" height=\"{F(ends.Max() - ends.Min())}\" ")
                .Append("preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,")
                .Append(Convert.ToBase64String(PalettePng.Encode(pixels, columns, Convert.FromHexString(string.Concat(colours.Select(colour => colour[1..])))))).Append("\"/>");
        }
        else
        {
            double gap = Number(trace["xgap"]) / 2;
            var cells = Enumerable.Range(0, z.Length).SelectMany(r => Enumerable.Range(0, z[0].Length).Select(c => (r, c)))
                .Where(cell => z[cell.r][cell.c] is not null).GroupBy(cell => scale.At(z[cell.r][cell.c]));
            foreach (var alike in cells)
            {
                _svg.Append("<path fill=\"").Append(alike.Key).Append("\" d=\"");
                foreach (var (r, c) in alike)
                {
                    double[] sides = [along.Pixel(xs[c] - (dx / 2)) + gap, along.Pixel(xs[c] + (dx / 2)) - gap,
                        up.Pixel(ys[r] - (dy / 2)), up.Pixel(ys[r] + (dy / 2))];
                    double top = Math.Min(sides[2], sides[3]) + gap;
                    _svg.Append($"M{F(sides[0])} {F(top)}H{F(sides[1])}v{F(Math.Abs(sides[3] - sides[2]) - (2 * gap))}H{F(sides[0])}z");
                }

                _svg.Append("\"/>");
            }
        }

        if (trace["texttemplate"] is not null)
        {
            for (int r = 0; r < z.Length; r++)
            {
                for (int c = 0; c < z[r].Length; c++)
                {
                    if (z[r][c] is { } value)
                    {
                        Text(along.Pixel(xs[c]), up.Pixel(ys[r]) + 4, value.ToString("G3", CultureInfo.InvariantCulture), "middle",
                            $"fill=\"{ColourScale.Over(scale.At(value))}\"");
                    }
                }
            }
        }

        DrawScale(trace, scale);
    }

    private static (double[] At, double Step) Centres(JsonObject trace, ChartAxis axis, string letter, int count) => axis.Names is not null
        ? ([.. axis.Positions(trace).Select(position => position!.Value)], 1)
        : ([.. Enumerable.Range(0, count).Select(i => Number(trace[letter + "0"]) + (i * Number(trace["d" + letter], 1)))], Number(trace["d" + letter], 1));

    private void DrawScale(JsonObject trace, ColourScale scale)
    {
        const int Steps = 40;
        var bar = trace["colorbar"]?.AsObject() ?? [];
        double left = _left + (Number(bar["x"], 1.02) * _plotWidth) + 4, length = Number(bar["len"], 1) * _plotHeight;
        string[] title = Lines(bar["title"]?["text"]?.ToString() ?? "");
        double top = _top + ((_plotHeight - length) / 2) + (LineHeight * title.Length), height = length - (LineHeight * title.Length);
        for (int line = 0; line < title.Length; line++)
        {
            Text(left, top - (LineHeight * (title.Length - 1 - line)) - 6, title[line], "start");
        }

        for (int i = 0; i < Steps; i++)
        {
            _svg.Append($"<path fill=\"{scale.At(scale.Low + ((scale.High - scale.Low) * (i + 0.5) / Steps))}\" ")
                .Append($"d=\"M{F(left)} {F(top + (height * (Steps - 1 - i) / Steps))}h14v{F((height / Steps) + 0.5)}h-14z\"/>");
        }

        foreach (var (value, label) in ChartAxis.LinearTicks(scale.Low, scale.High, 6))
        {
            Text(left + 18, top + (height * (1 - ((value - scale.Low) / (scale.High - scale.Low)))) + 4, label, "start");
        }
    }

    // Rows of a legend above the plot, or one column at its side.
    private List<List<(JsonObject Trace, string Name)>> Legend(out bool side)
    {
        var entries = _layout["showlegend"]?.ToString() == "true"
            ? _traces.Where(trace => trace["showlegend"]?.ToString() != "false" && trace["name"] is not null)
                .Select(trace => (trace, trace["name"]!.ToString())).ToList() : [];
        side = _layout["legend"]?["orientation"]?.ToString() == "v" && entries.Count > 0;
        List<List<(JsonObject, string)>> rows = [];
        double used = double.PositiveInfinity;
        foreach (var entry in entries)
        {
            double width = TextWidth(entry.Item2) + 44;
            if (side || used + width > Width - 80)
            {
                rows.Add([]);
                used = 0;
            }

            rows[^1].Add(entry);
            used += width;
        }

        return rows;
    }

    private void DrawLegend(List<List<(JsonObject Trace, string Name)>> rows, bool side)
    {
        double x0 = side ? _left + _plotWidth + 8 : _left + (Number(_layout["legend"]?["x"]) * _plotWidth);
        double y = side ? _top + 8 : _top + ((1 - Number(_layout["legend"]?["y"], 1)) * _plotHeight) - (LineHeight * (rows.Count - 1)) - 10;
        foreach (var row in rows)
        {
            double x = x0;
            foreach (var (trace, name) in row)
            {
                string mode = trace["type"]!.ToString() == "bar" ? "" : trace["mode"]?.ToString() ?? "lines";
                if (mode.Length == 0)
                {
                    _svg.Append($"<path fill=\"{Colour(trace, "marker")}\" d=\"M{F(x + 6)} {F(y - 6)}h12v12h-12z\"/>");
                }

                if (mode.Contains("lines", StringComparison.Ordinal))
                {
                    string dash = (trace["line"]?["dash"]?.ToString() ?? "solid") == "solid" ? "" : " stroke-dasharray=\"7 4\"";
                    _svg.Append($"<path stroke=\"{Colour(trace, "line")}\" stroke-width=\"2\"{dash} d=\"M{F(x)} {F(y)}h24\"/>");
                }

                if (mode.Contains("markers", StringComparison.Ordinal))
                {
                    Marks(trace, [(x + 12, y)]);
                }

                Text(x + 29, y + 4, name, "start");
                x += TextWidth(name) + 44;
            }

            y += LineHeight;
        }
    }

    private static string Colour(JsonObject trace, string part) => WebUtility.HtmlEncode(
        (trace[part]?["color"] as JsonValue)?.ToString() ?? (trace["marker"]?["color"] as JsonValue)?.ToString() ?? ChartLayout.Palette[0]);

    private void Text(double x, double y, string text, string anchor, string look = "")
    {
        string[] lines = Lines(text);
        _svg.Append($"<text x=\"{F(x)}\" y=\"{F(y)}\"").Append(anchor == "start" ? "" : $" text-anchor=\"{anchor}\"")
            .Append(look.Length > 0 ? " " + look : "").Append('>');
        string plain = WebUtility.HtmlEncode(string.Join(' ', lines));
        _svg.Append(Power().Replace(plain, "$1<tspan dy=\"-4\" font-size=\"9\">$2</tspan>")).Append("</text>");
    }

    private static string[] Lines(string text) => [.. LineBreak().Split(text).Select(line => Tag().Replace(line, ""))];

    internal static string[] Wrap(string text, int width)
    {
        List<string> lines = [""];
        foreach (string word in Lines(text).SelectMany(line => line.Split(' ')))
        {
            if (lines[^1].Length > 0 && lines[^1].Length + word.Length >= width)
            {
                lines.Add("");
            }

            lines[^1] += lines[^1].Length > 0 ? " " + word : word;
        }

        return [.. lines];
    }

    /// <summary>Begins a picture with a white ground.</summary>
    internal static string Open(int width, double height) => string.Create(CultureInfo.InvariantCulture,
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height:0}\" viewBox=\"0 0 {width} {height:0}\" role=\"img\" "
        + $"font-family=\"system-ui,'Segoe UI','DejaVu Sans',sans-serif\" font-size=\"{Font}\" fill=\"{Ink}\">"
        + $"<rect width=\"{width}\" height=\"{height:0}\" fill=\"#fff\"/>");

    internal static string TextLines(string[] lines, int x, int y, string look = "") => string.Concat(lines.Select((line, i) =>
        $"<text x=\"{x}\" y=\"{y + (LineHeight * i)}\" {look}>{WebUtility.HtmlEncode(line)}</text>"));

    /// <summary>A picture as a part of another.</summary>
    internal static string At(string svg, int x, int y) => $"<svg x=\"{x}\" y=\"{y}\"{svg.AsSpan(4)}";

    internal static (int Width, int Height) Size(string svg)
    {
        var match = Sizes().Match(svg);
        return (int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("^<svg [^>]*width=\"(\\d+)\" height=\"(\\d+)\"")]
    private static partial Regex Sizes();

    internal static double TextWidth(string text) => 6.6 * text.Length;

    internal static string F(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    internal static double Number(JsonNode? node, double otherwise = 0) => Optional(node) ?? otherwise;

    internal static double? Optional(JsonNode? node) => node is JsonValue value && value.TryGetValue(out double number) ? number : null;

    [GeneratedRegex("<br ?/?>")]
    private static partial Regex LineBreak();

    [GeneratedRegex("</?(?:b|i|sub|sup|em|strong|span)(?: [^>]*)?>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"^(10)\^(-?\d+)$")]
    private static partial Regex Power();
}
