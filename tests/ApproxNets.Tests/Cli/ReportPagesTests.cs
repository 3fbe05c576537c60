using System.Text.RegularExpressions;
using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Reporting;
using Xunit;

namespace ApproxNets.Tests.Cli;

/// <summary>The index, and the report in one file.</summary>
public sealed class ReportPagesTests
{
    [Fact]
    public async Task TheIndexLeadsWithWhatTheCellsReport()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "md:# First\n\n**Question:** what is\nit?", NotebookFixture.Reference + "Notebook.Start();\nNotebook.Report(\"most_savings\", 0.5213456);\n"
            + "Notebook.Report(\"seed\", 7);\nTable.Show([\"not\", \"this\"], [[\"no\", 1]])",
            "md:## Summary in numbers", "Table.Show([\"quantity\", \"value\"], Enumerable.Range(1, 12).Select(i => new object?[] { $\"row {i}\", i }))",
            "Check.Number(\"01.1\", 2, 1, 1, 0)", "md:## End", "Table.Show([\"nor\", \"this\"], [[\"no\", 1]])");

        await fixture.RunAsync([]);

        string index = File.ReadAllText(Path.Combine(fixture.Report, "index.html"));
        string findings = index[index.IndexOf("What was found", StringComparison.Ordinal)..index.IndexOf("<h2>Environment", StringComparison.Ordinal)];
        Assert.Contains("<p class=\"question\">what is it?</p>", findings, StringComparison.Ordinal);
        Assert.Contains("<dt>most savings</dt><dd>0.52135</dd>", findings, StringComparison.Ordinal);
        Assert.DoesNotContain("<dt>seed", findings, StringComparison.Ordinal);
        Assert.Equal(["row 1", "row 2", "row 3", "row 4", "row 5", "row 6", "row 7", "row 8"], Regex.Matches(findings, ">(row \\d+)<").Select(row => row.Groups[1].Value));
        Assert.DoesNotContain("this", findings, StringComparison.Ordinal);
        Assert.Contains("exercises: 2 of 2 points", findings, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneFileHasAllPagesAndLeadsToNoOther()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "md:# First\n\n[next](02.ipynb#work), [also](02.ipynb), [here](#end), [data](../data.json), [web](https://example.org)\n\n## End",
            NotebookFixture.Reference + "Notebook.Start();\nCharts.Line(\"A line.\", \"x\", \"y\", [new Series(\"s\", [1, 2])])");
        fixture.Add("02.ipynb", "md:# Second\n\n## Work\n\n## End\n\n[back](01.ipynb)", "1 + 1");
        string file = Path.Combine(fixture.Folder, "all.html");

        Assert.Equal(0, (await fixture.RunProcessAsync(
            Path.Combine(fixture.Folder, "notebooks", "01.ipynb"), Path.Combine(fixture.Folder, "notebooks", "02.ipynb"), "--single-file", file)).ExitCode);

        string html = File.ReadAllText(file), text = Regex.Replace(html, "<(script|style)>.*?</\\1>", "", RegexOptions.Singleline);
        string[] ids = [.. Regex.Matches(text, " id=\"([^\"]+)\"").Select(match => match.Groups[1].Value)];
        Assert.Equal(ids.Distinct(), ids);
        string[] links = [.. Regex.Matches(text, "<a [^>]*href=\"([^\"]*)\"").Select(match => match.Groups[1].Value)];
        Assert.All(links, link => Assert.True(link == "https://example.org" || (link[0] == '#' && ids.Contains(link[1..])), link));
        Assert.Contains("#notebook-2-work", links);
        Assert.Contains("#notebook-1-end", links);
        Assert.Contains("#notebook-2", links);
        Assert.Contains("data", text, StringComparison.Ordinal);
        Assert.DoesNotMatch("<(script|link|img|iframe)[^>]*\\s(src|href)\\s*=\\s*[\"']?(https?:)?//", html);
        Assert.Contains("&quot;profile&quot;: &quot;quick&quot;", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("report.txt")]
    [InlineData("no/where.html")]
    public async Task OneFileHasAPlaceAndEndsWithHtml(string file)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(CommandLine.WrongUse, await CommandLine.InvokeAsync(CommandLine.Root(), ["run", "01", "--single-file", folder[file]]));
    }

    [Fact]
    public void AFoldedAnswerIsTheOnlyHtmlOfMarkdown()
    {
        string html = new MarkdownText(".", ".", new ReportPages([])).ToHtml(
            "Why?\n\n<details>\n<summary>Answer</summary>\n\nBecause **so** <b onclick=1>x</b>.\n\n</details>\n\nEnd.");

        Assert.Equal("<p>Why?</p>\n<details class=\"answer\"><summary>Answer</summary><p>Because <strong>so</strong> &lt;b onclick=1&gt;x&lt;/b&gt;.</p>\n</details>\n<p>End.</p>\n", html);
        Assert.DoesNotContain("<details", new MarkdownText(".", ".", new ReportPages([])).ToHtml("<details ontoggle=x><summary>a</summary>b</details>"), StringComparison.Ordinal);
    }
}
