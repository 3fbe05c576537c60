using System.Text;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Reporting;

/// <summary>The report's first page: what ran, how it went, on what machine.</summary>
internal static class IndexPage
{
    public static string Make(RunResult result, JsonObject facts)
    {
        string body = $"""
            <main class="index">
            <header>
            <p class="kicker">ApproxNets</p>
            <h1>Approximate multipliers in neural networks</h1>
            <p class="lead">{Lead(result)}</p>
            </header>
            {Failures(result)}<h2>Notebooks</h2>
            {Notebooks(result)}
            {Parameters(result)}<h2>Environment</h2>
            {Environment(facts)}
            <p class="foot">All numbers of this report: <a href="report.json">report.json</a>.
            Each page has its executed notebook beside it.</p>
            </main>
            """;
        return PageFrame.Make("ApproxNets report", body, charts: false);
    }

    private static string Lead(RunResult result)
    {
        int done = result.Notebooks.Count(run => run.Status == RunStatus.Ok);
        return $"<span class=\"badge {Class(result.Status)}\">{PageFrame.Encode(ReportWriter.StatusName(result.Status))}</span> "
            + $"{done} of {result.Notebooks.Count} notebooks ran through in {PageFrame.Seconds(result.Seconds)}, "
            + $"profile <strong>{PageFrame.Encode(result.Profile)}</strong>, {result.Notebooks.Sum(run => run.Charts)} charts.";
    }

    private static string Failures(RunResult result) => string.Concat(result.Notebooks.Where(run => run.Failure is not null)
        .Select(run => $"<div class=\"banner failed\"><strong>A cell failed; later notebooks did not run.</strong>"
            + $"<pre>{PageFrame.Encode(run.Failure!.ToString())}</pre></div>\n"));

    private static string Notebooks(RunResult result)
    {
        var html = new StringBuilder(
            "<table class=\"runs\"><thead><tr><th>Notebook</th><th>Status</th>"
            + "<th class=\"number\">Time</th><th class=\"number\">Charts</th></tr></thead><tbody>\n");
        foreach (var run in result.Notebooks)
        {
            string title = PageFrame.Encode(run.Document.Title);
            string link = run.Status is RunStatus.NotRun or RunStatus.Running ? title : $"<a href=\"{Uri.EscapeDataString(run.PageName)}\">{title}</a>";
            string file = PageFrame.Encode(run.Document.FileName);
            string source = run.Status == RunStatus.NotRun ? file : $"<a href=\"{Uri.EscapeDataString(run.Document.FileName)}\">{file}</a>";
            html.Append("<tr><td>").Append(link).Append("<div class=\"file\">").Append(source).Append("</div></td><td><span class=\"badge ")
                .Append(Class(run.Status)).Append("\">").Append(Label(run.Status)).Append("</span></td><td class=\"number\">")
                .Append(run.Status == RunStatus.NotRun ? "" : PageFrame.Seconds(run.Seconds)).Append("</td><td class=\"number\">")
                    .Append(run.Status == RunStatus.NotRun ? "" : run.Charts).Append("</td></tr>\n");
        }

        return html.Append("</tbody></table>").ToString();
    }

    private static string Parameters(RunResult result)
    {
        var runs = result.Notebooks.Where(run => run.Parameters.Count > 0).ToList();
        return runs.Count == 0 ? "" : "<h2>Parameters</h2>\n<dl>" + string.Concat(runs.Select(run =>
            $"<dt>{PageFrame.Encode(run.Document.FileName)}</dt><dd>"
            + string.Concat(run.Parameters.Select(
                p => $"<code class=\"pair\">{PageFrame.Encode(p.Key)} = {PageFrame.Encode(Text(p.Value))}</code> ")) + "</dd>"))
                + "</dl>\n";
    }

    private static string Environment(JsonObject facts)
    {
        var rows = new List<(string Name, string Value)>
        {
            ("Started", Text(facts["started_utc"])),
            ("Commit", Text(facts["commit"]) + ((bool?)facts["dirty"] == true ? " (with uncommitted changes)" : "")),
            ("Data set", string.Join(", sha256 ",
                new[] { Text(facts["dataset"]), Text(facts["dataset_sha256"]) }.Where(text => text.Length > 0))),
            ("CPU", $"{Text(facts["cpu"])}, {Text(facts["threads"])} threads"),
            ("System", $"{Text(facts["os"])}, {Text(facts["dotnet"])}"),
            ("Packages", string.Join(", ", (facts["packages"] as JsonObject ?? [])
                .Select(package => $"{package.Key} {Text(package.Value)}"))),
        };
        return "<dl>" + string.Concat(rows.Where(row => row.Value.Length > 0)
            .Select(row => $"<dt>{row.Name}</dt><dd>{PageFrame.Encode(row.Value)}</dd>")) + "</dl>";
    }

    private static string Text(JsonNode? value) =>
        value is JsonValue text && text.TryGetValue(out string? plain) ? plain : value?.ToJsonString() ?? "";

    private static string Label(RunStatus status) => ReportWriter.StatusName(status);

    private static string Class(RunStatus status) => status switch { RunStatus.Ok => "ok", RunStatus.Failed => "failed", _ => "other" };
}
