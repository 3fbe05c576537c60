using ApproxNets.Cli;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class ParameterTests
{
    private const string Cell =
        "tag parameters:var seed = 1; // the seed\nvar rate = -0.5;\nlong many = 3;\n"
        + "float half = 0.5f;\nstring name = \"a\";\nbool on = false;\nvar computed = 2 * 3;\nvar profile = \"none\";";

    [Fact]
    public async Task Values_take_the_type_of_the_default()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", Cell, "string.Join(' ', seed, rate, many, half, name, on, computed, profile)");

        var session = await fixture.RunAsync(
            [], ["seed=-4", "rate=1", "many=5000000000", "half=1e-2", "name=it's \"b\" = \\c", "on=True", "computed=7"], "full");

        Assert.True(session.Status == RunStatus.Ok, fixture.Log.ToString());
        var cells = fixture.Executed("01.ipynb")["cells"]!;
        Assert.Equal("-4 1 5000000000 0.01 it's \"b\" = \\c True 7 full", (string?)cells[2]!["outputs"]![0]!["data"]!["text/plain"]![0]);
        Assert.Equal("full", (string?)session.Notebooks[0].Parameters["profile"]);
        Assert.Equal(1.0, (double)session.Notebooks[0].Parameters["rate"]!);
    }

    [Theory]
    [InlineData("seed=1.5", "a whole number")]
    [InlineData("rate=fast", "a number like 0.5")]
    [InlineData("on=1", "true or false")]
    [InlineData("sede=1", "declared are: computed, half, many, name, on, rate, seed")]
    [InlineData("seed", "NAME=VALUE")]
    [InlineData("=1", "NAME=VALUE")]
    [InlineData("profile=full", "--profile")]
    public void A_wrong_parameter_is_found_before_anything_runs(string parameter, string expected)
    {
        var notebook = NotebookDocument.Parse("01.ipynb", NotebookFixture.Json(Cell));

        var error = Assert.Throws<UsageException>(() => RunPlan.Make([notebook], "quick", [parameter]));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_set_twice_is_an_error()
    {
        var notebook = NotebookDocument.Parse("01.ipynb", NotebookFixture.Json(Cell));
        Assert.Contains("twice", Assert.Throws<UsageException>(() => RunPlan.Make([notebook], "quick", ["seed=1", "seed=2"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_type_known_only_after_the_cell_ran_fails_there()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", Cell, "seed");

        var session = await fixture.RunAsync([], ["computed=many"]);

        Assert.Equal((RunStatus.Failed, 1), (session.Status, session.Notebooks[0].Failure!.CodeCell));
        Assert.Contains("'computed': found 'many', expected a whole number", session.Notebooks[0].Failure!.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_executed_notebook_can_run_again()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", Cell, "seed");
        await fixture.RunAsync([], ["seed=5"]);
        File.Copy(Path.Combine(fixture.Report, "01.ipynb"), Path.Combine(fixture.Folder, "notebooks", "02.ipynb"));

        var session = await fixture.RunAsync(["02"], ["seed=6"]);

        Assert.Equal(6, (int)session.Notebooks[0].Parameters["seed"]!);
        Assert.Equal(3, session.Notebooks[0].Document.Cells.Count);
    }

    [Fact]
    public void Notebooks_are_found_by_path_or_by_how_they_begin()
    {
        using var fixture = new NotebookFixture();
        string one = fixture.Add("01-one.ipynb", "1"), two = fixture.Add("02-two.ipynb", "2");

        Assert.Equal([one, two], Repository.SelectNotebooks(fixture.Folder, fixture.Folder, []));
        Assert.Equal([two, one], Repository.SelectNotebooks(fixture.Folder, fixture.Folder, ["02", "notebooks/01-one.ipynb"]));
        Assert.Contains("01-one.ipynb, 02-two.ipynb",
            Assert.Throws<UsageException>(() => Repository.SelectNotebooks(fixture.Folder, fixture.Folder, ["03"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("expected one",
            Assert.Throws<UsageException>(() => Repository.SelectNotebooks(fixture.Folder, fixture.Folder, ["0"])).Message,
            StringComparison.Ordinal);
        Assert.Contains("unknown option '--foo'",
            Assert.Throws<UsageException>(() => Repository.SelectNotebooks(fixture.Folder, fixture.Folder, ["--foo"])).Message,
            StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => Repository.Find(Path.GetPathRoot(fixture.Folder)!));
    }

    [Theory]
    [InlineData("{", "valid JSON")]
    [InlineData("{\"nbformat\": 3}", "nbformat 4")]
    [InlineData("{\"nbformat\": 4, \"cells\": [{\"cell_type\": \"code\"}]}", "cell 1")]
    [InlineData("{\"nbformat\": 4, \"cells\": [], \"metadata\": {\"kernelspec\": {\"language\": \"python\"}}}", "'python'")]
    public void A_file_that_is_no_notebook_is_refused(string json, string expected)
    {
        using var fixture = new NotebookFixture();
        string path = Path.Combine(fixture.Folder, "bad.ipynb");
        File.WriteAllText(path, json);

        var error = Assert.Throws<UsageException>(() => NotebookDocument.Load(path));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }
}
