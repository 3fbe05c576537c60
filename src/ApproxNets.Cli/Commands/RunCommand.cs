using System.CommandLine;
using System.Globalization;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Reporting;
using ApproxNets.Cli.Running;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets run</c>: executes notebooks and writes the report.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var notebooks = new Argument<string[]>("NOTEBOOK")
        {
            Description = "Notebooks to run: a path, or how a name in notebooks/ begins, like 03. All of notebooks/ if none is given.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var profile = new Option<string>("--profile")
        {
            Description = "Size of the run, given to notebooks as the parameter 'profile'.",
            DefaultValueFactory = _ => "quick",
        };
        profile.AcceptOnlyFromAmong("quick", "full", "smoke");
        var parameters = new Option<string[]>("--parameter", "-p")
        {
            Description = "Sets a notebook parameter; may be given several times.",
            HelpName = "NAME=VALUE",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var output = new Option<DirectoryInfo?>("--out")
        {
            Description = "Folder of the report. [default: artifacts/report of the repository, or of the current folder outside of one]",
            HelpName = "DIR",
        };
        var single = new Option<FileInfo?>("--single-file")
        {
            Description = "Also writes the report as one HTML file with all pages, which can be mailed: it needs no other file and no network.",
            HelpName = "FILE.html",
        };
        single.Validators.Add(found =>
        {
            if (found.GetValueOrDefault<FileInfo?>() is { } file && SingleProblem(file) is { } problem)
            {
                found.AddError($"found --single-file {file}: {problem}.");
            }
        });
        var inPlace = new Option<bool>("--in-place") { Description = "Also writes the outputs into the notebooks themselves." };
        var cellTimeout = CellTimeout(null);
        var verbose = new Option<bool>("--verbose") { Description = "Shows what cells write to the console." };

        var command = new Command("run", "Executes notebooks in order and writes them, with their outputs, as a report.")
        {
            notebooks, profile, parameters, output, single, inPlace, cellTimeout, verbose,
        };
        command.SetAction((parsed, _) => RunAsync(
            parsed.GetValue(notebooks) ?? [], parsed.GetValue(profile)!, parsed.GetValue(parameters) ?? [],
            parsed.GetValue(output)?.FullName, parsed.GetValue(single)?.FullName, parsed.GetValue(inPlace), parsed.GetValue(cellTimeout), parsed.GetValue(verbose)));
        return command;
    }

    /// <summary>The option that bounds the time of a cell.</summary>
    /// <param name="standard">Seconds if it is not given; null for any time.</param>
    public static Option<double?> CellTimeout(double? standard)
    {
        var option = new Option<double?>("--cell-timeout")
        {
            Description = "Seconds that a cell may take; one that takes longer fails." + (standard is null ? " [default: any time]" : ""),
            HelpName = "SECONDS",
        };
        if (standard is not null)
        {
            option.DefaultValueFactory = _ => standard;
        }

        option.Validators.Add(found =>
        {
            if (found.GetValueOrDefault<double?>() is { } seconds and not (>= 0.001 and <= 1e6))
            {
                found.AddError(string.Create(CultureInfo.InvariantCulture, $"found --cell-timeout {seconds}, expected 0.001 to 1,000,000 seconds."));
            }
        });
        return option;
    }

    private static string? SingleProblem(FileInfo file) =>
        !file.Extension.Equals(".html", StringComparison.OrdinalIgnoreCase) ? "expected a name that ends with .html"
        : Directory.Exists(file.FullName) ? "expected a file, this is a folder"
        : file.Directory is { Exists: true } ? null : $"expected the folder {file.DirectoryName} to be there";

    private static async Task<int> RunAsync(
        string[] notebooks, string profile, string[] parameters, string? output, string? single, bool inPlace, double? cellTimeout, bool verbose)
    {
        string repository = RepositoryFolder.OfWork();
        var paths = Repository.SelectNotebooks(repository, Directory.GetCurrentDirectory(), notebooks);
        var plan = RunPlan.Make(paths, profile, parameters);
        string folder = output ?? Path.Combine(repository, "artifacts", "report");

        var terminal = Terminal.ForProcess(interactive: !verbose);
        using var interruption = new Interruption(terminal.WriteLine);
        var result = new RunResult(repository, profile, [.. plan.Notebooks.Select(document => new NotebookRun(document))]);
        var report = new ReportWriter(folder, result);
        await RunSession.ExecuteAsync(plan, result, report.Write, terminal, verbose, inPlace,
            cellTimeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null, interruption.Token);
        if (single is not null)
        {
            report.WriteSingle(single);
        }

        if (report.Problem is { } problem)
        {
            Console.Error.WriteLine($"approxnets: {problem}");
            return CommandLine.Failure;
        }

        terminal.WriteLine($"Report: {Path.Combine(folder, ReportWriter.IndexName)}");
        if (single is not null)
        {
            terminal.WriteLine($"In one file: {single}");
        }

        return result.Status switch
        {
            RunStatus.Ok => CommandLine.Success,
            RunStatus.Cancelled => CommandLine.Cancelled,
            _ => CommandLine.Failure,
        };
    }
}
