using System.Globalization;
using System.Text.Json.Nodes;

namespace ApproxNets.Interactive.Internals;

/// <summary>An axis of a chart: its range as plotly's own choice would be, its ticks, and where a value lies in pixels.</summary>
internal sealed class ChartAxis
{
    public ChartAxis(string key, JsonObject layout, IReadOnlyList<JsonObject> traces)
    {
        (Key, Letter) = (key, key[..1]);
        Layout = layout[Letter + "axis" + key[1..]]?.AsObject() ?? [];
        Log = Layout["type"]?.ToString() == "log";
        JsonObject[] mine = [.. traces.Where(trace => ChartSvg.KeyOf(trace, Letter) == key)];
        string[] names = [.. mine.SelectMany(trace => trace[Letter] as JsonArray ?? []).OfType<JsonValue>()
            .Where(value => value.TryGetValue(out string? _)).Select(value => value.ToString()).Distinct()];
        Names = names.Length > 0 ? names : null;
        (Low, High) = Names is not null ? (-0.5, names.Length - 0.5)
            : Layout["range"] is JsonArray range ? (ChartSvg.Number(range[0]), ChartSvg.Number(range[1])) : Range(layout, mine);
    }

    public string Key { get; }

    public string Letter { get; }

    public JsonObject Layout { get; }

    public bool Log { get; }

    /// <summary>Names along the axis, at 0, 1, 2, ...; null for numbers.</summary>
    public string[]? Names { get; }

    /// <summary>Ends of the range; exponents of ten on a logarithmic axis.</summary>
    public double Low { get; }

    public double High { get; }

    public string Anchor => Layout["anchor"]?.ToString() ?? (Letter == "x" ? "y" : "x") + Key[1..];

    public double From { get; set; }

    public double To { get; set; }

    // Room for labels is made before the axis has its place; 400 is a good guess.
    private double Length => Math.Abs(To - From) is > 0 and var pixels ? pixels : 400;

    /// <summary>Pixel of a position as <see cref="Positions"/> gives them.</summary>
    public double Pixel(double position) => From + ((To - From) * (position - Low) / (High - Low));

    /// <summary>Where the points of a trace lie: values, exponents of ten, or numbers of names.</summary>
    public double?[] Positions(JsonObject trace)
    {
        if (trace[Letter] is JsonArray values)
        {
            return [.. values.Select(value => Names is not null ? Array.IndexOf(Names, value?.ToString())
                : ChartSvg.Optional(value) is { } number ? Log ? number > 0 ? Math.Log10(number) : null : number : (double?)null)];
        }

        int count = (trace[Letter == "x" ? "y" : "x"] as JsonArray)?.Count ?? 0;
        return [.. Enumerable.Range(0, count)
            .Select(i => (double?)(ChartSvg.Number(trace[Letter + "0"]) + (i * ChartSvg.Number(trace["d" + Letter], 1))))];
    }

    public IEnumerable<(double Position, string Label)> Ticks()
    {
        if (Names is not null)
        {
            // Of names that do not fit, every second, third, ...
            int step = Math.Max(1, (int)Math.Ceiling(Names.Length * 12 / Length));
            return Names.Select((name, i) => ((double)i, Short(name))).Where((_, i) => i % step == 0);
        }

        return Log ? LogTicks(Length)
            : LinearTicks(Low, High, Math.Max(2, (int)(Length / (Letter == "x" ? 70 : 32))), ChartSvg.Optional(Layout["dtick"]));
    }

    public static IEnumerable<(double Position, string Label)> LinearTicks(double low, double high, int most, double? step = null)
    {
        double rough = (high - low) / most, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double by = step ?? power * (rough / power <= 1 ? 1 : rough / power <= 2 ? 2 : rough / power <= 5 ? 5 : 10);
        var (unit, suffix) = Unit(Math.Max(Math.Abs(low), Math.Abs(high)));
        int digits = Math.Clamp((int)Math.Ceiling(-Math.Log10(by / unit) - 1e-9), 0, 9);
        for (double i = Math.Ceiling((low / by) - 1e-9); i * by <= high + (1e-9 * by); i++)
        {
            yield return (i * by, i == 0 ? "0" : (i * by / unit).ToString("F" + digits, CultureInfo.InvariantCulture) + suffix);
        }
    }

