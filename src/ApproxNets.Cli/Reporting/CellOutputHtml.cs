using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace ApproxNets.Cli.Reporting;

/// <summary>A cell's nbformat outputs as HTML, each in its richest form.</summary>
internal static class CellOutputHtml
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
            return $"<div class=\"html\">{SafeHtml.Clean(Text(html))}</div>";
        }

        if (data["image/svg+xml"] is { } svg)
        {
            return $"<div class=\"image\">{SafeHtml.Image(Text(svg))}</div>";
        }

        foreach (string mime in (string[])["image/png", "image/jpeg"])
        {
            if (data[mime] is { } image)
            {
                string url = $"data:{mime};base64,{string.Concat(Text(image).Where(c => !char.IsWhiteSpace(c)))}";
                return SafeUrl.IsImageData(url) ? $"<div class=\"image\"><img alt=\"\" src=\"{url}\"></div>"
                    : "<p class=\"left-out\">An image that is no base64 text is not shown.</p>";
            }
        }

        return data["text/markdown"] is { } text ? markdown.ToHtml(Text(text))
            : data["text/latex"] is { } latex ? MarkdownText.Formula(Text(latex).Trim().Trim('$'), display: true)
            : $"<pre class=\"result\">{WebUtility.HtmlEncode(Text(data["text/plain"]))}</pre>";
    }

    private static string Text(JsonNode? node) =>
        node is JsonArray lines ? string.Concat(lines.Select(line => (string?)line)) : (string?)node ?? "";

    private static string Encoded(JsonNode? node) => WebUtility.HtmlEncode((string?)node ?? "");
}
