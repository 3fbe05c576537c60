using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using ApproxNets.Experiments;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets verify</c>: runs a report's notebooks again, and compares what they report.</summary>
internal static class VerifyCommand
{
    private const int MostShown = 12;

    public static Command Create()
    {
        var of = new Argument<string>("REPORT|NOTEBOOK")
        {
            Description = "A report: its folder, report.json or index.html. Or a notebook with outputs: a path, or how a name in notebooks/ begins.",
        };
        var tolerance = new Option<double>("--tolerance")
        {
            Description = "Relative difference up to which a number is within tolerance; one unit of the last printed digit is, too.",
            HelpName = "SHARE",
            DefaultValueFactory = _ => 1e-6,
        };
        tolerance.Validators.Add(found =>
        {
            if (found.GetValueOrDefault<double>() is var share and not (>= 0 and <= 1))
            {
                found.AddError(string.Create(CultureInfo.InvariantCulture, $"found --tolerance {share}, expected a share of 0 to 1."));
            }
        });
        var command = new Command("verify",
            "Runs notebooks again with the recorded parameters, trains all anew, and says of every reported number: the same bits, within tolerance, "
            + "or by how much it differs. What is printed counts as printed; times are left out. The exit code is 1 if anything differs.")
        {
            of, tolerance,
        };
        command.SetAction((parsed, _) => RunAsync(parsed.GetValue(of)!, parsed.GetValue(tolerance)));
        return command;
    }