    // As plotly writes large numbers.
    private static (double Unit, string Suffix) Unit(double most) =>
        most switch { >= 1e9 => (1e9, "B"), >= 1e6 => (1e6, "M"), >= 1e4 => (1e3, "k"), _ => (1, "") };

    private IEnumerable<(double Position, string Label)> LogTicks(double length)
    {
        bool parts = High - Low <= 3 && length / (High - Low) > 3 * 28;
        int step = Math.Max(1, (int)Math.Ceiling((High - Low) * 28 / length));
        for (int power = (int)Math.Floor(Low); power <= High; power += step)
        {
            foreach (int digit in parts ? (int[])[1, 2, 5] : [1])
            {
                double position = power + Math.Log10(digit);
                if (position >= Low - 1e-9 && position <= High + 1e-9)
                {
                    double value = digit * Math.Pow(10, power);
                    var (unit, suffix) = Unit(value);
                    yield return (position, parts || Math.Abs(power) < 2
                        ? (value / unit).ToString("0.########", CultureInfo.InvariantCulture) + suffix : $"10^{power}");
                }
            }
        }
    }

    public double LabelWidth() => Math.Max(14, Ticks().Select(tick => tick.Label.StartsWith("10^", StringComparison.Ordinal)
        ? 24 : ChartSvg.TextWidth(tick.Label)).DefaultIfEmpty(0).Max());

    /// <summary>0 where the names stand beside each other, else how far they are turned.</summary>
    public int LabelAngle() => Names is null || Letter == "y" ? 0
        : Layout["tickangle"] is { } angle ? (int)ChartSvg.Number(angle)
        : Names.Max(name => ChartSvg.TextWidth(Short(name))) + 6 <= Length / Names.Length ? 0 : -40;

    public double LabelHeight() => LabelAngle() switch { 0 => 16, -90 => LabelWidth() * 0.85, _ => 12 + (LabelWidth() * 0.62) };

    private static string Short(string name) => name.Length <= 26 ? name : name[..25] + "…";

    private (double Low, double High) Range(JsonObject layout, JsonObject[] traces)
    {
        List<double> values = [];
        bool padLow = Letter == "y", padHigh = padLow;
        var sums = new Dictionary<int, double>();
        foreach (var trace in traces)
        {
            string type = trace["type"]!.ToString();
            if (type == "heatmap")
            {
                double first = ChartSvg.Number(trace[Letter + "0"]), step = ChartSvg.Number(trace["d" + Letter], 1);
                int count = Letter == "y" ? trace["z"]!.AsArray().Count : trace["z"]![0]!.AsArray().Count;
                values.AddRange([first - (step / 2), first + ((count - 0.5) * step)]);
                (padLow, padHigh) = (false, false);
                continue;
            }

            double?[] positions = Positions(trace);
            values.AddRange(positions.OfType<double>());
            if (type == "bar" && Letter == "x")
            {
                double[] at = [.. positions.OfType<double>()];
                double half = at.Length > 1 ? (at[1] - at[0]) / 2 : 0.5;
                values.AddRange(at.SelectMany(x => new[] { x - half, x + half }));
            }
            else if (type == "bar" && !Log)
            {
                values.Add(0);
                for (int i = 0; i < positions.Length && layout["barmode"]?.ToString() == "stack"; i++)
                {
                    sums[i] = sums.GetValueOrDefault(i) + (positions[i] ?? 0);
                }
            }
            else if (type == "scatter" && trace["mode"]?.ToString().Contains("markers", StringComparison.Ordinal) == true)
            {
                (padLow, padHigh) = (true, true);
            }
        }

        values.AddRange(sums.Values);
        if (values.Count == 0)
        {
            return (0, 1);
        }

        double low = values.Min(), high = values.Max(), pad = high > low ? 0.05 * (high - low) : Log ? 0.5 : Math.Max(0.5, 0.05 * Math.Abs(low));
        bool bars = Array.Exists(traces, trace => trace["type"]!.ToString() == "bar") && Letter == "y";
        padLow &= !(bars && low == 0);
        padHigh &= !(bars && high == 0);
        return (low - (padLow || high == low ? pad : 0), high + (padHigh || high == low ? pad : 0));
    }
}
