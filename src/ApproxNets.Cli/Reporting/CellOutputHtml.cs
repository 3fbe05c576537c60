using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ApproxNets.Cli.Reporting;

/// <summary>A cell's nbformat outputs as HTML, each in its richest form.</summary>
internal static partial class CellOutputHtml
{
    public static string ToHtml(JsonObject output, MarkdownText markdown)
    {
        switch ((string?)output["output_type"])
        {
            case "stream":
                string name = (string?)output["name"] == "stderr" ? "stderr" : "stdout";
                return $"<pre class=\"stream {name}\">{WebUtility.HtmlEncode(Overwrite(Text(output["text"])))}</pre>";
            case "error":
                string trace = string.Join('\n', (output["traceback"] as JsonArray ?? []).Select(line => (string?)line));
                return $"<div class=\"error\"><strong>{Encoded(output["ename"])}: {Encoded(output["evalue"])}</strong>"
                    + (trace.Length > 0 ? $"<pre>{WebUtility.HtmlEncode(trace)}</pre>" : "") + "</div>";
            default:
                return Bundle(output["data"] as JsonObject ?? [], markdown);
        }
    }

    /// <summary>What a terminal shows in the end: <c>\r</c> goes back to the line's start.</summary>
    internal static string Overwrite(string text) =>
        string.Join('\n', text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n').Select(line =>
    {
        var shown = new StringBuilder();
        foreach (string part in line.Split('\r'))
        {
            shown.Remove(0, Math.Min(part.Length, shown.Length)).Insert(0, part);
        }

        return shown.ToString();
    }));

    private static string Bundle(JsonObject data, MarkdownText markdown)
    {
        if (data["text/html"] is { } html)
        {
            return $"<div class=\"html\">{RemoteSource().Replace(Text(html), "$1data-blocked-$2")}</div>";
        }

        if (data["image/svg+xml"] is { } svg)
        {
            return $"<div class=\"image\">{Text(svg)}</div>";
        }

        foreach (string mime in (string[])["image/png", "image/jpeg"])
        {
            if (data[mime] is { } image)
            {
                return $"<div class=\"image\"><img alt=\"\" src=\"data:{mime};base64,{Text(image).Trim()}\"></div>";
            }
        }

        return data["text/markdown"] is { } text ? markdown.ToHtml(Text(text))
            : data["text/latex"] is { } latex ? MarkdownText.Formula(Text(latex).Trim().Trim('$'), display: true)
            : $"<pre class=\"result\">{WebUtility.HtmlEncode(Text(data["text/plain"]))}</pre>";
    }

    private static string Text(JsonNode? node) =>
        node is JsonArray lines ? string.Concat(lines.Select(line => (string?)line)) : (string?)node ?? "";

    private static string Encoded(JsonNode? node) => WebUtility.HtmlEncode((string?)node ?? "");

    // The report is read offline: what an output would load from elsewhere is not loaded.
    [GeneratedRegex("""(<(?:script|link|img|iframe)\b[^>]*?\s)(src|href)(?=\s*=\s*["']?(?:https?:)?//)""", RegexOptions.IgnoreCase)]
    private static partial Regex RemoteSource();
}
