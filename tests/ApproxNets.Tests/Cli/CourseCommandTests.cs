using ApproxNets.Cli;
using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using ApproxNets.Foundation;
using ApproxNets.Interactive;
using Xunit;

namespace ApproxNets.Tests.Cli;

/// <summary>What students get, and that the solutions of all exercises reach all points there.</summary>
public sealed class CourseCommandTests
{
    private static readonly string Root = RepositoryFolder.Find(AppContext.BaseDirectory);

    private static readonly string Solutions = Path.Combine(Root, "notebooks", "solutions");

    [Fact]
    public void StudentsGetTheLessonsWithoutSolutionsAndOutputsAndNothingIsReplaced()
    {
        using var folder = new TemporaryFolder();
        string mine = Path.Combine(folder.Path, "notebooks", Path.GetFileName(CourseCommand.Lessons(Root)[0]));
        Directory.CreateDirectory(Path.GetDirectoryName(mine)!);
        File.WriteAllText(mine, "my work");

        var (written, kept) = CourseCommand.WriteStudent(Root, folder.Path);

        Assert.Equal("my work", File.ReadAllText(mine));
        Assert.Equal(["notebooks/" + Path.GetFileName(mine)], kept);
        Assert.All(written, file => Assert.True(File.Exists(Path.Combine(folder.Path, file)), file));
        var copies = written.Where(file => file.EndsWith(".ipynb", StringComparison.Ordinal)).ToList();
        Assert.Equal(CourseCommand.Lessons(Root).Count - 1, copies.Count);
        Assert.All(copies, copy =>
        {
            var (lesson, source) = (NotebookDocument.Load(Path.Combine(folder.Path, copy)), NotebookDocument.Load(Path.Combine(Root, copy)));
            Assert.Equal(source.Cells.Select(cell => cell.Id), lesson.Cells.Select(cell => cell.Id));
            Assert.All(lesson.Cells, cell => Assert.Empty(cell.Outputs));
            Assert.Contains(lesson.Cells, cell => cell.Source.Contains(CourseCommand.Reference, StringComparison.Ordinal));
            Assert.DoesNotContain("../artifacts", lesson.ToSourceJson(), StringComparison.Ordinal);
        });
        Assert.DoesNotContain(Directory.GetFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories),
            file => file.Contains("solutions", StringComparison.Ordinal) || file.EndsWith(".tmp", StringComparison.Ordinal));
        Assert.Equal(Root, RepositoryFolder.TryFind(Path.Combine(Root, "notebooks")));
        Assert.Equal(folder.Path, RepositoryFolder.TryFind(Path.Combine(folder.Path, "notebooks")));

        Assert.Empty(CourseCommand.WriteStudent(Root, folder.Path).Written);
        Assert.Throws<UsageException>(() => CourseCommand.WriteStudent(Root, Root));
        Assert.Throws<UsageException>(() => CourseCommand.WriteStudent(Root, mine));
    }

    [Fact]
    public async Task AFolderIsNeeded() => Assert.Equal(CommandLine.WrongUse, await CommandLine.InvokeAsync(CommandLine.Root(), ["course"]));

    [Fact]
    public void EveryExerciseHasACellAndASolutionWithAnExplanation()
    {
        var lessons = CourseCommand.Lessons(Root).Select(NotebookDocument.Load).ToList();
        var exercises = lessons.SelectMany(lesson => Grading.ExercisesOf(lesson).Select(exercise => (Lesson: lesson, exercise.Cell, Id: exercise.Exercise, exercise.Possible)))
            .ToList();
        Assert.All(exercises, exercise =>
        {
            Assert.Equal(exercise.Lesson.FileName[..2], exercise.Id[..2]);
            Assert.True(exercise.Possible > 0, $"{exercise.Lesson.FileName}, {exercise.Id}: found no points");
        });
        Assert.All(Exercises.All, known => Assert.Contains(exercises, exercise => exercise.Id == known.Id));
        Assert.Equal(exercises.Count, exercises.DistinctBy(exercise => exercise.Id).Count());
        Assert.All(exercises.GroupBy(exercise => exercise.Lesson.FileName), lesson =>
        {
            var solution = NotebookDocument.Load(Path.Combine(Solutions, lesson.Key));
            var solved = solution.Cells.Where(cell => cell.IsCode).ToList();
            Assert.Equal(lesson.Select(exercise => exercise.Cell.Id), solved.Select(cell => cell.Id));
            Assert.All(solved, cell =>
            {
                Assert.NotEqual(lesson.Single(exercise => exercise.Cell.Id == cell.Id).Cell.Source, cell.Source);
                Assert.True(solution.Cells.IndexOf(cell) is > 0 and var at && solution.Cells[at - 1].IsMarkdown, $"{lesson.Key}, {cell.Id}: found no explanation before it");
            });
        });
    }

    /// <summary>Runs every lesson that has exercises once, in a student's folder outside of the repository.</summary>
    [Fact]
    public async Task TheSolutionsReachAllPointsInAStudentsFolder()
    {
        using var folder = new TemporaryFolder();
        CourseCommand.WriteStudent(Root, folder.Path);
        string[] lessons = [.. CourseCommand.Lessons(folder.Path).Where(lesson => Grading.ExercisesOf(NotebookDocument.Load(lesson)).Count > 0)];
        var plan = RunPlan.Make(lessons, "smoke", []);
        foreach (var lesson in plan.Notebooks)
        {
            Grading.Solve(lesson, Solutions);
        }

        using var log = new StringWriter();
        var grades = await CheckCommand.GradeAsync(plan, _ => { }, new Terminal(log, interactive: false), null, TestContext.Current.CancellationToken);

        Assert.Equal(lessons.Length, grades.Count);
        Assert.All(grades, grade => Assert.True(grade.Failure is null && grade.Points == grade.Possible && grade.Possible > 0, CheckCommand.TextOf(grade)));
    }
}
