using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Extensions.Mathematics;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace ApproxNets.Cli.Reporting;

/// <summary>
/// Markdown cells as HTML: formulas for temml, links fit to the report's folder, images beside the notebook embedded. HTML in Markdown
/// shows as the text that it is.
/// </summary>
internal sealed partial class MarkdownText
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().UseMathematics().UseEmphasisExtras()
        .UseFootnotes().DisableHtml().Build();

    private readonly string _folder;
    private readonly string _reportFolder;
    private readonly ReportPages _pages;
    private readonly string _prefix;
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <param name="folder">The notebook's folder, which links start from.</param>
    /// <param name="reportFolder">The page's folder.</param>
    /// <param name="pages">The pages of the report.</param>
    /// <param name="prefix">What ids begin with.</param>
    public MarkdownText(string folder, string reportFolder, ReportPages pages, string prefix = "")
    {
        (_folder, _reportFolder, _pages, _prefix) = (folder, reportFolder, pages, prefix);
    }

    /// <summary>Headings met so far, with their level and id.</summary>
    public List<(int Level, string Html, string Id)> Headings { get; } = [];

    public string ToHtml(string markdown)
    {
        try
        {
            // Of HTML only an answer that is folded: nothing of its tags but their names gets into the page.
            var html = new StringBuilder();
            int at = 0;
            foreach (Match folded in Folded().Matches(markdown))
            {
                html.Append(Render(markdown[at..folded.Index])).Append("<details class=\"answer\"><summary>")
                    .Append(System.Net.WebUtility.HtmlEncode(folded.Groups["summary"].Value.Trim())).Append("</summary>")
                    .Append(Render(folded.Groups["answer"].Value.Trim())).Append("</details>\n");
                at = folded.Index + folded.Length;
            }

            return html.Append(at == 0 ? Render(markdown) : Render(markdown[at..])).ToString();
        }
        catch (ArgumentException)
        {
            // Markdig refuses what is nested too deeply.
            return $"<pre class=\"result\">{System.Net.WebUtility.HtmlEncode(markdown)}</pre>\n";
        }
    }

    /// <summary>LaTeX as an element that temml turns into MathML; without scripts the page shows it as it was written.</summary>
    public static string Formula(string tex, bool display) =>
        $"<span class=\"math{(display ? " display" : "")}\">{System.Net.WebUtility.HtmlEncode(tex.Trim())}</span>";

    private string Render(string markdown)
    {
        var document = Markdown.Parse(markdown, Pipeline);
        foreach (var inline in document.Descendants<Inline>().ToList())
        {
            if (inline is LinkInline link)
            {
                FixLink(link);
            }
            else if (inline is AutolinkInline { IsEmail: false } auto && !SafeUrl.IsLink(auto.Url))
            {
                auto.ReplaceBy(new LiteralInline(auto.Url));
            }
        }

        foreach (var heading in document.Descendants<HeadingBlock>())
        {
            string plain = PlainText(heading);
            string id = _prefix + UniqueId(plain);
            heading.GetAttributes().Id = id;
            Headings.Add((heading.Level, System.Net.WebUtility.HtmlEncode(plain), id));
        }

        using var writer = new StringWriter { NewLine = "\n" };
        var renderer = new HtmlRenderer(writer);
        Pipeline.Setup(renderer);
        renderer.ObjectRenderers.Replace<HtmlMathInlineRenderer>(new InlineMath());
        renderer.ObjectRenderers.Replace<HtmlMathBlockRenderer>(new BlockMath());
        renderer.ObjectRenderers.Replace<CodeBlockRenderer>(new Code());
        renderer.Render(document);
        return writer.ToString();
    }

    private static string PlainText(HeadingBlock heading)
    {
        var text = new StringBuilder();
        foreach (var inline in heading.Inline?.Descendants() ?? [])
        {
            text.Append(inline switch
            {
                LiteralInline literal => literal.Content.ToString(),
                CodeInline code => code.Content,
                MathInline math => math.Content.ToString(),
                _ => "",
            });
        }

        return text.ToString();
    }

    private string UniqueId(string heading)
    {
        var id = new StringBuilder();
        foreach (char c in heading.ToLowerInvariant())
        {
            id.Append(char.IsLetterOrDigit(c) ? c : id.Length > 0 && id[^1] != '-' ? '-' : null);
        }

        string wanted = id.ToString().Trim('-'), unique = wanted;
        for (int n = 2; !_ids.Add(unique); n++)
        {
            unique = $"{wanted}-{n}";
        }

        return unique;
    }

    private void FixLink(LinkInline link)
    {
        string url = link.Url ?? "";
        if (link.IsImage)
        {
            if (SafeUrl.IsImageData(url))
            {
                return;
            }

            // The page must open without a network: an image elsewhere becomes a link to it.
            if (SafeUrl.IsRelative(url))
            {
                link.Url = LocalImage.Read(_folder, url, out string problem);
                if (problem.Length > 0)
                {
                    link.ReplaceBy(new LiteralInline($"[image {url} is left out: {problem}]"), copyChildren: false);
                }

                return;
            }

            link.IsImage = false;
        }

        if (!SafeUrl.IsLink(url))
        {
            // What the link says stays, but it leads nowhere.
            link.ReplaceBy(new ContainerInline());
        }
        else if (url.StartsWith('#'))
        {
            link.Url = $"#{_prefix}{url[1..]}";
        }
        else if (SafeUrl.IsRelative(url) && url.Length > 0)
        {
            int hash = url.IndexOf('#', StringComparison.Ordinal);
            string fragment = hash >= 0 ? url[hash..] : "";
            string path = Path.GetFullPath(Uri.UnescapeDataString(hash >= 0 ? url[..hash] : url).Replace("\0", "", StringComparison.Ordinal), _folder);
            if (_pages.AddressOf(path, fragment.TrimStart('#')) is { } page)
            {
                link.Url = page;
            }
            else if (_pages.IsSingle)
            {
                link.ReplaceBy(new ContainerInline()); // one file leads to no other
            }
            else
            {
                link.Url = Path.GetRelativePath(_reportFolder, path).Replace('\\', '/') + fragment;
            }
        }
    }

    [GeneratedRegex("<details>\\s*<summary>(?<summary>[^<]*)</summary>(?<answer>.*?)</details>", RegexOptions.Singleline)]
    private static partial Regex Folded();

    private sealed class InlineMath : HtmlObjectRenderer<MathInline>
    {
        protected override void Write(HtmlRenderer renderer, MathInline obj)
        {
            string math = Formula(obj.Content.ToString(), obj.DelimiterCount == 2);
            if (obj.NextSibling is LiteralInline { Content.CurrentChar: '.' or ',' or ';' or ':' or '?' or ')' } literal)
            {
                // Browsers break a line between a formula and the punctuation behind it.
                math = $"<span class=\"together\">{math}{literal.Content.CurrentChar}</span>";
                literal.Content.Start++;
            }

            renderer.Write(math);
        }
    }

    private sealed class BlockMath : HtmlObjectRenderer<MathBlock>
    {
        protected override void Write(HtmlRenderer renderer, MathBlock obj) =>
            renderer.Write($"<p>{Formula(obj.Lines.ToString(), display: true)}</p>\n");
    }

    private sealed class Code : HtmlObjectRenderer<CodeBlock>
    {
        protected override void Write(HtmlRenderer renderer, CodeBlock obj)
        {
            string code = obj.Lines.ToString();
            bool csharp = obj is FencedCodeBlock { Info: "csharp" or "cs" or "c#" or "C#" };
            renderer.Write("<pre class=\"source\"><code>")
                .Write(csharp ? CSharpHighlighter.ToHtml(code) : System.Net.WebUtility.HtmlEncode(code)).Write("</code></pre>\n");
        }
    }
}
