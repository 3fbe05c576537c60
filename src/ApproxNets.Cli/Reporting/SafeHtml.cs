using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AngleSharp;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Xhtml;
using ApproxNets.Interactive;
using Ganss.Xss;

namespace ApproxNets.Cli.Reporting;

/// <summary>
/// HTML that a cell made, as HTML that only shows: no script, no form, nothing that is loaded. Of a figure the data stay, which the page's
/// own script draws; drawings in SVG become images, in which nothing runs.
/// </summary>
internal static partial class SafeHtml
{
    // Readers and writers of HTML go down by recursion; browsers stop at 512.
    private const int DeepestNesting = 256;

    private static readonly string[] Elements =
    [
        "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em",
        "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "meter", "ol", "p", "pre",
        "progress", "q", "s", "samp", "section", "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th",
        "thead", "tr", "tt", "u", "ul", "var",
    ];

    // Neither id nor name: scripts of the page would find these elements as properties of the document.
    private static readonly string[] Attributes =
    [
        "align", "alt", "class", "colspan", "dir", "height", "href", "lang", "max", "min", "open", "reversed", "rowspan", "scope", "src", "start",
        "style", "title", "type", "valign", "value", "width",
    ];

    // What could cover other parts of the page.
    private static readonly string[] Placing = ["position", "z-index", "top", "left", "right", "bottom", "inset", "float"];

    /// <summary>Cleans a cell's HTML.</summary>
    public static string Clean(string html)
    {
        var sanitizer = new HtmlSanitizer();
        Replace(sanitizer.AllowedTags, Elements);
        Replace(sanitizer.AllowedAttributes, Attributes);
        Replace(sanitizer.UriAttributes, ["href", "src"]);
        Replace(sanitizer.AllowedSchemes, ["http", "https", "mailto", "data"]);
        sanitizer.AllowedAtRules.Clear();
        sanitizer.AllowedCssProperties.ExceptWith(Placing);
        sanitizer.DisallowCssPropertyValue = Loading();
        sanitizer.FilterUrl += (_, filter) => filter.SanitizedUrl = filter.Tag.LocalName == "img"
            ? SafeUrl.IsImageData(filter.OriginalUrl) ? filter.OriginalUrl : null
            : SafeUrl.IsLink(filter.OriginalUrl) ? filter.OriginalUrl : null;

        var document = sanitizer.HtmlParserFactory().ParseDocument($"<!DOCTYPE html><body>{html}");
        if (document.Body is not { LocalName: "body" } body || IsDeep(document.DocumentElement))
        {
            return $"<p class=\"left-out\">HTML that has frames or is nested deeper than {DeepestNesting} elements is not shown.</p>";
        }

        var figures = document.QuerySelectorAll("figure.an-figure > script").Select(script => (Figure: script.ParentElement!, Data: ChartData(script.TextContent)))
            .Where(figure => figure.Data is not null).ToList();
        foreach (var svg in document.QuerySelectorAll("svg").Where(svg => svg.ParentElement?.Closest("svg") is null).ToList())
        {
            svg.ReplaceWith(ImageOf(svg, document));
        }

        sanitizer.SanitizeDom(document, body);
        foreach (var (figure, data) in figures)
        {
            var element = document.CreateElement("script");
            element.SetAttribute("type", "application/json");
            element.TextContent = data!;
            figure.AppendChild(element);
        }

        return body.InnerHtml;
    }

    /// <summary>A drawing as an image. In an image no script runs and nothing is loaded.</summary>
    public static string Image(string svg) => $"<img alt=\"\" src=\"{SvgData(svg)}\">";

    private static string SvgData(string svg) => "data:image/svg+xml;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes(svg));

    private static IElement ImageOf(IElement svg, IHtmlDocument document)
    {
        svg.SetAttribute("xmlns", "http://www.w3.org/2000/svg");
        var image = document.CreateElement("img");
        image.SetAttribute("alt", svg.QuerySelector("title")?.TextContent ?? "");
        image.SetAttribute("src", SvgData(svg.ToHtml(new XhtmlMarkupFormatter())));
        return image;
    }

    /// <summary>The data of a figure, checked: JSON as plotly.js takes it, without what would load an image or change what all objects
    /// have; null for a script that is no figure's.</summary>
    private static string? ChartData(string script)
    {
        try
        {
            if (NotebookHost.FigureData(script) is not { } json || JsonNode.Parse(json) is not JsonObject figure
                || figure["data"] is not JsonArray traces || !traces.All(trace => trace is JsonObject) || figure["layout"] is not (null or JsonObject))
            {
                return null;
            }

            RemoveUnsafe(figure);

            // The default encoder writes '<' as an escape, so that nothing ends the script element.
            return figure.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null; // no JSON, or a name twice
        }
    }

    private static void RemoveUnsafe(JsonNode? node)
    {
        if (node is JsonObject properties)
        {
            foreach (var (name, value) in properties.ToList())
            {
                bool loads = name == "images" || (name is "source" or "geojson" or "topojsonURL"
                    && value is JsonValue text && text.TryGetValue(out string? url) && !SafeUrl.IsImageData(url));
                if (loads || name.Contains("__proto__", StringComparison.Ordinal) || name.Contains("prototype", StringComparison.Ordinal)
                    || name.Contains("constructor", StringComparison.Ordinal))
                {
                    properties.Remove(name);
                }
                else
                {
                    RemoveUnsafe(value);
                }
            }
        }
        else if (node is JsonArray values)
        {
            foreach (var value in values)
            {
                RemoveUnsafe(value);
            }
        }
    }

    private static bool IsDeep(INode root)
    {
        int depth = 0;
        for (INode? node = root; node is not null;)
        {
            if (node.FirstChild is { } child)
            {
                node = child;
                if (++depth > DeepestNesting)
                {
                    return true;
                }

                continue;
            }

            while (node is not null && node.NextSibling is null && node != root)
            {
                node = node.Parent;
                depth--;
            }

            node = node == root ? null : node?.NextSibling;
        }

        return false;
    }

    private static void Replace(ISet<string> set, string[] values)
    {
        set.Clear();
        set.UnionWith(values);
    }

    [GeneratedRegex(@"[<>\\]|url|image-set|element|attr|expression|import", RegexOptions.IgnoreCase)]
    private static partial Regex Loading();
}
