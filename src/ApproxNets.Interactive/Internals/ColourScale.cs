using System.Text.Json.Nodes;

namespace ApproxNets.Interactive.Internals;

/// <summary>The colours of a heatmap. Few enough levels that a picture stays small, more than an eye tells apart.</summary>
internal sealed class ColourScale
{
    private const int Levels = 64;

    // Plotly's "Viridis".
    private static readonly (double At, byte[] Rgb)[] Viridis = [.. new[] { "440154", "482878", "3e4989", "31688e", "26828e", "1f9e89",
        "35b779", "6ece58", "b5de2b", "fde725" }.Select((hex, i) => (i / 9.0, Convert.FromHexString(hex)))];

    private readonly (double At, byte[] Rgb)[] _stops;

    public ColourScale(JsonObject trace, double?[][] values)
    {
        double[] known = [.. values.SelectMany(row => row).OfType<double>()];
        Low = ChartSvg.Number(trace["zmin"], known.DefaultIfEmpty(0).Min());
        High = ChartSvg.Number(trace["zmax"], known.DefaultIfEmpty(1).Max());
        if (High <= Low)
        {
            (Low, High) = (Low - 0.5, Low + 0.5);
        }

        _stops = trace["colorscale"] is JsonArray stops
            ? [.. stops.Select(stop => (ChartSvg.Number(stop![0]), Convert.FromHexString(stop[1]!.ToString().TrimStart('#'))))] : Viridis;
    }

    public double Low { get; }

    public double High { get; }

    /// <summary>Colour of a value as <c>#rrggbb</c>; white where there is none.</summary>
    public string At(double? value)
    {
        if (value is not { } known)
        {
            return "#ffffff";
        }

        double at = Math.Round(Math.Clamp((known - Low) / (High - Low), 0, 1) * Levels) / Levels;
        int i = Math.Clamp(Array.FindLastIndex(_stops, stop => stop.At <= at), 0, _stops.Length - 2);
        double share = (at - _stops[i].At) / (_stops[i + 1].At - _stops[i].At);
        return "#" + Convert.ToHexStringLower(
            [.. _stops[i].Rgb.Zip(_stops[i + 1].Rgb, (a, b) => (byte)Math.Round(a + (share * (b - a))))]);
    }

    /// <summary>The colour of text that is readable over another.</summary>
    public static string Over(string colour)
    {
        byte[] rgb = Convert.FromHexString(colour[1..]);
        return (0.299 * rgb[0]) + (0.587 * rgb[1]) + (0.114 * rgb[2]) > 140 ? "#222222" : "#ffffff";
    }
}
