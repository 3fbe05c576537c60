using System.Text.RegularExpressions;
using ApproxNets.Cli.Reporting;
using ApproxNets.Cli.Running;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class ReportTextTests
{
    [Theory]
    [InlineData("a\nb", "a\nb")]
    [InlineData("10 %\r20 %\r", "20 %")]
    [InlineData("long line\rshort", "shortline")]
    [InlineData("a\r\nb", "a\nb")]
    public void A_carriage_return_overwrites(string text, string shown) => Assert.Equal(shown, CellOutputHtml.Overwrite(text));

    [Fact]
    public void Code_keeps_its_text_and_gets_classes()
    {
        const string Code = "#r \"a.dll\"\n// why < how\nvar s = $\"n {1 + x}\"; // end";

        string html = CSharpHighlighter.ToHtml(Code);

        Assert.Equal(Code, System.Net.WebUtility.HtmlDecode(Regex.Replace(html, "<[^>]+>", "")));
        Assert.Contains("<span class=\"comment\">// why &lt; how</span>", html, StringComparison.Ordinal);
        Assert.Contains("<span class=\"keyword\">var</span>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Headings_get_unique_ids()
    {
        var markdown = new MarkdownText(".", ".", new ReportPages([]));

        string html = markdown.ToHtml("## The *error* map") + markdown.ToHtml("## The error map\n\n### Of `m`");

        Assert.Equal(["the-error-map", "the-error-map-2", "of-m"], markdown.Headings.Select(heading => heading.Id));
        Assert.Contains("id=\"the-error-map-2\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Initials_are_no_lists_and_punctuation_stays_with_its_formula()
    {
        var markdown = new MarkdownText(".", ".", new ReportPages([]));

        Assert.Equal("<ul>\n<li>J. N. Mitchell: Logarithms.</li>\n</ul>\n", markdown.ToHtml("- J. N. Mitchell: Logarithms."));
        string html = markdown.ToHtml("The map $x$.");
        Assert.Equal("<p>The map <span class=\"together\"><span class=\"math\">x</span>.</span></p>\n", html);
    }

    [Fact]
    public void Formulas_are_for_temml_and_the_page_brings_it()
    {
        var markdown = new MarkdownText(".", ".", new ReportPages([]));
        string html = markdown.ToHtml("Where $a<b_1$:\n\n$$\n\\frac{a}{b}\n$$");

        Assert.Contains("<span class=\"math\">a&lt;b_1</span>", html, StringComparison.Ordinal);
        Assert.Contains("<p><span class=\"math display\">\\frac{a}{b}</span></p>", html, StringComparison.Ordinal);
        Assert.Contains("temml.render", PageFrame.Make("t", html, charts: false), StringComparison.Ordinal);
        Assert.DoesNotContain("<script", PageFrame.Make("t", "<p>text</p>", charts: false), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_shows_one_line_that_fits()
    {
        var output = new StringWriter();
        var terminal = new Terminal(output, interactive: true, width: 60);
        await terminal.RunAsync(async () =>
        {
            terminal.BeginNotebook(1, 6, "01-multipliers.ipynb");
            terminal.BeginCell(2, 9, "The error map");
            terminal.Live("float baseline: epoch 3/10, batch 12/350");
            terminal.WriteLine("a line");
            await Task.Delay(500, TestContext.Current.CancellationToken); // until it is drawn
        });

        string text = Regex.Replace(output.ToString(), @"\e\[[0-9;?]*[A-Za-z]", "");
        Assert.Contains("[1/6] 01-multip", text, StringComparison.Ordinal);
        Assert.Contains("…", text, StringComparison.Ordinal);
        Assert.Contains("a line", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n', '\r'), line => Assert.True(line.TrimEnd().Length <= 60, line));
    }

    [Fact]
    public void A_log_gets_a_line_for_each_cell_and_epoch()
    {
        var output = new StringWriter();
        var terminal = new Terminal(output, interactive: false);
        terminal.BeginNotebook(1, 6, "01.ipynb");
        terminal.BeginCell(2, 9, "The error map");
        terminal.Live("epoch 1/2, batch 1/9");
        terminal.Detail("epoch 1/2 done");

        Assert.Equal(["[1/6] 01.ipynb", "  00:00  cell 2/9: The error map", "         epoch 1/2 done", ""],
            output.ToString().Split(Environment.NewLine));
    }
}
