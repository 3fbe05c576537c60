using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Reporting;

/// <summary>The report's first page: what was found, how the run went, on what machine.</summary>
internal static partial class IndexPage
{
    public const string Title = "ApproxNets report";

    private const string SummaryHeading = "## Summary in numbers";

    // Rows of a summary below its header.
    private const int MostRows = 8;

    // What Notebook.Open reports of where the numbers come from.
    private static readonly string[] Origin = ["dataset", "dataset_sha256", "network", "library", "library_sha256", "scheme", "seed", "weights"];

    public static string Make(RunResult result, ReportPages pages, JsonObject facts) =>
        PageFrame.Make(Title, Body(result, pages, facts, "main"), charts: false);

    /// <summary>The content of the page.</summary>
    public static string Body(RunResult result, ReportPages pages, JsonObject facts, string element) => $"""
        <{element} class="index column"{(element == "main" ? $" id=\"{PageFrame.MainId}\"" : "")}>
        <header>
        <p class="kicker">ApproxNets</p>
        <h1>Approximate multipliers in neural networks</h1>
        <p class="lead">{Lead(result)}</p>
        </header>
        {Failures(result)}<h2>What was found</h2>
        {Notebooks(result, pages)}
        {Parameters(result)}<h2>Environment</h2>
        {Environment(facts)}
        {(pages.IsSingle
            ? $"<details><summary>All numbers of this report</summary><pre class=\"result\">{PageFrame.Encode(facts.ToJsonString(ReportWriter.Format))}</pre></details>"
            : "<p class=\"foot\">All numbers of this report: <a href=\"report.json\">report.json</a>. Each page has its executed notebook beside it.</p>")}
        </{element}>
        """;

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

    private static string Notebooks(RunResult result, ReportPages pages)
    {
        var html = new StringBuilder("<div class=\"cards\">\n");
        for (int i = 0; i < result.Notebooks.Count; i++)
        {
            var run = result.Notebooks[i];
            bool isThere = run.Status is not (RunStatus.NotRun or RunStatus.Running);
            string title = PageFrame.Encode(run.Document.Title), file = PageFrame.Encode(run.Document.FileName);
            html.Append("<section class=\"card\"><h3>").Append(isThere ? $"<a href=\"{pages.AddressOf(i)}\">{title}</a>" : title).Append("</h3>\n");
            if (Question().Match(run.Document.Cells.FirstOrDefault(cell => cell.IsMarkdown)?.Source ?? "") is { Success: true } question)
            {
                html.Append("<p class=\"question\">").Append(PageFrame.Encode(question.Groups[1].Value.ReplaceLineEndings(" "))).Append("</p>\n");
            }

            html.Append(Findings(run)).Append("<p class=\"file\"><span class=\"badge ").Append(Class(run.Status)).Append("\">").Append(Label(run.Status))
                .Append("</span> ").Append(run.Status == RunStatus.NotRun ? "" : $"{PageFrame.Seconds(run.Seconds)}, {run.Charts} charts, ")
                .Append(run.Checked.Count == 0 ? "" : $"exercises: {run.Checked.Sum(c => c.Points)} of {run.Checked.Sum(c => c.Possible)} points, ")
                .Append(run.Status == RunStatus.NotRun || pages.IsSingle ? file : $"<a href=\"{Uri.EscapeDataString(run.Document.FileName)}\">{file}</a>")
                .Append("</p></section>\n");
        }

        return html.Append("</div>").ToString();
    }

    /// <summary>What the cells report by name, and the table below the heading "Summary in numbers".</summary>
    private static string Findings(NotebookRun run)
    {
        var published = run.Published.Where(entry => !Origin.Contains(entry.Key) && entry.Value is JsonValue).ToList();
        int heading = run.Document.Cells.FindLastIndex(cell => cell.IsMarkdown && cell.Source.Contains(SummaryHeading, StringComparison.Ordinal));
        string? summary = heading < 0 ? null : run.Document.Cells.Skip(heading + 1).TakeWhile(cell => cell.IsCode).SelectMany(cell => cell.Outputs)
            .Select(output => Text(output["data"]?["text/html"])).LastOrDefault(html => html.StartsWith("<table class=\"an-table\"", StringComparison.Ordinal));
        return (published.Count == 0 ? "" : "<dl>" + string.Concat(published.Select(entry =>
                $"<dt>{PageFrame.Encode(entry.Key.Replace('_', ' '))}</dt><dd>{PageFrame.Encode(Short(entry.Value))}</dd>")) + "</dl>\n")
            + (summary is null ? "" : FirstRows(SafeHtml.Clean(summary)) + "\n");
    }

    private static string FirstRows(string table)
    {
        const string RowEnd = "</tr>";
        int at = 0;
        for (int row = 0; row <= MostRows && at >= 0; row++)
        {
            at = table.IndexOf(RowEnd, at, StringComparison.Ordinal) is var end and >= 0 ? end + RowEnd.Length : -1;
        }

        int last = table.LastIndexOf(RowEnd, StringComparison.Ordinal);
        return at < 0 || at > last ? table : table[..at] + table[(last + RowEnd.Length)..];
    }

    private static string Short(JsonNode? value) => value is JsonValue number && number.TryGetValue(out double real)
        ? real.ToString("G5", CultureInfo.InvariantCulture) : Text(value);

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

    private static string Text(JsonNode? value) => value is JsonArray lines ? string.Concat(lines.Select(line => Text(line)))
        : value is JsonValue text && text.TryGetValue(out string? plain) ? plain : value?.ToJsonString() ?? "";

    [GeneratedRegex(@"\*\*Question:\*\*\s+([^?]+\?)")]
    private static partial Regex Question();

    private static string Label(RunStatus status) => ReportWriter.StatusName(status);

    private static string Class(RunStatus status) => status switch { RunStatus.Ok => "ok", RunStatus.Failed => "failed", _ => "other" };
}
