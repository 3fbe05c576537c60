using System.Text;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Reporting;

/// <summary>A whole report as one file that can be mailed: the index and all pages. The page's script shows one of them at a time and draws
/// its charts then; where no script runs, all stand one below the other.</summary>
internal static class SinglePage
{
    public static string Make(RunResult result, JsonObject facts, string reportFolder)
    {
        var pages = new ReportPages(result.Notebooks, single: true);
        var body = new StringBuilder($"<main id=\"{PageFrame.MainId}\">\n<article class=\"page\" id=\"{ReportPages.IndexId}\">\n")
            .Append(IndexPage.Body(result, pages, facts, "div")).Append("\n</article>\n");
        for (int i = 0; i < result.Notebooks.Count; i++)
        {
            if (result.Notebooks[i].Status != RunStatus.NotRun)
            {
                body.Append("<article class=\"page\" id=\"").Append(pages.IdOf(i)).Append("\">\n")
                    .Append(NotebookPage.Body(result.Notebooks[i], pages, reportFolder, "div")).Append("\n</article>\n");
            }
        }

        return PageFrame.Make(IndexPage.Title, body.Append("</main>").ToString(), result.Notebooks.Any(run => run.Charts > 0));
    }
}
