using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;
using ApproxNets.Cli.Reporting;
using ApproxNets.Foundation;
using ApproxNets.Interactive;
using ApproxNets.Interactive.Internals;
using Xunit;

namespace ApproxNets.Tests.Cli;

/// <summary>A report runs nothing and loads nothing, whatever the notebook holds. tests/browser opens the same in a browser.</summary>
public sealed class ReportSafetyTests : IDisposable
{
    private static readonly string[] Loading = ["srcset", "background", "poster", "data", "action", "formaction", "ping", "srcdoc", "xlink:href", "id", "name"];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Html => [.. Hostile("html")];

    public static TheoryData<string> Texts => [.. Hostile("markdown"), .. Hostile("html")];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Html))]
    public void Hostile_html_of_a_cell_only_shows(string html)
    {
        var output = new JsonObject { ["output_type"] = "display_data", ["data"] = new JsonObject { ["text/html"] = html } };

        AssertSafe(CellOutputHtml.ToHtml(output, Markdown()));
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void Hostile_markdown_only_shows(string markdown) => AssertSafe(Markdown().ToHtml(markdown));

    [Fact]
    public void Images_and_drawings_of_a_cell_are_images_and_no_markup()
    {
        static string Shown(string mime, string content) => CellOutputHtml.ToHtml(
            new JsonObject { ["output_type"] = "display_data", ["data"] = new JsonObject { [mime] = content } }, new MarkdownText(".", ".", new ReportPages([])));

        AssertSafe(Shown("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' onload='window.ran=1'/>"));
        Assert.Contains("left-out", Shown("image/png", "AA\" onerror=\"window.ran=1"), StringComparison.Ordinal);
        Assert.Contains("src=\"data:image/png;base64,AAAA\"", Shown("image/png", "AA\nAA\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_library_s_own_outputs_stay_as_they_are()
    {
        Formatters.Register();
        string table = Table.Show(["a", "n"], [["<x>", 1]]).ToHtml();
        var figure = Charts.Line("A <caption>.", "x", "y", [new Series("s", [1, 2], [3, 4])]);
        string html = SafeHtml.Clean(FigureHtml.Html(figure));
        var shown = Parse(html).QuerySelector("figure.an-figure")!;

        Assert.Equal(Elements(table), Elements(SafeHtml.Clean(table)));
        Assert.Equal(["text-align: left", "text-align: right"], Parse(SafeHtml.Clean(table)).QuerySelectorAll("th").Select(cell => cell.GetAttribute("style")));
        Assert.StartsWith("data:image/svg+xml;base64,", shown.QuerySelector("div > img")!.GetAttribute("src"), StringComparison.Ordinal);
        Assert.Equal("A <caption>.", shown.QuerySelector("figcaption")!.TextContent);
        var data = Assert.Single(shown.QuerySelectorAll("script"));
        Assert.Equal("application/json", data.GetAttribute("type"));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(FigureHtml.Json(figure)), JsonNode.Parse(data.TextContent)));

        static string[] Elements(string html) => [.. Parse(html).QuerySelectorAll("body *").Select(element => $"{element.LocalName} {element.TextContent}")];
    }

    [Fact]
    public void A_dot_diagram_becomes_an_image_with_its_title()
    {
        var image = Parse(SafeHtml.Clean("<p><svg width=\"9\"><title>Dots</title><circle r=\"4\"/></svg></p>")).QuerySelector("p > img")!;

        Assert.Equal("Dots", image.GetAttribute("alt"));
        string svg = Encoding.UTF8.GetString(Convert.FromBase64String(image.GetAttribute("src")!["data:image/svg+xml;base64,".Length..]));
        Assert.Equal("svg", System.Xml.Linq.XDocument.Parse(svg).Root!.Name.LocalName);
    }

    [Fact]
    public void Html_that_is_nested_too_deeply_is_left_out()
    {
        Assert.Contains("left-out", SafeHtml.Clean(string.Concat(Enumerable.Repeat("<div>", 20_000))), StringComparison.Ordinal);
        Assert.DoesNotContain("left-out", SafeHtml.Clean(string.Concat(Enumerable.Repeat("<div>", 200))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_policy_states_the_hash_of_every_script_and_allows_nothing_else(bool charts)
    {
        string page = PageFrame.Make("t", "<span class=\"math\">x</span><script type=\"application/json\">{}</script>", charts);

        string policy = Regex.Match(page, "http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;
        string[] scripts = [.. Regex.Matches(page, "<script>(.*?)</script>", RegexOptions.Singleline).Select(match => match.Groups[1].Value)];
        Assert.Equal(charts ? 3 : 2, scripts.Length);
        Assert.Equal(
            "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src "
            + string.Join(' ', scripts.Select(script => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)))}'")),
            policy);
        Assert.DoesNotContain('\r', page);
        Assert.Contains("script-src 'none'", PageFrame.Make("t", "", charts: false), StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_beside_the_notebook_is_embedded_by_what_it_is()
    {
        byte[] png = ImageGrid.Png([1, 2, 3], channels: 3, height: 1, width: 1);
        string images = Directory.CreateDirectory(Path.Combine(_folder.Path, "images")).FullName;
        File.WriteAllBytes(Path.Combine(images, "a b.txt"), png);
        File.WriteAllText(Path.Combine(images, "c.svg"), "<?xml version=\"1.0\"?><!-- c --><svg xmlns=\"http://www.w3.org/2000/svg\"/>");

        Assert.Contains($"src=\"data:image/png;base64,{Convert.ToBase64String(png)}\" alt=\"x\"", Markdown().ToHtml("![x](images/a%20b.txt)"), StringComparison.Ordinal);
        Assert.Contains("src=\"data:image/svg+xml;base64,", Markdown().ToHtml("![x](./images/c.svg)"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text.png", "no PNG, JPEG")]
    [InlineData("page.svg", "no PNG, JPEG")]
    [InlineData("../outside.png", "no path below")]
    [InlineData("%2e%2e/outside.png", "no path below")]
    [InlineData("..%5coutside.png", "no path below")]
    [InlineData("/etc/hostname", "no path below")]
    [InlineData("%2fetc/hostname", "no path below")]
    [InlineData("a%00.png", "no path below")]
    [InlineData("missing.png", "no such file")]
    [InlineData("images", "no such file")]
    [InlineData("empty.png", "found 0 bytes")]
    [InlineData("large.png", "found 16000001 bytes")]
    [InlineData("link.png", "symbolic link")]
    [InlineData("linked/outside.png", "symbolic link")]
    [InlineData("pipe.png", "found 0 bytes")]
    [InlineData("device/zero", "symbolic link")]
    public void Another_file_of_the_machine_is_never_embedded(string url, string reason)
    {
        string outside = Path.Combine(_folder.Path, "outside.png"), notebooks = Directory.CreateDirectory(Path.Combine(_folder.Path, "notebooks", "images")).Parent!.FullName;
        byte[] png = ImageGrid.Png([1, 2, 3], channels: 3, height: 1, width: 1);
        File.WriteAllBytes(outside, png);
        File.WriteAllText(Path.Combine(notebooks, "text.png"), "secret");
        File.WriteAllText(Path.Combine(notebooks, "page.svg"), "<html xmlns=\"http://www.w3.org/1999/xhtml\"/>");
        File.WriteAllText(Path.Combine(notebooks, "empty.png"), "");
        using (var large = File.OpenWrite(Path.Combine(notebooks, "large.png")))
        {
            large.Write(png);
            large.SetLength(LocalImage.LargestBytes + 1);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.CreateSymbolicLink(Path.Combine(notebooks, "link.png"), outside);
            File.CreateSymbolicLink(Path.Combine(notebooks, "linked"), _folder.Path);
            File.CreateSymbolicLink(Path.Combine(notebooks, "device"), "/dev");
            using var fifo = Process.Start("mkfifo", Path.Combine(notebooks, "pipe.png"));
            fifo.WaitForExit();
        }
        else if (reason == "symbolic link" || url == "pipe.png")
        {
            return;
        }

        string html = new MarkdownText(notebooks, _folder.Path, new ReportPages([])).ToHtml($"![x]({url})");

        Assert.Contains(reason, html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Markdown_that_is_nested_too_deeply_shows_as_it_is_written()
    {
        string markdown = new('>', 30_000);

        Assert.Contains("&gt;&gt;&gt;", Markdown().ToHtml(markdown), StringComparison.Ordinal);
        Assert.Contains("[[[[", Markdown().ToHtml(new string('[', 3000)), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Hostile(string kind) => JsonNode.Parse(File.ReadAllText(Path.Combine(
        RepositoryFolder.Find(AppContext.BaseDirectory), "tests", "browser", "hostile.json")))![kind]!.AsArray().Select(text => (string)text!);

    private MarkdownText Markdown() => new(_folder.Path, _folder.Path, new ReportPages([]));

    private static IHtmlDocument Parse(string html) => new HtmlParser(new HtmlParserOptions { IsScripting = true }).ParseDocument($"<!DOCTYPE html><body>{html}");

    /// <summary>Reads it as a browser does: no script but data, no handler, no address that loads or runs.</summary>
    private static void AssertSafe(string html)
    {
        var document = Parse(html);
        Assert.Equal("BODY", document.Body?.TagName);
        Assert.Empty(document.Head!.Children);
        foreach (var element in document.Body!.QuerySelectorAll("*"))
        {
            Assert.Equal("http://www.w3.org/1999/xhtml", element.NamespaceUri);
            Assert.DoesNotContain(element.LocalName, (string[])["iframe", "frame", "object", "embed", "style", "link", "meta", "base", "form", "input", "button",
                "video", "audio", "source", "track", "template", "textarea", "noscript", "title", "body"]);
            Assert.True(element.LocalName != "script" || element.GetAttribute("type") == "application/json", element.OuterHtml);
            foreach (var attribute in element.Attributes)
            {
                string value = attribute.Value, name = attribute.Name;
                Assert.False(name.StartsWith("on", StringComparison.OrdinalIgnoreCase), element.OuterHtml);
                Assert.False(name != "id" ? Loading.Contains(name) : element is not IHtmlHeadingElement && !value.StartsWith("fn", StringComparison.Ordinal), element.OuterHtml);
                Assert.False(name == "src" && !value.StartsWith("data:image/", StringComparison.Ordinal), element.OuterHtml);
                Assert.False(name == "href" && Regex.IsMatch(value, @"^[\s\x00-\x1f]*(j\s*a\s*v\s*a|vbs|data|blob|file)", RegexOptions.IgnoreCase), element.OuterHtml);
                Assert.False(name == "style" && Regex.IsMatch(value, @"url|\\|@|image-set|expression|position: *fixed|z-index", RegexOptions.IgnoreCase), element.OuterHtml);
            }

            if (element.LocalName == "script")
            {
                var json = JsonNode.Parse(element.TextContent)!.ToJsonString();
                Assert.DoesNotContain("evil.invalid", json, StringComparison.Ordinal);
                Assert.DoesNotContain("proto", json, StringComparison.Ordinal);
            }
        }
    }
}
