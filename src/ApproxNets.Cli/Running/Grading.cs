using System.Globalization;
using System.Text.RegularExpressions;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Interactive;

namespace ApproxNets.Cli.Running;

/// <summary>What came of the exercises of one notebook.</summary>
/// <param name="Path">The notebook.</param>
/// <param name="Exercises">One for each exercise, in order.</param>
/// <param name="Failure">The first cell that failed; null if all ran.</param>
internal sealed record Grade(string Path, IReadOnlyList<CheckResult> Exercises, CellFailure? Failure)
{
    public int Points => Exercises.Sum(exercise => exercise.Points);

    public int Possible => Exercises.Sum(exercise => exercise.Possible);
}

/// <summary>Exercises of notebooks: their cells have ids such as <c>exercise-03-2</c> and check an answer. One that fails or lost its check gets no points.</summary>
internal static partial class Grading
{
    /// <summary>Puts the solutions of a notebook in place of its exercises, in memory.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <param name="folder">Where the solutions are: a notebook of the same name, whose code cells have the ids of those that they replace.</param>
    /// <exception cref="UsageException">There is no such notebook, or a cell of it replaces none.</exception>
    public static void Solve(NotebookDocument notebook, string folder)
    {
        string path = Path.Combine(folder, notebook.FileName);
        if (!File.Exists(path))
        {
            throw new UsageException($"found no solutions {path}, expected a notebook of the name of {notebook.Path}.");
        }

        foreach (var solution in NotebookDocument.Load(path).Cells.Where(cell => cell.IsCode))
        {
            int at = notebook.Cells.FindIndex(cell => cell.IsCode && cell.Id is not null && cell.Id == solution.Id);
            notebook.Cells[at >= 0 ? at : throw new UsageException(
                $"{path}: found a code cell with the id '{solution.Id}', which {notebook.FileName} has not.")] = notebook.Cells[at].With(solution.Source);
        }
    }

    /// <summary>The exercises that a notebook has by the ids of its cells, each with the points that a right answer gets.</summary>
    public static IReadOnlyList<(NotebookCell Cell, string Exercise, int Possible)> ExercisesOf(NotebookDocument notebook)
    {
        var known = Exercises.All.ToDictionary(exercise => exercise.Id, exercise => exercise.Points);
        return [.. notebook.Cells.Where(cell => cell.IsCode).Select(cell => (Cell: cell, Match: ExerciseId().Match(cell.Id ?? "")))
            .Where(found => found.Match.Success).Select(found =>
            {
                string id = $"{found.Match.Groups[1].Value}.{found.Match.Groups[2].Value}";
                var number = NumberCheck().Matches(found.Cell.Source).FirstOrDefault(match => match.Groups[1].Value == id);
                return (found.Cell, id, known.TryGetValue(id, out int points) ? points
                    : number is not null ? int.Parse(number.Groups[2].Value, CultureInfo.InvariantCulture) : 0);
            })];
    }

    /// <summary>Grades a notebook that has run.</summary>
    public static Grade Of(NotebookRun run)
    {
        var checks = run.Checked.ToDictionary(result => result.Exercise);
        var grades = new List<CheckResult>();
        foreach (var (cell, id, possible) in ExercisesOf(run.Document))
        {
            checks.Remove(id, out var result);
            grades.Add(run.Failures.TryGetValue(cell, out var failure)
                    ? new(id, 0, possible, $"the cell failed: {failure.ErrorName}: {failure.Message}")
                : cell.ExecutionCount is null ? new(id, 0, possible, "the cell did not run")
                : result ?? new(id, 0, possible, $"found no check of {id} in the cell, expected the one that was there"));
        }

        // A notebook without ids of cells still says what it checked.
        return new Grade(run.Document.Path, [.. grades.Concat(checks.Values).OrderBy(grade => grade.Exercise, StringComparer.Ordinal)], run.Failure);
    }

    [GeneratedRegex(@"^exercise-(\d+)-(\d+)\z")]
    private static partial Regex ExerciseId();

    [GeneratedRegex("""Check\.Number\(\s*"([^"]+)"\s*,\s*(\d{1,4})\s*,""")]
    private static partial Regex NumberCheck();
}
