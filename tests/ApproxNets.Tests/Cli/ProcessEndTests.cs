using ApproxNets.Cli.Commands;
using Xunit;

namespace ApproxNets.Tests.Cli;

/// <summary>A cell that ends the process: no report of success stays, none of an earlier run either, and what ran before is kept.</summary>
public sealed class ProcessEndTests
{
    [Theory]
    [InlineData("Environment.Exit(0);", "failed", "Environment.Exit")]
    [InlineData("var t = new System.Threading.Thread(() => throw new InvalidOperationException(\"alone\"));\nt.Start();\nt.Join();\nawait Task.Delay(60_000);",
        "failed", "alone")]
    [InlineData("int Down(int n) => Down(n + 1) + 1;\nDown(0)", "running", null)]
    [InlineData("System.Diagnostics.Process.GetCurrentProcess().Kill();\nawait Task.Delay(60_000);", "running", null)]
    public async Task A_cell_that_ends_the_process_leaves_no_success(string code, string status, string? reason)
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", "Console.WriteLine(\"kept\");", "Console.WriteLine(\"last\");\n" + code, "Console.WriteLine(\"after\");");
        fixture.Add("02.ipynb", "1");
        Directory.CreateDirectory(fixture.Report);
        File.WriteAllText(Path.Combine(fixture.Report, "report.json"), "{ \"status\": \"ok\" }");
        File.WriteAllText(Path.Combine(fixture.Report, "01.html"), "old");
        File.WriteAllText(Path.Combine(fixture.Report, "02.html"), "old");

        var (exitCode, output) = await fixture.RunProcessAsync();

        Assert.True(exitCode != 0, output);
        Assert.Equal(status, (string?)fixture.Facts["status"]);
        Assert.Equal([status, "not run"], fixture.Facts["notebooks"]!.AsArray().Select(notebook => (string?)notebook!["status"]));
        var cells = fixture.Executed("01.ipynb")["cells"]!.AsArray();
        Assert.Equal("kept\n", (string?)cells[0]!["outputs"]![0]!["text"]![0]);
        Assert.False(File.Exists(Path.Combine(fixture.Report, "02.html")));
        if (reason is null)
        {
            Assert.False(File.Exists(Path.Combine(fixture.Report, "01.html")));
            return;
        }

        Assert.Equal("last\n", (string?)cells[1]!["outputs"]![0]!["text"]![0]);
        Assert.Contains(reason, (string?)cells[1]!["outputs"]![1]!["evalue"], StringComparison.Ordinal);
        Assert.Equal(2, (int)fixture.Facts["notebooks"]![0]!["failure"]!["code_cell"]!);
        Assert.Contains("This notebook failed", File.ReadAllText(Path.Combine(fixture.Report, "01.html")), StringComparison.Ordinal);
        Assert.Contains("FAILED 01.ipynb, code cell 2", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cell_that_takes_too_long_fails_and_is_named()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", NotebookFixture.Reference + "await Task.Delay(TimeSpan.FromMinutes(5), Notebook.Cancellation);");

        await fixture.RunAsync([], cellTimeout: 1);

        Assert.Contains("TimeoutException: the cell took longer than the 1 s that --cell-timeout allows", fixture.Log.ToString(), StringComparison.Ordinal);
        Assert.Equal("failed", (string?)fixture.Facts["status"]);
        Assert.Equal("TimeoutException", (string?)fixture.Facts["notebooks"]![0]!["failure"]!["error"]);
    }

    [Theory]
    [InlineData("0.5", 0)]
    [InlineData("0", 1)]
    [InlineData("NaN", 1)]
    [InlineData("1e300", 1)]
    public void A_time_limit_is_a_number_of_seconds(string seconds, int errors) =>
        Assert.Equal(errors, CommandLine.Root().Parse(["run", "--cell-timeout", seconds]).Errors.Count);
}