    private static async Task<int> RunAsync(string of, double tolerance)
    {
        var records = Records(of);
        var terminal = Terminal.ForProcess();
        using var interruption = new Interruption(terminal.WriteLine);
        if (records.Select(MachineProblem).FirstOrDefault(problem => problem is not null) is { } problem)
        {
            terminal.WriteLine(problem);
        }

        int differing = 0, failed = 0;
        string work = Directory.CreateTempSubdirectory("approxnets-verify-").FullName;
        try
        {
            PrepareFolder(work);
            for (int i = 0; i < records.Count; i++)
            {
                var run = await RunAgainAsync(records[i], work, i + 1, records.Count, terminal, interruption.Token);
                if (run.Status == RunStatus.Cancelled)
                {
                    terminal.WriteLine("Stopped; what had run before is compared above.");
                    return CommandLine.Cancelled;
                }

                var (text, differs) = Compared(records[i], run, tolerance);
                terminal.WriteLine(text);
                differing += differs;
                failed += run.Status == RunStatus.Ok ? 0 : 1;
            }
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }

        terminal.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"\n{(failed > 0 ? "NOT VERIFIED: a cell failed" : differing > 0 ? $"NOT VERIFIED: {Values(differing)} differ" : "VERIFIED")} (tolerance {tolerance})"));
        return differing + failed > 0 ? CommandLine.Failure : CommandLine.Success;
    }

    /// <summary>A notebook with what was recorded of it.</summary>
    /// <param name="Notebook">The notebook with its outputs.</param>
    /// <param name="Parameters">The parameters it ran with, as texts.</param>
    /// <param name="Values">What it reported.</param>
    /// <param name="Cpu">The processor it ran on; null where that is not recorded.</param>
    /// <param name="Threads">The processor's threads.</param>
    internal sealed record Record(NotebookDocument Notebook, IReadOnlyDictionary<string, string> Parameters,
        IReadOnlyList<ReportedValues> Values, string? Cpu, int? Threads);

    /// <summary>Reads what a report or a notebook records.</summary>
    /// <exception cref="UsageException">There is none, or nothing in it has run.</exception>
    internal static IReadOnlyList<Record> Records(string of)
    {
        string path = Path.GetFullPath(of);
        string? report = Directory.Exists(path) ? Path.Combine(path, "report.json")
            : File.Exists(path) && Path.GetExtension(path) is ".json" or ".html" ? Path.Combine(Path.GetDirectoryName(path)!, "report.json") : null;
        if (report is null)
        {
            string notebook = Repository.SelectNotebooks(RepositoryFolder.OfWork(), Directory.GetCurrentDirectory(), [of])[0];
            return [RecordOf(NotebookDocument.Load(notebook))];
        }

        try
        {
            var entries = JsonNode.Parse(File.ReadAllText(report))!["notebooks"]!.AsArray();
            string[] files = [.. entries.Where(entry => (string?)entry!["status"] == "ok").Select(entry => (string?)entry!["file"]
                ?? throw new JsonException("a notebook without its file"))];
            return files.Length > 0 ? [.. files.Select(file => RecordOf(NotebookDocument.Load(Path.Combine(Path.GetDirectoryName(report)!, Path.GetFileName(file)))))]
                : throw new UsageException($"{report}: found no notebook that ran through, expected one to run again.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or ArgumentException or IOException
            or UnauthorizedAccessException)
        {
            throw new UsageException($"{report}: found no report ({e.Message}), expected one that approxnets run has written.");
        }
    }

    private static Record RecordOf(NotebookDocument notebook)
    {
        var note = (notebook.Root["metadata"] as JsonObject)?["approxnets"] as JsonObject ?? [];
        var values = Verification.Of(notebook, note["published"] as JsonObject ?? []);
        if (values.Count == 0)
        {
            throw new UsageException($"{notebook.Path}: found no output to compare, expected an executed notebook.");
        }

        var parameters = (note["parameters"] as JsonObject ?? []).Where(parameter => parameter.Value is JsonValue)
            .ToDictionary(parameter => parameter.Key, parameter => parameter.Value!.GetValueKind() == JsonValueKind.String
                ? (string)parameter.Value! : parameter.Value!.ToJsonString());
        return new Record(notebook, parameters, values, note["cpu"] is JsonValue cpu && cpu.TryGetValue(out string? name) ? name : null,
            note["threads"] is JsonValue count && count.TryGetValue(out int threads) ? threads : null);
    }

    /// <summary>Runs the notebook of a record in a folder of its own; its outputs take the place of those recorded.</summary>
    internal static async Task<NotebookRun> RunAgainAsync(
        Record record, string folder, int number, int count, Terminal terminal, CancellationToken cancellation)
    {
        string name = record.Notebook.FileName;
        var run = new NotebookRun(NotebookDocument.Parse(Path.Combine(folder, "notebooks", name), record.Notebook.LoadedJson));
        await terminal.RunAsync(async () =>
        {
            terminal.BeginNotebook(number, count, name);
            await NotebookRunner.ExecuteAsync(run, record.Parameters, () => { }, terminal, verbose: false, null, cancellation);
            terminal.EndNotebook(string.Create(CultureInfo.InvariantCulture, $"[{number}/{count}] {name}  {run.Seconds:F1} s"));
        });
        return run;
    }

    /// <summary>Makes a folder that is as the repository before anything was trained.</summary>
    internal static void PrepareFolder(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "notebooks"));
        File.WriteAllText(Path.Combine(folder, RepositoryFolder.Marker), "");
        if ((RepositoryFolder.TryFind() ?? RepositoryFolder.TryFind(AppContext.BaseDirectory)) is { } repository
            && Directory.Exists(Path.Combine(repository, "data")))
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, "data"), Path.Combine(repository, "data"));
        }
    }

    /// <summary>The comparison in words, and how many values differ.</summary>
    internal static (string Text, int Differing) Compared(Record record, NotebookRun run, double tolerance)
    {
        var found = Verification.Of(run.Document, run.Published).ToDictionary(values => values.Place, values => values.Values);
        var all = record.Values.Select(values => (values.Place, Values: Verification.Compare(values.Values, found.GetValueOrDefault(values.Place) ?? [], tolerance)))
            .ToList();
        var rows = new List<(string Place, string Recorded, string Now, string Verdict)>();
        foreach (var (place, values) in all)
        {
            var other = values.Where(value => value.Verdict != Verdict.Same).ToList();
            rows.Add((place, Values(values.Count), "", other.Count == 0 ? "the same bits" : $"{values.Count - other.Count} the same bits"));
            rows.AddRange(other.Take(MostShown).Select(value => ("", value.Recorded, value.Found, Word(value))));
            if (other.Count > MostShown)
            {
                rows.Add(("", "", "", $"and {other.Count - MostShown} more, {other.Skip(MostShown).Count(value => value.Verdict == Verdict.Differs)} of them differ"));
            }
        }

        int Count(Verdict verdict) => all.Sum(place => place.Values.Count(value => value.Verdict == verdict));
        string failure = run.Failure is { } failed ? $"\nFAILED {failed}" : "";
        return ($"\n{record.Notebook.FileName}: {Values(Count(Verdict.Same))} the same bits, {Count(Verdict.Within)} within tolerance, {Count(Verdict.Differs)} differ\n"
            + ApproxNets.Interactive.Table.Of(rows, ("place", row => row.Place, ""), ("recorded", row => row.Recorded, ""), ("now", row => row.Now, ""),
                ("", row => row.Verdict, "")) + failure, Count(Verdict.Differs));
    }

    private static string Values(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "value" : "values")}");

    private static string Word(Comparison value) => value.Verdict == Verdict.Within
        ? string.Create(CultureInfo.InvariantCulture, $"within tolerance ({value.Difference:+0.###e+0;-0.###e+0})")
        : value.Difference is { } difference ? string.Create(CultureInfo.InvariantCulture, $"differs by {difference:+0.######;-0.######;0}") : "differs";

    private static string? MachineProblem(Record record)
    {
        string cpu = Provenance.CpuName();
        int threads = Environment.ProcessorCount;
        return record.Cpu is null ? "The machine of the record is not known."
            : record.Cpu == cpu && record.Threads == threads ? null
            : $"Recorded on {record.Cpu} with {record.Threads} threads; this is {cpu} with {threads}. Sums of floats may differ in their last bits, "
                + "and what is trained by more.";
    }
}
