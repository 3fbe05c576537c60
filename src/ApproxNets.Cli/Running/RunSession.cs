using System.Diagnostics;
using System.Globalization;
using ApproxNets.Cli.Reporting;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Running;

/// <summary>A whole run: its notebooks in order, up to the first that fails, and the report after each.</summary>
internal sealed class RunSession
{
    private RunSession(RunPlan plan, string repository)
    {
        Repository = repository;
        Profile = plan.Profile;
        Notebooks = [.. plan.Notebooks.Select(document => new NotebookRun(document))];
    }

    public string Repository { get; }

    public string Profile { get; }

    public IReadOnlyList<NotebookRun> Notebooks { get; }

    public DateTime StartedUtc { get; } = DateTime.UtcNow;

    public double Seconds { get; private set; }

    /// <summary>The worst that happened to a notebook.</summary>
    public RunStatus Status => Notebooks.Any(run => run.Status == RunStatus.Failed) ? RunStatus.Failed
        : Notebooks.Any(run => run.Status == RunStatus.Cancelled) ? RunStatus.Cancelled
        : Notebooks.All(run => run.Status == RunStatus.Ok) ? RunStatus.Ok
        : RunStatus.NotRun;

    /// <summary>Runs the plan's notebooks.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="repository">Root of the repository.</param>
    /// <param name="folder">Folder of the report.</param>
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="verbose">Shows console output on the terminal too.</param>
    /// <param name="inPlace">Writes the outputs of notebooks that ran through into their own files too.</param>
    /// <param name="cancellation">Stops the run.</param>
    public static async Task<RunSession> ExecuteAsync(
        RunPlan plan, string repository, string folder, Terminal terminal, bool verbose, bool inPlace, CancellationToken cancellation)
    {
        var session = new RunSession(plan, repository);
        var report = new ReportWriter(folder, session);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < session.Notebooks.Count; i++)
        {
            var run = session.Notebooks[i];
            terminal.BeginNotebook(i + 1, session.Notebooks.Count, run.Document.FileName);
            await NotebookRunner.ExecuteAsync(run, plan.Parameters, terminal, verbose, cancellation);
            session.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            terminal.EndNotebook(Summary(run, i + 1, session.Notebooks.Count));
            if (inPlace && run.Status == RunStatus.Ok)
            {
                // Before the report, which notes the run in the notebook's metadata.
                SaveInPlace(run.Document, terminal);
            }

            report.Write();
            if (run.Status != RunStatus.Ok)
            {
                break;
            }
        }

        terminal.Dispose();
        if (session.Notebooks.FirstOrDefault(run => run.Failure is not null)?.Failure is { } failure)
        {
            terminal.WriteLine($"\nFAILED {failure}\n");
        }

        terminal.WriteLine($"Report: {Path.Combine(folder, ReportWriter.IndexName)}");
        return session;
    }

    private static void SaveInPlace(NotebookDocument document, Terminal terminal)
    {
        if (File.ReadAllText(document.Path) != document.LoadedJson)
        {
            terminal.WriteLine($"{document.FileName} was changed while it ran and stays as it is; its outputs are in the report.");
            return;
        }

        AtomicFile.WriteText(document.Path, document.ToSourceJson());
    }

    private static string Summary(NotebookRun run, int number, int count)
    {
        string status = run.Status switch { RunStatus.Ok => "ok", RunStatus.Failed => "FAILED", _ => "stopped" };
        return string.Create(CultureInfo.InvariantCulture,
            $"[{number}/{count}] {run.Document.FileName}  {status}  {run.Seconds:F1} s, {run.Charts} charts");
    }
}
