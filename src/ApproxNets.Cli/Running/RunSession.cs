using System.Diagnostics;
using System.Globalization;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Running;

/// <summary>Runs the notebooks of a plan in order, up to the first that fails.</summary>
internal static class RunSession
{
    /// <summary>Runs the plan's notebooks.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="result">Takes what comes of it; holds the plan's notebooks.</param>
    /// <param name="save">Called after each cell and at the end of each notebook.</param>
    /// <param name="terminal">Where progress goes.</param>
    /// <param name="verbose">Shows console output on the terminal too.</param>
    /// <param name="inPlace">Writes the outputs of notebooks that ran through into their own files too.</param>
    /// <param name="cellTimeout">How long a cell may take; null for any time.</param>
    /// <param name="cancellation">Stops the run.</param>
    public static async Task ExecuteAsync(RunPlan plan, RunResult result, Action<NotebookRun> save, Terminal terminal, bool verbose,
        bool inPlace, TimeSpan? cellTimeout, CancellationToken cancellation)
    {
        await terminal.RunAsync(() => RunAllAsync(plan, result, save, terminal, verbose, inPlace, cellTimeout, cancellation));
        if (result.Notebooks.FirstOrDefault(run => run.Failure is not null)?.Failure is { } failure)
        {
            terminal.WriteLine($"\nFAILED {failure}\n");
        }
    }

    private static async Task RunAllAsync(RunPlan plan, RunResult result, Action<NotebookRun> save, Terminal terminal, bool verbose,
        bool inPlace, TimeSpan? cellTimeout, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < result.Notebooks.Count && result.Status == RunStatus.Running; i++)
        {
            var run = result.Notebooks[i];
            void Save()
            {
                result.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                save(run);
            }

            terminal.BeginNotebook(i + 1, result.Notebooks.Count, run.Document.FileName);
            await NotebookRunner.ExecuteAsync(run, plan.Parameters, Save, terminal, verbose, cellTimeout, cancellation);
            terminal.EndNotebook(Summary(run, i + 1, result.Notebooks.Count));
            if (inPlace && run.Status == RunStatus.Ok)
            {
                SaveInPlace(run.Document, terminal);
            }

            Save();
        }
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
