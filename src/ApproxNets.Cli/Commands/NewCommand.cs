using System.CommandLine;
using System.Text.RegularExpressions;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets new</c>: a research notebook to begin from, the last lesson without what makes it a lesson.</summary>
internal static partial class NewCommand
{
    /// <summary>The lesson, in this program.</summary>
    public const string Template = "08-your-own-question.ipynb";

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Name of the notebook: letters, digits, - and _." };
        var folder = new Option<DirectoryInfo?>("--dir") { Description = "Folder for it, made if missing. [default: the current folder]", HelpName = "DIR" };
        var command = new Command("new",
            "Writes a research notebook with parameters, data, model, search and results in place. It runs anywhere with approxnets run.") { name, folder };
        command.SetAction(parsed => Run(parsed.GetValue(name)!, parsed.GetValue(folder)?.FullName ?? Directory.GetCurrentDirectory()));
        return command;
    }

    private static int Run(string name, string folder)
    {
        if (!Name().IsMatch(name))
        {
            throw new UsageException($"found the name '{name}', expected letters, digits, - and _ only.");
        }

        string path = Path.Combine(folder, name + ".ipynb");
        if (Path.Exists(path))
        {
            throw new UsageException($"found {path}, which stays as it is; expected a name that is free.");
        }

        using var resource = typeof(NewCommand).Assembly.GetManifestResourceStream(Template)
            ?? throw new UsageException($"found no {Template} in this program, expected one built with it.");
        using var reader = new StreamReader(resource);
        try
        {
            Directory.CreateDirectory(folder);
            AtomicFile.WriteText(path, From(reader.ReadToEnd(), name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the notebook cannot be written to {path}: {e.Message}");
        }

        Console.WriteLine($"{path}\nRun it: approxnets run {path}");
        return CommandLine.Success;
    }

    /// <summary>The notebook: the lesson's cells without outputs, exercises and links to other lessons, and with the name as title.</summary>
    internal static string From(string lesson, string name)
    {
        var notebook = NotebookDocument.Parse(Template, lesson);
        foreach (var (exercise, _, _) in Grading.ExercisesOf(notebook))
        {
            int at = notebook.Cells.IndexOf(exercise);
            notebook.Cells.RemoveAt(at);
            if (at > 0 && notebook.Cells[at - 1].IsMarkdown)
            {
                notebook.Cells.RemoveAt(at - 1); // its task
            }
        }

        for (int i = 0; i < notebook.Cells.Count; i++)
        {
            var cell = notebook.Cells[i];
            notebook.Cells[i] = cell.IsCode ? cell.With(CourseCommand.Anywhere(cell.Source))
                : cell.With(Link().Replace(i == 0 ? Title().Replace(cell.Source, $"# {name}", 1) : cell.Source, "$1"));
        }

        return notebook.ToSourceJson();
    }

    [GeneratedRegex(@"^[A-Za-z0-9][\w-]{0,99}\z", RegexOptions.ECMAScript)]
    private static partial Regex Name();

    [GeneratedRegex("^# .*$", RegexOptions.Multiline)]
    private static partial Regex Title();

    [GeneratedRegex(@"(?<!!)\[([^\]]+)\]\((?!https?:|mailto:|#)[^)\s]+\)")]
    private static partial Regex Link();
}
