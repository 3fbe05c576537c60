using System.Globalization;
using System.Net;
using System.Reflection;

namespace ApproxNets.Cli.Reporting;

/// <summary>What all pages of a report share: head, style, foot, scripts.</summary>
internal static class PageFrame
{
    public const string MathFileName = "temml.min.js";

    private static readonly string Style = Resource("report.css");
    private static readonly string MathStyle = Resource("temml.css");

    /// <param name="title">Title of the page.</param>
    /// <param name="body">Its content; formulas are elements of the class <c>math</c>.</param>
    /// <param name="script">File of a script beside the page; none if null.</param>
    public static string Make(string title, string body, string? script)
    {
        bool math = body.Contains("<span class=\"math", StringComparison.Ordinal);
        return $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <link rel="icon" href="data:,">
            <title>{{Encode(title)}}</title>
            <style>
            {{(math ? MathStyle + "\n" : "")}}{{Style}}
            </style>{{(script is null ? "" : $"\n<script defer src=\"{script}\"></script>")}}{{(math ? MathScript : "")}}
            </head>
            <body>
            {{body}}
            </body>
            </html>

            """.ReplaceLineEndings("\n");
    }

    public static Stream Open(string resource) => Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;

    public static string Encode(string text) => WebUtility.HtmlEncode(text);

    public static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture,
        $"{(seconds < 10 ? $"{seconds:F1} s" : seconds < 120 ? $"{seconds:F0} s" : $"{Math.Floor(seconds / 60):F0} min {Math.Floor(
            seconds % 60):F0} s")}");

    private static string Resource(string name)
    {
        using var reader = new StreamReader(Open(name));
        return reader.ReadToEnd();
    }

    private const string MathScript = $$"""

        <script defer src="{{MathFileName}}"></script>
        <script>
        addEventListener("DOMContentLoaded", () => document.querySelectorAll("span.math").forEach(formula => temml.render(
          formula.textContent, formula, { displayMode: formula.classList.contains("display"), throwOnError: false })));
        </script>
        """;
}
