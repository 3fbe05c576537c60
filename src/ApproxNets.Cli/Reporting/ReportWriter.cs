using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Running;
using ApproxNets.Foundation;
using ApproxNets.Interactive.Internals;
using ApproxNets.Studies;

namespace ApproxNets.Cli.Reporting;

/// <summary>Writes a run's report: executed notebooks, a page for each, an index, <c>report.json</c>, and plotly.js beside them.</summary>
internal sealed class ReportWriter
{
    public const string IndexName = "index.html";
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };
    private readonly string _folder;
    private readonly RunSession _session;
    private readonly HashSet<NotebookRun> _written = [];
    private readonly (string? Hash, bool? Dirty) _commit;

    public ReportWriter(string folder, RunSession session)
    {
        (_folder, _session) = (folder, session);
        _commit = Provenance.CommitOf(session.Repository);
        Directory.CreateDirectory(folder);
        AtomicFile.Write(Path.Combine(folder, PlotlyScript.FileName), PlotlyScript.CopyTo);
    }

    /// <summary>Writes the notebooks that have run since the last call, and the index and <c>report.json</c> anew.</summary>
    public void Write()
    {
        foreach (var run in _session.Notebooks.Where(run => run.Status != RunStatus.NotRun && _written.Add(run)))
        {
            Annotate(run);
            AtomicFile.WriteText(Path.Combine(_folder, run.Document.FileName), run.Document.ToJson());
            AtomicFile.WriteText(Path.Combine(_folder, run.PageName), NotebookPage.Make(run, _session.Notebooks, _folder));
        }

        var facts = Facts();
        AtomicFile.WriteText(Path.Combine(_folder, IndexName), IndexPage.Make(_session, facts));
        AtomicFile.WriteText(Path.Combine(_folder, "report.json"), facts.ToJsonString(Format) + "\n");
    }

    private static void Annotate(NotebookRun run)
    {
        if (run.Document.Root["metadata"] is not JsonObject metadata)
        {
            run.Document.Root["metadata"] = metadata = [];
        }

        metadata["approxnets"] = new JsonObject
        {
            ["status"] = StatusName(run.Status),
            ["seconds"] = Math.Round(run.Seconds, 3),
            ["parameters"] = run.Parameters.DeepClone(),
        };
    }

    private JsonObject Facts()
    {
        var facts = new JsonObject
        {
            ["status"] = StatusName(_session),
            ["started_utc"] = _session.StartedUtc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["seconds"] = Math.Round(_session.Seconds, 3),
            ["profile"] = _session.Profile,
            ["commit"] = _commit.Hash,
            ["dirty"] = _commit.Dirty,
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
            ["os"] = Provenance.OperatingSystemName(),
            ["cpu"] = Provenance.CpuName(),
            ["threads"] = Environment.ProcessorCount,
            ["packages"] = new JsonObject(PackageVersions.Found()
                .Select(package => KeyValuePair.Create(package.Key, (JsonNode?)package.Value))),
            ["notebooks"] = new JsonArray([.. _session.Notebooks.Select(Facts)]),
        };
        foreach (string key in (string[])["dataset", "dataset_sha256"])
        {
            facts[key] = _session.Notebooks.Select(run => run.Published[key]).LastOrDefault(value => value is not null)?.DeepClone();
        }

        return facts;
    }

    private static JsonObject Facts(NotebookRun run)
    {
        var facts = new JsonObject
        {
            ["file"] = run.Document.FileName,
            ["title"] = run.Document.Title,
            ["status"] = StatusName(run.Status),
            ["seconds"] = Math.Round(run.Seconds, 3),
            ["charts"] = run.Charts,
            ["parameters"] = run.Parameters.DeepClone(),
            ["seed"] = run.Parameters["seed"]?.DeepClone(),
            ["published"] = run.Published.DeepClone(),
        };
        if (run.Failure is { } failure)
        {
            facts["failure"] = new JsonObject
            {
                ["code_cell"] = failure.CodeCell,
                ["cell"] = failure.Cell,
                ["line"] = failure.Line,
                ["code"] = failure.Code,
                ["error"] = failure.ErrorName,
                ["message"] = failure.Message,
            };
        }

        return facts;
    }

    /// <summary>A run that nothing has ended yet goes on: the report is written after each notebook.</summary>
    internal static string StatusName(RunSession session) =>
        session.Status == RunStatus.NotRun ? "running" : StatusName(session.Status);

    internal static string StatusName(RunStatus status) => status switch
    {
        RunStatus.Ok => "ok",
        RunStatus.Failed => "failed",
        RunStatus.Cancelled => "cancelled",
        _ => "not run",
    };
}
