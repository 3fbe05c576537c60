using System.Text;
using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Reporting;

/// <summary>An executed notebook as a page.</summary>
internal static class NotebookPage
{
    /// <summary>The page of a notebook, a file of its own.</summary>
    public static string Make(NotebookRun run, ReportPages pages, string reportFolder) =>
        PageFrame.Make(run.Document.Title, Body(run, pages, reportFolder, "main"), run.Charts > 0);

    /// <summary>The content of the page.</summary>
    /// <param name="run">The notebook.</param>
    /// <param name="pages">The pages of the report.</param>
    /// <param name="reportFolder">Its folder.</param>
    /// <param name="element">Element of the text: <c>main</c>, or <c>div</c> in a file that has one already.</param>
    public static string Body(NotebookRun run, ReportPages pages, string reportFolder, string element)
    {
        var document = run.Document;
        var markdown = new MarkdownText(
            Path.GetDirectoryName(Path.GetFullPath(document.Path))!, Path.GetFullPath(reportFolder), pages, pages.PrefixOf(run));
        var cells = new StringBuilder();
        foreach (var cell in document.Cells)
        {
            AppendCell(cells, cell, markdown);
        }

        return $"""
            {Navigation(run, pages)}
            <div class="layout">
            {Contents(markdown)}<{element} class="column"{(element == "main" ? $" id=\"{PageFrame.MainId}\"" : "")}>
            {Banner(run)}{cells}</{element}>
            </div>
            {Navigation(run, pages)}
            """;
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

    private static string Navigation(NotebookRun run, ReportPages pages)
    {
        var all = pages.Runs;
        int at = pages.NumberOf(run);
        string Link(int index, string before, string after) => index < 0 || index >= all.Count || all[index].Status == RunStatus.NotRun && index < at
            ? "<span></span>"
            : $"<a href=\"{pages.AddressOf(index)}\">{before}{PageFrame.Encode(all[index].Document.Title)}{after}</a>";
        return $"<nav class=\"bar\" aria-label=\"Report\">{Link(at - 1, "← ", "")}<a href=\"{pages.Index}\">Report</a>{Link(at + 1, "", " →")}</nav>";
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
        return entries.Count < 3 ? "" : "<nav class=\"contents\" aria-label=\"Contents\"><details><summary>Contents</summary><ul>"
            + string.Concat(entries.Select(
                entry => $"<li class=\"level{entry.Level}\"><a href=\"#{Uri.EscapeDataString(entry.Id)}\">{entry.Html}</a></li>"))
            + "</ul></details></nav>\n";
    }
}
