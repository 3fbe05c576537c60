using System.Globalization;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using ApproxNets.Interactive;

namespace ApproxNets.Cli.Reporting;

/// <summary>What all pages of a report share: head, style, foot, scripts.</summary>
internal static class PageFrame
{
    /// <summary>The id of the page's text.</summary>
    public const string MainId = "main";

    private static readonly string Style = Resource("report.css");
    private static readonly string MathStyle = Resource("temml.css");
    private static readonly Lazy<string> Plotly = new(() => Script(NotebookHost.OpenPlotly()));
    private static readonly string Math = Script(Open("temml.min.js"));
    private static readonly string Own = Lines(NotebookHost.FigureScript) + "\n" + Resource("report.js");

    /// <summary>
    /// A page that is whole: it loads nothing, so it can be sent alone. The browser runs the scripts whose hashes the policy states, all of
    /// them ours, and no other.
    /// </summary>
    /// <param name="title">Title of the page.</param>
    /// <param name="body">Its content; formulas are elements of the class <c>math</c>, data of charts are JSON in the elements of figures.</param>
    /// <param name="charts">Brings plotly.js.</param>
    public static string Make(string title, string body, bool charts)
    {
        bool math = body.Contains("<span class=\"math", StringComparison.Ordinal);
        bool own = charts || math || body.Contains("<section class=\"code\"", StringComparison.Ordinal)
            || body.Contains("<div class=\"cards\"", StringComparison.Ordinal);
        string[] scripts = [.. charts ? (string[])[Plotly.Value] : [], .. math ? (string[])[Math] : [], .. own ? (string[])[Own] : []];
        return $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{{Policy(scripts)}}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <link rel="icon" href="data:,">
            <title>{{Encode(title)}}</title>
            <style>
            {{(math ? MathStyle + "\n" : "")}}{{Style}}
            </style>
            </head>
            <body>
            <a class="skip" href="#{{MainId}}">Skip to the text</a>
            {{body}}
            {{string.Concat(scripts.Select(script => $"<script>{script}</script>\n"))}}</body>
            </html>

            """.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    public static Stream Open(string resource) => Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;

    public static string Encode(string text) => WebUtility.HtmlEncode(text);

    public static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture,
        $"{(seconds < 10 ? $"{seconds:F1} s" : seconds < 120 ? $"{seconds:F0} s" : $"{System.Math.Floor(seconds / 60):F0} min {System.Math.Floor(
            seconds % 60):F0} s")}");

    // plotly.js sets styles of elements, and makes an image of its own bytes (blob:) when a reader saves a chart.
    private static string Policy(string[] scripts) => "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:; "
        + $"style-src 'unsafe-inline'; script-src {(scripts.Length == 0 ? "'none'" : string.Join(' ', scripts.Select(Hash)))}";

    private static string Hash(string script) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'";

    private static string Resource(string name)
    {
        using var reader = new StreamReader(Open(name));
        return Lines(reader.ReadToEnd());
    }

    // As it stands between script tags: nothing in it ends the element, and line ends are those that a browser makes of all.
    private static string Script(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return Lines(reader.ReadToEnd().Replace("</script", "<\\/script", StringComparison.OrdinalIgnoreCase)
            .Replace("<!--", "<\\!--", StringComparison.Ordinal));
    }

    private static string Lines(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
}
