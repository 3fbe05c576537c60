using System.Diagnostics;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Reporting;
using ApproxNets.Cli.Running;
using Xunit;

namespace ApproxNets.Tests.Cli;

/// <summary>Small notebooks in a folder of their own, run into a report beside them.</summary>
internal sealed class NotebookFixture : IDisposable
{
    public const string Reference = "#r \"../built/ApproxNets.Interactive.dll\"\nusing ApproxNets.Interactive;\n";

    public NotebookFixture()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "notebooks"));
        File.WriteAllText(Path.Combine(Folder, "Notebooks.sln"), "");
    }

    /// <summary>The program that runs an assembly.</summary>
    public static string Host { get; } = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";

    public string Folder { get; } = Directory.CreateTempSubdirectory("approxnets-").FullName;

    public string Report => Path.Combine(Folder, "report");

    public StringWriter Log { get; } = new();

    /// <summary>Why the last run's report could not be written; null if it was.</summary>
    public string? Problem { get; private set; }

    /// <summary>Adds a notebook. Sources begin with "md:" for text or "tag NAME:" for a tagged code cell.</summary>
    public string Add(string name, params string[] sources)
    {
        string path = Path.Combine(Folder, "notebooks", name);
        File.WriteAllText(path, Json(sources));
        return path;
    }

    public static string Json(params string[] sources) => new JsonObject
    {
        ["cells"] = new JsonArray([.. sources.Select(Cell)]),
        ["metadata"] = new JsonObject
        {
            ["kernelspec"] = new JsonObject
            {
                ["display_name"] = ".NET (C#)",
                ["language"] = "C#",
                ["name"] = ".net-csharp"
            }
        },
        ["nbformat"] = 4,
        ["nbformat_minor"] = 4,
    }.ToJsonString();

    public async Task<RunResult> RunAsync(
        string[] notebooks, string[]? parameters = null, string profile = "quick", bool inPlace = false,
        CancellationTokenSource? stop = null, double? cellTimeout = null, string? report = null)
    {
        var plan = RunPlan.Make(Repository.SelectNotebooks(Folder, Folder, notebooks), profile, parameters ?? []);
        var result = new RunResult(Folder, profile, [.. plan.Notebooks.Select(document => new NotebookRun(document))]);
        var writer = new ReportWriter(report ?? Report, result);
        await RunSession.ExecuteAsync(plan, result, writer.Write, new Terminal(Log, interactive: false),
            verbose: false, inPlace, cellTimeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null, stop?.Token ?? TestContext.Current.CancellationToken);
        Problem = writer.Problem;
        return result;
    }

    /// <summary>Runs the notebooks as a process of its own, which a cell may end.</summary>
    public async Task<(int ExitCode, string Output)> RunProcessAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Host) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };
        foreach (string argument in (string[])[typeof(ApproxNets.Cli.Commands.CommandLine).Assembly.Location, "run", "--out", Report, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(5));
        try
        {
            var texts = Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, string.Concat(await texts));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    public JsonObject Executed(string name) => (JsonObject)JsonNode.Parse(File.ReadAllText(Path.Combine(Report, name)))!;

    public JsonObject Facts => Executed("report.json");

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static JsonNode Cell(string source)
    {
        bool markdown = source.StartsWith("md:", StringComparison.Ordinal);
        var metadata = new JsonObject();
        if (source.StartsWith("tag ", StringComparison.Ordinal))
        {
            metadata["tags"] = new JsonArray(source[4..source.IndexOf(':', StringComparison.Ordinal)]);
        }

        var cell = new JsonObject
        {
            ["cell_type"] = markdown ? "markdown" : "code",
            ["metadata"] = metadata,
            ["source"] = NotebookCell.Lines(
                markdown || metadata.Count > 0 ? source[(source.IndexOf(':', StringComparison.Ordinal) + 1)..] : source),
        };
        if (!markdown)
        {
            cell["execution_count"] = 7;
            cell["outputs"] = new JsonArray(new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = "stale" });
        }

        return cell;
    }
}
