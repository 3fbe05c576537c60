using ApproxNets.Cli;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using Xunit;

namespace ApproxNets.Tests.Cli;

/// <summary>Runs that could end without a report, or take what is not theirs.</summary>
public sealed class HostileRunTests
{
    [Fact]
    public async Task A_report_is_not_written_over_anything_else()
    {
        using var fixture = new NotebookFixture();
        string path = fixture.Add("01.ipynb", "1");
        string text = File.ReadAllText(path);

        Assert.Contains("no executed notebook of an earlier report", await Refused(Path.Combine(fixture.Folder, "notebooks")), StringComparison.Ordinal);
        Assert.Contains("expected a folder for the report", await Refused(path), StringComparison.Ordinal);
        Assert.Contains("cannot be written to", await Refused(Path.Combine(path, "below")), StringComparison.Ordinal);
        Directory.CreateDirectory(Path.Combine(fixture.Report, "index.html"));
        Assert.Contains("cannot be written to", await Refused(fixture.Report), StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(path));

        async Task<string> Refused(string folder) => (await Assert.ThrowsAsync<UsageException>(() => fixture.RunAsync([], report: folder))).Message;
    }

    [Fact]
    public async Task Two_notebooks_of_one_name_and_other_files_are_refused_and_an_index_keeps_its_page()
    {
        using var fixture = new NotebookFixture();
        string index = fixture.Add("index.ipynb", "md:# Mine\n\n[self](index.ipynb#mine)", "1 + 1");
        string other = Path.Combine(Directory.CreateDirectory(Path.Combine(fixture.Folder, "other")).FullName, "index.ipynb");
        File.Copy(index, other);
        string json = fixture.Add("report.json", "1");

        Assert.Contains("pages would have the same name", (await Assert.ThrowsAsync<UsageException>(() => fixture.RunAsync([index, other]))).Message,
            StringComparison.Ordinal);
        Assert.Contains("ends with .ipynb", (await Assert.ThrowsAsync<UsageException>(() => fixture.RunAsync([json]))).Message, StringComparison.Ordinal);
        Assert.Equal(RunStatus.Ok, (await fixture.RunAsync([index])).Status);
        Assert.Contains("href=\"index.ipynb.html#mine\"", File.ReadAllText(Path.Combine(fixture.Report, "index.ipynb.html")), StringComparison.Ordinal);
        Assert.Contains("href=\"index.ipynb.html\"", File.ReadAllText(Path.Combine(fixture.Report, "index.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_that_cannot_be_written_does_not_end_the_run()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "System.IO.Directory.Delete(\"../report\", true);\nSystem.IO.File.WriteAllText(\"../report\", \"\");",
            "System.IO.File.WriteAllText(\"../computed\", \"yes\");",
            "System.IO.File.Delete(\"../report\");\nSystem.IO.Directory.CreateDirectory(\"../report\");", "5");

        Assert.Equal(RunStatus.Ok, (await fixture.RunAsync([])).Status);

        Assert.True(File.Exists(Path.Combine(fixture.Folder, "computed")));
        Assert.Null(fixture.Problem);
        Assert.Equal("5", (string?)fixture.Executed("01.ipynb")["cells"]![3]!["outputs"]![0]!["data"]!["text/plain"]![0]);

        fixture.Add("01.ipynb", "System.IO.Directory.Delete(\"../report\", true);\nSystem.IO.File.WriteAllText(\"../report\", \"\");");
        Assert.Equal(RunStatus.Ok, (await fixture.RunAsync([])).Status);
        Assert.Contains("the report could not be written", fixture.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("throw new Bad();")]
    [InlineData("throw new AggregateException(new Bad());")]
    public async Task An_exception_that_cannot_be_read_is_a_failure_like_any_other(string code)
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "class Bad : Exception {\n  public override string Message => throw new NotSupportedException();\n"
            + "  public override string ToString() => throw new NotSupportedException(); }\nConsole.WriteLine(\"kept\");", code);

        var result = await fixture.RunAsync([]);

        Assert.Equal(RunStatus.Failed, result.Status);
        Assert.Equal(2, result.Notebooks[0].Failure!.CodeCell);
        Assert.Equal("failed", (string?)fixture.Facts["status"]);
        Assert.Equal("kept\n", (string?)fixture.Executed("01.ipynb")["cells"]![0]!["outputs"]![0]!["text"]![0]);
    }

    [Fact]
    public async Task A_value_that_cannot_be_shown_does_not_end_the_run()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "class Bad { public override string ToString() => throw new NotSupportedException(); public int X => throw new NotSupportedException(); }\n"
            + "display(new Bad());\nnew Bad()", "Console.WriteLine(\"after\");");

        var result = await fixture.RunAsync([]);

        Assert.True(result.Status == RunStatus.Ok, fixture.Log.ToString());
        Assert.Equal("after\n", (string?)fixture.Executed("01.ipynb")["cells"]![1]!["outputs"]![0]!["text"]![0]);
    }

    [Fact]
    public void Published_values_have_an_end()
    {
        var self = new List<object>();
        self.Add(self);
        Assert.Contains("nested too deeply", ParameterValue.ToJson(self)!.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("cut off after 10000 values", ParameterValue.ToJson(Endless())!.ToJsonString(), StringComparison.Ordinal);
        object[] wide = [];
        for (int i = 0; i < 12; i++)
        {
            wide = [wide, wide, wide, wide];
        }

        Assert.InRange(ParameterValue.ToJson(wide)!.ToJsonString().Length, 1, 1_000_000);
        Assert.Contains("cannot be read: NotSupportedException", (string?)ParameterValue.ToJson(new Unreadable()), StringComparison.Ordinal);
        Assert.Contains("cut off: 50,000 characters", (string?)ParameterValue.ToJson(new string('x', 50_000)), StringComparison.Ordinal);
        Assert.Equal("""[1,"a",null,true,[2.5]]""", ParameterValue.ToJson(new object?[] { 1, "a", null, true, new[] { 2.5 } })!.ToJsonString());

        static IEnumerable<object> Endless()
        {
            for (int i = 0; ; i++)
            {
                yield return i;
            }
        }
    }

    [Fact]
    public async Task Output_that_a_page_cannot_hold_is_cut_off_and_says_so()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "Console.Write(new string('<', 50_000_000));\nConsole.Write(\"more\");\ndisplay(new string('<', 9_000_000), \"text/html\");",
            "throw new InvalidOperationException(new string('<', 50_000_000));");

        var result = await fixture.RunAsync([]);

        Assert.Equal(RunStatus.Failed, result.Status);
        var outputs = fixture.Executed("01.ipynb")["cells"]![0]!["outputs"]!.AsArray();
        Assert.Equal(["stdout", "stderr"], outputs.Select(output => (string?)output!["name"]));
        Assert.Equal(OutputCollector.CellLimit, ((string?)outputs[0]!["text"]![0])!.Length);
        Assert.Contains("The output is cut off here", (string?)outputs[1]!["text"]![1], StringComparison.Ordinal);
        Assert.Contains("[cut off: 50,000,000 characters]", result.Notebooks[0].Failure!.Message, StringComparison.Ordinal);
        Assert.InRange(new DirectoryInfo(fixture.Report).EnumerateFiles().Sum(file => file.Length), 1, 60_000_000);
    }

    private sealed class Unreadable
    {
        public override string ToString() => throw new NotSupportedException();
    }
}
