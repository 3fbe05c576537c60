using System.CommandLine;
using System.Text.RegularExpressions;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets course</c>: writes what students get.</summary>
internal static partial class CourseCommand
{
    /// <summary>How a notebook anywhere refers to the library: it gets that of the program that runs it.</summary>
    public const string Reference = "#r \"nuget: ApproxNets.Interactive\"";

    private const string Mark = "Microsoft Visual Studio Solution File, Format Version 12.00\n"
        + "# Marks this folder for approxnets: what its notebooks train is kept below it, in artifacts.\n";

    public static Command Create()
    {
        var student = new Option<DirectoryInfo>("--student")
        {
            Description = "Folder of the copies. Files that are there stay as they are.",
            HelpName = "DIR",
            Required = true,
        };
        var command = new Command("course",
            "Writes the lessons for students: without solutions and outputs, with the glossary and the results that they show. They run anywhere "
            + "with approxnets run or its Jupyter kernel. Needs the repository.")
        {
            student,
        };
        command.SetAction(parsed => Run(parsed.GetValue(student)!.FullName));
        return command;
    }

    private static int Run(string folder)
    {
        string repository = RepositoryFolder.TryFind() ?? RepositoryFolder.TryFind(AppContext.BaseDirectory) ?? throw new UsageException(
            $"found no {RepositoryFolder.Marker} here or above the program; expected the repository, whose notebooks the lessons are.");
        try
        {
            var (written, kept) = WriteStudent(repository, folder);
            Console.WriteLine($"{folder}: {written.Count} files written"
                + (kept.Count > 0 ? $"; {kept.Count} that were there stay as they are: {string.Join(", ", kept)}." : "."));
            Console.WriteLine($"Students run a lesson there: approxnets run notebooks/{Lessons(repository).Select(Path.GetFileName).FirstOrDefault()}");
            return CommandLine.Success;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the course cannot be written to {folder}: {e.Message}");
        }
    }

    /// <summary>Writes the copies.</summary>
    /// <returns>The files written, and those that were there and stay as they are, relative to the folder.</returns>
    /// <exception cref="UsageException">The folder is the repository, or a file.</exception>
    internal static (IReadOnlyList<string> Written, IReadOnlyList<string> Kept) WriteStudent(string repository, string folder)
    {
        if (File.Exists(folder))
        {
            throw new UsageException($"found the file {folder}, expected a folder for the lessons.");
        }

        if (Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar) == Path.GetFullPath(repository).TrimEnd(Path.DirectorySeparatorChar))
        {
            throw new UsageException($"found the repository itself after --student, expected another folder than {folder}.");
        }

        List<string> written = [], kept = [];
        void Put(string place, Action<string> write)
        {
            string path = Path.Combine(folder, place);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (!Path.Exists(path))
            {
                write(path);
                written.Add(place);
            }
            else
            {
                kept.Add(place);
            }
        }

        Put(RepositoryFolder.Marker, path => AtomicFile.WriteText(path, Mark));
        foreach (string lesson in Lessons(repository))
        {
            Put($"notebooks/{Path.GetFileName(lesson)}", path => AtomicFile.WriteText(path, StudentCopy(NotebookDocument.Load(lesson))));
        }

        foreach (string text in Directory.GetFiles(Path.Combine(repository, "notebooks"), "*.md").Where(text => Path.GetFileName(text) != "README.md").Order())
        {
            Put($"notebooks/{Path.GetFileName(text)}", path => File.Copy(text, path));
        }

        foreach (string result in Directory.GetFiles(Path.Combine(repository, "data", "results")).Order())
        {
            Put($"data/results/{Path.GetFileName(result)}", path => File.Copy(result, path));
        }

        return (written, kept);
    }

    internal static IReadOnlyList<string> Lessons(string repository) => Repository.SelectNotebooks(repository, repository, []);

    /// <summary>A lesson as a student begins it: nothing has run, and the library is that of the program.</summary>
    private static string StudentCopy(NotebookDocument lesson)
    {
        for (int i = 0; i < lesson.Cells.Count; i++)
        {
            lesson.Cells[i] = lesson.Cells[i].IsCode ? lesson.Cells[i].With(Anywhere(lesson.Cells[i].Source)) : lesson.Cells[i];
        }

        return lesson.ToSourceJson();
    }

    /// <summary>A cell's source with a reference to the library that holds outside of the repository, too.</summary>
    internal static string Anywhere(string source) => BuiltReference().Replace(source, Reference);

    [GeneratedRegex("""^#r "[^"\n]*[\\/]ApproxNets\.Interactive\.dll"[ \t]*$""", RegexOptions.Multiline)]
    private static partial Regex BuiltReference();
}
