using System.Text.Json.Nodes;
using ApproxNets.Cli;
using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class CheckCommandTests
{
    private const string Right = "Check.Number(\"01.1\", 2, 0.25, right, 0.01)";

    [Fact]
    public async Task PointsAreThoseOfTheChecksAndAFailingCellHasNone()
    {
        using var fixture = new NotebookFixture();
        string path = Add(fixture, "01-some.ipynb",
            ("start", NotebookFixture.Reference + "double right = 0.25;"),
            ("exercise-01-1", Right),
            ("exercise-91-2", "int Twice(int x) => y * 2;\nCheck.Number(\"91.2\", 3, Twice(1), 2, 0)"),
            ("exercise-91-3", "Check.That(new Exercise<int, int>(\"91.3\", 1, x => x, [5], x => $\"{x}\", (a, b) => a == b), x => x + 1)"),
            ("exercise-91-9", "1 + 1")); // no lesson has these ids

        var grade = Assert.Single(await GradeAsync(fixture, path));

        Assert.Equal((2, 6), (grade.Points, grade.Possible));
        Assert.Equal(["01.1", "91.2", "91.3", "91.9"], grade.Exercises.Select(result => result.Exercise));
        Assert.StartsWith("the cell failed: CompilationError: CS0103", grade.Exercises[1].Message, StringComparison.Ordinal);
        Assert.Equal((0, 3), (grade.Exercises[1].Points, grade.Exercises[1].Possible));
        Assert.Equal("differs for 5: yours gives 6", grade.Exercises[2].Message);
        Assert.StartsWith("found no check of 91.9", grade.Exercises[3].Message, StringComparison.Ordinal);
        Assert.Equal(3, grade.Failure!.CodeCell);

        string text = CheckCommand.TextOf(grade);
        Assert.Contains("2 of 6 points", text, StringComparison.Ordinal);
        Assert.Contains("FAILED 01-some.ipynb, code cell 3", text, StringComparison.Ordinal);
        var json = CheckCommand.JsonOf([grade])[0]!;
        Assert.Equal(("01-some", 2, 6), ((string?)json["name"], (int)json["points"]!, (int)json["possible"]!));
        Assert.Equal(3, (int)json["exercises"]![1]!["possible"]!);
    }

    [Fact]
    public async Task SolutionsTakeThePlacesOfTheirIdsInMemoryOnly()
    {
        using var fixture = new NotebookFixture();
        string path = Add(fixture, "01-some.ipynb",
            ("start", NotebookFixture.Reference + "double right = 0.25;"), ("exercise-01-1", Right.Replace("0.25", "double.NaN", StringComparison.Ordinal)));
        string before = File.ReadAllText(path), solutions = Path.Combine(fixture.Folder, "notebooks", "solutions");
        Directory.CreateDirectory(solutions);
        Add(fixture, "solutions/01-some.ipynb", ("exercise-01-1", Right));

        Assert.Equal("not answered yet", Assert.Single(await GradeAsync(fixture, path)).Exercises[0].Message);
        var solved = Assert.Single(await GradeAsync(fixture, path, solutions));
        Assert.Equal((2, 2, null), (solved.Points, solved.Possible, solved.Failure));
        Assert.Equal(before, File.ReadAllText(path));

        Add(fixture, "solutions/01-some.ipynb", ("exercise-01-7", Right));
        Assert.Contains("exercise-01-7", Assert.Throws<UsageException>(() => Grading.Solve(NotebookDocument.Load(path), solutions)).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => Grading.Solve(NotebookDocument.Load(path), fixture.Folder));
    }

    [Fact]
    public async Task WhatCannotBeCheckedIsAnErrorOfUse()
    {
        using var fixture = new NotebookFixture();
        string without = Add(fixture, "01-none.ipynb", ("cell", "1")), one = Add(fixture, "02-one.ipynb", ("exercise-02-1", "1"));
        Assert.All(new string[][]
        {
            ["check"], ["check", without], ["check", Path.Combine(fixture.Folder, "no.ipynb")], ["check", one, "--profile", "full"],
            ["check", one, "--solutions", fixture.Folder], ["check", one, "--json", Path.Combine(fixture.Folder, "no", "where.json")],
            ["check", one, "--cell-timeout", "-1"],
        }, arguments => Assert.Equal(CommandLine.WrongUse, CommandLine.InvokeAsync(CommandLine.Root(), arguments).Result));

        // A cell without its check has run: that is no failure of the run.
        string file = Path.Combine(fixture.Folder, "class.json");
        Assert.Equal(CommandLine.Success, await CommandLine.InvokeAsync(CommandLine.Root(), ["check", one, "--json", file]));
        Assert.Equal("02.1", (string?)JsonNode.Parse(File.ReadAllText(file))![0]!["exercises"]![0]!["id"]);
    }

    [Fact]
    public async Task AStoppedCheckGradesNothingMore()
    {
        using var fixture = new NotebookFixture();
        string path = Add(fixture, "01-some.ipynb", ("exercise-01-1", "1"));
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        Assert.Empty(await CheckCommand.GradeAsync(
            RunPlan.Make([path], "smoke", []), _ => { }, new Terminal(fixture.Log, interactive: false), null, stop.Token));
    }

    /// <summary>Adds a notebook of code cells with ids.</summary>
    private static string Add(NotebookFixture fixture, string name, params (string Id, string Source)[] cells)
    {
        string path = fixture.Add(name, [.. cells.Select(cell => cell.Source)]);
        var root = JsonNode.Parse(File.ReadAllText(path))!;
        for (int i = 0; i < cells.Length; i++)
        {
            root["cells"]![i]!["id"] = cells[i].Id;
        }

        File.WriteAllText(path, root.ToJsonString());
        return path;
    }

    private static Task<IReadOnlyList<Grade>> GradeAsync(NotebookFixture fixture, string path, string? solutions = null)
    {
        var plan = RunPlan.Make([path], "smoke", []);
        if (solutions is not null)
        {
            Grading.Solve(plan.Notebooks[0], solutions);
        }

        return CheckCommand.GradeAsync(plan, _ => { }, new Terminal(fixture.Log, interactive: false), null, TestContext.Current.CancellationToken);
    }
}
