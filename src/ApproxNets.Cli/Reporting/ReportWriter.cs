using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Experiments;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Reporting;

/// <summary>Writes a run's report: executed notebooks, a page for each, an index and <c>report.json</c>.</summary>
internal sealed class ReportWriter
{
    public const string IndexName = "index.html";
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };
    private readonly string _folder;
    private readonly RunResult _result;
    private readonly (string? Hash, bool? Dirty) _commit;

    /// <summary>Begins the report: it says that the run is at work, and what an earlier run left of these notebooks is gone.</summary>
    public ReportWriter(string folder, RunResult result)
    {
        (_folder, _result) = (folder, result);
        _commit = Provenance.CommitOf(result.Repository);
        Directory.CreateDirectory(folder);
        WriteIndex();
        foreach (var run in result.Notebooks)
        {
            File.Delete(Path.Combine(folder, run.PageName));
            File.Delete(Path.Combine(folder, run.Document.FileName));
        }
    }

    /// <summary>Writes a notebook as far as it has run, its page when it has ended, and the index and <c>report.json</c> anew.</summary>
    public void Write(NotebookRun run)
    {
        AtomicFile.WriteText(Path.Combine(_folder, run.Document.FileName), run.Document.ToJson(new JsonObject
        {
            ["status"] = StatusName(run.Status),
            ["seconds"] = Math.Round(run.Seconds, 3),
            ["parameters"] = run.Parameters.DeepClone(),
        }));
        if (run.Status != RunStatus.Running)
        {
            AtomicFile.WriteText(Path.Combine(_folder, run.PageName), NotebookPage.Make(run, _result.Notebooks, _folder));
        }

        WriteIndex();
    }

    private void WriteIndex()
    {
        var facts = Facts();
        AtomicFile.WriteText(Path.Combine(_folder, IndexName), IndexPage.Make(_result, facts));
        AtomicFile.WriteText(Path.Combine(_folder, "report.json"), facts.ToJsonString(Format) + "\n");
    }

    private JsonObject Facts()
    {
        var facts = new JsonObject
        {
            ["status"] = StatusName(_result.Status),
            ["started_utc"] = _result.StartedUtc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["seconds"] = Math.Round(_result.Seconds, 3),
            ["profile"] = _result.Profile,
            ["commit"] = _commit.Hash,
            ["dirty"] = _commit.Dirty,
            ["dotnet"] = RuntimeInformation.FrameworkDescription,
            ["os"] = Provenance.OperatingSystemName(),
            ["cpu"] = Provenance.CpuName(),
            ["threads"] = Environment.ProcessorCount,
            ["packages"] = new JsonObject(PackageVersions.Found()
                .Select(package => KeyValuePair.Create(package.Key, (JsonNode?)package.Value))),
            ["notebooks"] = new JsonArray([.. _result.Notebooks.Select(Facts)]),
        };
        foreach (string key in (string[])["dataset", "dataset_sha256"])
        {
            facts[key] = _result.Notebooks.Select(run => run.Published[key]).LastOrDefault(value => value is not null)?.DeepClone();
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

    internal static string StatusName(RunStatus status) => status switch
    {
        RunStatus.Running => "running",
        RunStatus.Ok => "ok",
        RunStatus.Failed => "failed",
        RunStatus.Cancelled => "cancelled",
        _ => "not run",
    };
}
