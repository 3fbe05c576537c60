using System.Diagnostics;
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
    internal static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping
    };

    // Characters from which on a notebook is large.
    private const long LargeNotebook = 4_000_000;

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly RunResult _result;
    private readonly ReportPages _pages;
    private readonly (string? Hash, bool? Dirty) _commit;
    private long _written;
    private TimeSpan _writing;

    /// <summary>Begins the report: it says that the run is at work, and what an earlier run left of these notebooks is gone.</summary>
    /// <exception cref="UsageException">The report cannot be written there, or would replace what is no report.</exception>
    public ReportWriter(string folder, RunResult result)
    {
        (_folder, _result, _pages) = (folder, result, new ReportPages(result.Notebooks));
        Check();
        _commit = Provenance.CommitOf(result.Repository);
        try
        {
            Directory.CreateDirectory(folder);
            WriteIndex();
            foreach (var run in result.Notebooks)
            {
                File.Delete(Path.Combine(folder, run.PageName));
                File.Delete(Path.Combine(folder, run.Document.FileName));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the report cannot be written to {folder}: {e.Message}");
        }
    }

    /// <summary>Why the report is not on the disk as the run stands; null if it is.</summary>
    public string? Problem { get; private set; }

    /// <summary>
    /// Writes a notebook as far as it has run, its page when it has ended, and the index and <c>report.json</c> anew. A disk that is full
    /// does not end the run: the next call tries again, and <see cref="Problem"/> says how the last one went.
    /// </summary>
    public void Write(NotebookRun run)
    {
        lock (_gate)
        {
            // A large notebook is not written after each of many short cells, which would take longer than they do.
            bool large = run.Document.Cells.Sum(cell => (long)cell.Text.Length) > LargeNotebook;
            if (large && run.Status == RunStatus.Running && Stopwatch.GetElapsedTime(_written) < 10 * _writing)
            {
                return;
            }

            long start = Stopwatch.GetTimestamp();
            try
            {
                AtomicFile.WriteText(Path.Combine(_folder, run.Document.FileName), run.Document.ToJson(new JsonObject
                {
                    ["status"] = StatusName(run.Status),
                    ["seconds"] = Math.Round(run.Seconds, 3),
                    ["parameters"] = run.Parameters.DeepClone(),
                    ["published"] = run.Published.DeepClone(),
                    ["commit"] = _commit.Hash,
                    ["cpu"] = Provenance.CpuName(),
                    ["threads"] = Environment.ProcessorCount,
                }));
                if (run.Status != RunStatus.Running)
                {
                    AtomicFile.WriteText(Path.Combine(_folder, run.PageName), NotebookPage.Make(run, _pages, _folder));
                }

                WriteIndex();
                Problem = null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Problem = $"the report could not be written to {_folder}: {e.Message}";
            }

            (_written, _writing) = (Stopwatch.GetTimestamp(), Stopwatch.GetElapsedTime(start));
        }
    }

    /// <summary>Writes the report as one file, which holds all pages and needs no other; <see cref="Problem"/> says how that went.</summary>
    public void WriteSingle(string path)
    {
        lock (_gate)
        {
            try
            {
                AtomicFile.WriteText(path, SinglePage.Make(_result, Facts(), _folder));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Problem = $"the report could not be written to {path}: {e.Message}";
            }
        }
    }

    private void Check()
    {
        if (File.Exists(_folder))
        {
            throw new UsageException($"found the file {_folder}, expected a folder for the report.");
        }

        foreach (var same in _result.Notebooks.GroupBy(run => run.PageName, StringComparer.OrdinalIgnoreCase).Where(same => same.Count() > 1))
        {
            throw new UsageException($"found {string.Join(" and ", same.Select(run => run.Document.Path))}, whose pages would have the same name; "
                + "expected notebooks of different names. Run them one by one, each with its own --out.");
        }

        foreach (var run in _result.Notebooks)
        {
            if (!Path.GetExtension(run.Document.FileName).Equals(".ipynb", StringComparison.OrdinalIgnoreCase))
            {
                throw new UsageException($"found the notebook {run.Document.Path}, expected a name that ends with .ipynb.");
            }

            // An executed notebook carries our mark. Any other is somebody's work.
            string target = Path.Combine(_folder, run.Document.FileName);
            if (File.Exists(target) && (NotebookDocument.Load(target).Root["metadata"] as JsonObject)?["approxnets"] is null)
            {
                throw new UsageException($"found {target}, which is no executed notebook of an earlier report and would be replaced; "
                    + "expected another folder after --out.");
            }
        }
    }

    private void WriteIndex()
    {
        var facts = Facts();
        AtomicFile.WriteText(Path.Combine(_folder, IndexName), IndexPage.Make(_result, _pages, facts));
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
