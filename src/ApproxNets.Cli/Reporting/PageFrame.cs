using System.Net;
using System.Reflection;

namespace ApproxNets.Cli.Reporting;

/// <summary>What all pages of a report share: head, style, foot.</summary>
internal static class PageFrame
{
    private static readonly Lazy<string> Style = new(() =>
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("report.css")!);
        return reader.ReadToEnd();
    });

    public static string Make(string title, string body, string? script) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{Encode(title)}</title>
        <style>
        {Style.Value}
        </style>{(script is null ? "" : $"\n<script defer src=\"{script}\"></script>")}
        </head>
        <body>
        {body}
        </body>
        </html>

        """.ReplaceLineEndings("\n");

    public static string Encode(string text) => WebUtility.HtmlEncode(text);

    public static string Seconds(double seconds) => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"{(seconds < 10 ? $"{seconds:F1} s" : seconds < 120 ? $"{seconds:F0} s" : $"{Math.Floor(seconds / 60):F0} min {Math.Floor(
            seconds % 60):F0} s")}");
}
