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
        string html = CSharpHighlighter.ToHtml("#r \"a.dll\"\n// why < how\nvar s = $\"n {1 + x}\"; // end");

        Assert.Equal(
            "<span class=\"d\">#r &quot;a.dll&quot;\n</span><span class=\"c\">// why &lt; how</span>\n"
            + "<span class=\"k\">var</span> s = <span class=\"s\">$&quot;</span>"
            + "<span class=\"s\">n </span>{<span class=\"n\">1</span> + x}<span class=\"s\">&quot;</span>; <span class=\"c\">// end</span>",
            html);
    }

    [Fact]
    public void Headings_get_unique_ids()
    {
        var markdown = new MarkdownText(".", ".", new HashSet<string>());

        string html = markdown.ToHtml("## The *error* map") + markdown.ToHtml("## The error map\n\n### Of `m`");

        Assert.Equal(["the-error-map", "the-error-map-2", "of-m"], markdown.Headings.Select(heading => heading.Id));
        Assert.Contains("id=\"the-error-map-2\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Initials_are_no_lists_and_punctuation_stays_with_its_formula()
    {
        var markdown = new MarkdownText(".", ".", new HashSet<string>());

        Assert.Equal("<ul>\n<li>J. N. Mitchell: Logarithms.</li>\n</ul>\n", markdown.ToHtml("- J. N. Mitchell: Logarithms."));
        string html = markdown.ToHtml("The map $x$.");
        Assert.Contains("The map <span class=\"together\"><math", html, StringComparison.Ordinal);
        Assert.EndsWith("</math>.</span></p>\n", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_shows_one_line_that_fits()
    {
        var output = new StringWriter();
        using (var terminal = new Terminal(output, interactive: true, () => 40))
        {
            terminal.BeginNotebook(1, 6, "01-multipliers.ipynb");
            terminal.BeginCell(2, 9, "The error map");
            terminal.Live("float baseline: epoch 3/10, batch 12/350");
        }

        string last = output.ToString().Split('\r')[^1];
        Assert.StartsWith("[1/6] 01-multipliers.ipynb  00:0", last, StringComparison.Ordinal);
        Assert.EndsWith("…\e[K", last, StringComparison.Ordinal);
        Assert.Equal(39, last.Length - "\e[K".Length);
    }

    [Fact]
    public void A_log_gets_a_line_for_each_cell_and_epoch()
    {
        var output = new StringWriter();
        using var terminal = new Terminal(output, interactive: false, () => 40);
        terminal.BeginNotebook(1, 6, "01.ipynb");
        terminal.BeginCell(2, 9, "The error map");
        terminal.Live("epoch 1/2, batch 1/9");
        terminal.Detail("epoch 1/2 done");

        Assert.Equal(["[1/6] 01.ipynb", "  00:00  cell 2/9: The error map", "         epoch 1/2 done", ""],
            output.ToString().Split(Environment.NewLine));
    }
}
