using System.Text;
using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Reporting;

/// <summary>An executed notebook as a page.</summary>
internal static class NotebookPage
{
    public static string Make(NotebookRun run, IReadOnlyList<NotebookRun> all, string reportFolder)
    {
        var document = run.Document;
        var markdown = new MarkdownText(
            Path.GetDirectoryName(Path.GetFullPath(document.Path))!, Path.GetFullPath(reportFolder),
                all.Select(other => Path.GetFullPath(other.Document.Path)).ToHashSet(StringComparer.Ordinal));
        var cells = new StringBuilder();
        foreach (var cell in document.Cells)
        {
            AppendCell(cells, cell, markdown);
        }

        string body = $"""
            {Navigation(run, all)}
            <main>
            {Banner(run)}{Contents(markdown)}
            {cells}</main>
            {Navigation(run, all)}
            """;
        return PageFrame.Make(document.Title, body, run.Charts > 0);
    }

    private static void AppendCell(StringBuilder html, NotebookCell cell, MarkdownText markdown)
    {
        if (cell.IsMarkdown)
        {
            html.Append("<section class=\"text\">").Append(markdown.ToHtml(cell.Source)).Append("</section>\n");
            return;
        }

        if (!cell.IsCode)
        {
            html.Append("<pre class=\"source\">").Append(PageFrame.Encode(cell.Source)).Append("</pre>\n");
            return;
        }

        string time = cell.Seconds is >= 0.1 and { } seconds ? $" <span class=\"time\">{PageFrame.Seconds(seconds)}</span>" : "";
        string tag = cell.HasTag(NotebookCell.InjectedTag) ? " <span class=\"tag\">set for this run</span>"
            : cell.HasTag(NotebookCell.ParametersTag) ? " <span class=\"tag\">parameters</span>" : "";
        html.Append("<section class=\"code\"><details open><summary>[").Append(cell.ExecutionCount?.ToString() ?? " ").Append(']')
            .Append(tag).Append(time)
            .Append("</summary><pre class=\"source\"><code>").Append(CSharpHighlighter.ToHtml(cell.Source.TrimEnd()))
                .Append("</code></pre></details>\n");
        foreach (var output in cell.Outputs)
        {
            html.Append("<div class=\"output\">").Append(CellOutputHtml.ToHtml(output, markdown)).Append("</div>\n");
        }

        html.Append("</section>\n");
    }

    private static string Navigation(NotebookRun run, IReadOnlyList<NotebookRun> all)
    {
        int at = all.ToList().IndexOf(run);
        string Titled(int index, string arrow) =>
            arrow.Replace("{0}", PageFrame.Encode(all[index].Document.Title), StringComparison.Ordinal);
        string Link(int index, string arrow) => index < 0 || index >= all.Count ? "<span></span>"
            : all[index].Status == RunStatus.NotRun && index < at ? "<span></span>"
            : $"<a href=\"{Uri.EscapeDataString(all[index].PageName)}\">"
                + $"{Titled(index, arrow)}</a>";
        return $"<nav class=\"bar\">{Link(at - 1, "← {0}")}<a href=\"{ReportWriter.IndexName}\">Report</a>{Link(at + 1, "{0} →")}</nav>";
    }

    private static string Banner(NotebookRun run) => run.Status switch
    {
        RunStatus.Failed => $"<div class=\"banner failed\"><strong>This notebook failed.</strong>"
            + $"<pre>{PageFrame.Encode(run.Failure!.ToString())}</pre></div>\n",
        RunStatus.Cancelled => "<div class=\"banner cancelled\"><strong>This run was stopped</strong>;"
            + " cells without a number did not run.</div>\n",
        _ => "",
    };

    private static string Contents(MarkdownText markdown)
    {
        var entries = markdown.Headings.Where(heading => heading.Level is 2 or 3).ToList();
        return entries.Count < 3 ? "" : "<details class=\"contents\"><summary>Contents</summary><ul>"
            + string.Concat(entries.Select(
                entry => $"<li class=\"level{entry.Level}\"><a href=\"#{Uri.EscapeDataString(entry.Id)}\">{entry.Html}</a></li>"))
                + "</ul></details>";
    }
}
