using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class InterruptionTests
{
    /// <summary>A shell starts background jobs with the interrupt signal ignored; only the request to terminate reaches them.</summary>
    [Fact]
    public async Task A_background_run_stops_politely_on_the_request_to_terminate()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are those of Unix.");
        using var fixture = new NotebookFixture();
        fixture.Add("01.ipynb", NotebookFixture.Reference,
            "await System.Threading.Tasks.Task.Delay(TimeSpan.FromMinutes(5), Notebook.Cancellation);");
        string program = typeof(ApproxNets.Cli.Commands.CommandLine).Assembly.Location;
        var start = new ProcessStartInfo("sh") { RedirectStandardOutput = true, WorkingDirectory = fixture.Folder };
        foreach (string argument in (string[])["-c", "trap '' INT; exec \"$@\"", "sh", NotebookFixture.Host, program, "run", "--out", fixture.Report])
        {
            start.ArgumentList.Add(argument);
        }

        using var run = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        try
        {
            while (await run.StandardOutput.ReadLineAsync(limit.Token) is not { } line
                || !line.Contains("cell 2/2", StringComparison.Ordinal))
            {
                Assert.False(run.HasExited, "The run ended before its second cell.");
            }

            await Signal(run.Id, "INT", limit.Token);
            await Task.Delay(300, limit.Token);
            Assert.False(run.HasExited);
            await Signal(run.Id, "TERM", limit.Token);
            await run.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!run.HasExited)
            {
                run.Kill();
            }
        }

        Assert.Equal(130, run.ExitCode);
        Assert.Equal("cancelled", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(fixture.Report, "report.json")))!["status"]);
    }

    private static async Task Signal(int process, string name, CancellationToken cancellation)
    {
        using var kill = Process.Start("kill", ["-" + name, process.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellation);
        Assert.Equal(0, kill.ExitCode);
    }
}
