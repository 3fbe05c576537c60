using System.Text;

namespace ApproxNets.Interactive.Internals;

/// <summary>plotly.js as Plotly.NET embeds it: charts need no network.</summary>
internal static class PlotlyScript
{
    public const string FileName = "plotly-2.28.0.min.js";

    public static void CopyTo(Stream target)
    {
        using var source = Open();
        source.CopyTo(target);
    }

    /// <summary>A script element with all of plotly.js, for hosts whose page we do not write.</summary>
    public static string InlineHtml
    {
        get
        {
            using var reader = new StreamReader(Open(), Encoding.UTF8);

            // Module loaders of the page (RequireJS in Jupyter) must not capture it: figures look for window.Plotly.
            return "<script>if (!window.Plotly) { (function () { var define, module, exports;\n"
                + reader.ReadToEnd().Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase)
                + "\n}).call(window); }</script>";
        }
    }

    private static Stream Open()
    {
        var assembly = typeof(Plotly.NET.GenericChart).Assembly;
        return assembly.GetManifestResourceStream("Plotly.NET." + FileName)
            ?? throw new InvalidOperationException(
                $"{assembly.GetName()}: found no embedded {FileName}, expected the one of Plotly.NET 6.0.0.");
    }
}
