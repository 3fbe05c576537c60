using System.CommandLine;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Reporting;
using ApproxNets.Cli.Running;
using ApproxNets.Foundation;
using ApproxNets.Interactive;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets check</c>: runs notebooks and counts the points of their exercises.</summary>
internal static class CheckCommand
{
    private const int LongestMessage = 160;

    public static Command Create()
    {
        var notebooks = new Argument<string[]>("NOTEBOOK")
        {
            Description = "Notebooks with exercises: paths, or how a name in notebooks/ begins, like 03.",
            Arity = ArgumentArity.OneOrMore,
        };
        var profile = new Option<string>("--profile")
        {
            Description = "Size of the run. In smoke nothing is learned, and an answer that reads a trained network may differ.",
            DefaultValueFactory = _ => "quick",
        };
        profile.AcceptOnlyFromAmong("quick", "smoke");
        var json = new Option<FileInfo?>("--json") { Description = "Also writes the points of all notebooks, for a class.", HelpName = "FILE" };
        var solutions = new Option<DirectoryInfo?>("--solutions")
        {
            Description = "Puts the solutions of DIR/NAME.ipynb in place of the exercises of the same ids. The notebooks stay as they are.",
            HelpName = "DIR",
        };
        var cellTimeout = RunCommand.CellTimeout(600);
        var command = new Command("check",
            "Runs notebooks and shows the points of their exercises. A cell that fails gets no points, and those behind it run; the exit code is 1 then.")
        {
            notebooks, profile, json, solutions, cellTimeout,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(notebooks)!, parsed.GetValue(profile)!, parsed.GetValue(json)?.FullName, parsed.GetValue(solutions)?.FullName,
            parsed.GetValue(cellTimeout)));
        return command;
    }

    private static async Task<int> RunAsync(string[] notebooks, string profile, string? json, string? solutions, double? cellTimeout)
    {
        var plan = RunPlan.Make(
            Repository.SelectNotebooks(RepositoryFolder.OfWork(), Directory.GetCurrentDirectory(), notebooks), profile, []);
        var terminal = Terminal.ForProcess();
        if (solutions is not null)
        {
            plan.Notebooks.ToList().ForEach(notebook => Grading.Solve(notebook, solutions));
        }

        if (plan.Notebooks.FirstOrDefault(notebook => Grading.ExercisesOf(notebook).Count == 0) is { } plain)
        {
            throw new UsageException($"{plain.Path}: found no exercise, expected code cells with ids such as exercise-03-1.");
        }

        if (json is not null)
        {
            Write(json, []); // a place that cannot be written is told before the run
        }

        using var interruption = new Interruption(terminal.WriteLine);
        var grades = await GradeAsync(plan, done => Save(json, done), terminal, cellTimeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null, interruption.Token);
        grades.ToList().ForEach(grade => terminal.WriteLine("\n" + TextOf(grade)));
        if (json is not null)
        {
            terminal.WriteLine($"\nPoints: {json}");
        }

        return grades.Count < plan.Notebooks.Count || interruption.Token.IsCancellationRequested ? CommandLine.Cancelled
            : grades.Any(grade => grade.Failure is not null) ? CommandLine.Failure
            : CommandLine.Success;
    }

    /// <summary>Runs and grades the notebooks of a plan in order; those that had run when the run was stopped, if it was.</summary>
    internal static async Task<IReadOnlyList<Grade>> GradeAsync(
        RunPlan plan, Action<IReadOnlyList<Grade>> save, Terminal terminal, TimeSpan? cellTimeout, CancellationToken cancellation)
    {
        var grades = new List<Grade>();
        await terminal.RunAsync(async () =>
        {
            for (int i = 0; i < plan.Notebooks.Count && !cancellation.IsCancellationRequested; i++)
            {
                var run = new NotebookRun(plan.Notebooks[i]);
                string number = $"[{i + 1}/{plan.Notebooks.Count}]";
                terminal.BeginNotebook(i + 1, plan.Notebooks.Count, run.Document.FileName);
                await NotebookRunner.ExecuteAsync(run, plan.Parameters, () => { }, terminal, verbose: false, cellTimeout, cancellation, goesOn: true);
                if (run.Status != RunStatus.Cancelled)
                {
                    grades.Add(Grading.Of(run));
                    save(grades);
                }

                terminal.EndNotebook(run.Status == RunStatus.Cancelled ? $"{number} {run.Document.FileName}  stopped"
                    : $"{number} {run.Document.FileName}  {grades[^1].Points} of {grades[^1].Possible} points");
            }
        });
        return grades;
    }

    internal static string TextOf(Grade grade)
    {
        string table = Table.Of<CheckResult?>([.. grade.Exercises],
            ("exercise", result => result!.Exercise, ""), ("points", result => $"{result!.Points} of {result.Possible}", ""),
            ("message", result => OneLine(result!.Message), "")).ToString();
        return $"{grade.Path}: {grade.Points} of {grade.Possible} points\n{table}"
            + (grade.Failure is { } failure ? $"\nFAILED {OneLine(failure.ToString())}" : "");
    }

    internal static JsonArray JsonOf(IReadOnlyList<Grade> grades) => [.. grades.Select(grade => new JsonObject
    {
        ["name"] = Path.GetFileNameWithoutExtension(grade.Path),
        ["path"] = Path.GetRelativePath(Directory.GetCurrentDirectory(), grade.Path),
        ["points"] = grade.Points,
        ["possible"] = grade.Possible,
        ["failure"] = grade.Failure?.ToString(),
        ["exercises"] = new JsonArray([.. grade.Exercises.Select(result => new JsonObject
        {
            ["id"] = result.Exercise,
            ["points"] = result.Points,
            ["possible"] = result.Possible,
            ["message"] = result.Message,
        })]),
    })];

    private static void Save(string? path, IReadOnlyList<Grade> grades)
    {
        if (path is not null)
        {
            Write(path, grades);
        }
    }

    private static void Write(string path, IReadOnlyList<Grade> grades)
    {
        try
        {
            AtomicFile.WriteText(path, JsonOf(grades).ToJsonString(ReportWriter.Format) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the points cannot be written to {path}: {e.Message}");
        }
    }

    private static string OneLine(string text)
    {
        string line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length > LongestMessage ? line[..(LongestMessage - 1)] + "…" : line;
    }
}
