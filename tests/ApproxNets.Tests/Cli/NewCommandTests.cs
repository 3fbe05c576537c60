using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class NewCommandTests
{
    [Fact]
    public void ALessonBecomesANotebookOfOnesOwn()
    {
        string lesson = NotebookFixture.Json(
            "md:# 08 Your own question\n\nAfter [07](07-switching.ipynb#end), see [the paper](https://arxiv.org/abs/2208.07265).",
            NotebookFixture.Reference, "md:## Exercise", "Check.Number(\"08.1\", 1, double.NaN, 1, 0)");
        var root = System.Text.Json.Nodes.JsonNode.Parse(lesson)!;
        root["cells"]![3]!["id"] = "exercise-08-1";

        var made = NotebookDocument.Parse("mine.ipynb", NewCommand.From(root.ToJsonString(), "mine"));

        Assert.Equal(2, made.Cells.Count);
        Assert.Equal("# mine\n\nAfter 07, see [the paper](https://arxiv.org/abs/2208.07265).", made.Cells[0].Source);
        Assert.StartsWith(CourseCommand.Reference + "\nusing", made.Cells[1].Source, StringComparison.Ordinal);
        Assert.Empty(made.Cells[1].Outputs);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("-x")]
    public async Task ANameIsAName(string name) => Assert.Equal(CommandLine.WrongUse, await CommandLine.InvokeAsync(CommandLine.Root(), ["new", name]));

    /// <summary>Outside of a repository, with nothing trained.</summary>
    [Fact]
    public async Task TheNotebookRunsAsItIsAndNothingIsReplaced()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(CommandLine.Success, await CommandLine.InvokeAsync(CommandLine.Root(), ["new", "mine", "--dir", folder["work"]]));
        string path = folder["work", "mine.ipynb"], before = File.ReadAllText(path);
        Assert.Equal(CommandLine.WrongUse, await CommandLine.InvokeAsync(CommandLine.Root(), ["new", "mine", "--dir", folder["work"]]));
        Assert.Equal(before, File.ReadAllText(path));
        Assert.NotEmpty(ParameterDeclarations.Find(NotebookDocument.Load(path)));

        Assert.Equal(CommandLine.Success, await CommandLine.InvokeAsync(
            CommandLine.Root(), ["run", path, "--profile", "smoke", "--out", folder["report"], "--single-file", folder["all.html"]]));
        Assert.True(File.Exists(folder["all.html"]));
    }
}
