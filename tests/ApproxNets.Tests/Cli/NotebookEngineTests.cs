using ApproxNets.Cli.Running;
using Microsoft.DotNet.Interactive;
using Microsoft.DotNet.Interactive.Commands;
using Microsoft.DotNet.Interactive.Events;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class NotebookEngineTests : IDisposable
{
    private readonly NotebookEngine _engine = new();
    private readonly List<CellMessage> _messages = [];

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task A_cell_that_is_stopped_says_so_and_loses_no_variable()
    {
        Assert.Null(await RunAsync("#r \"ApproxNets.Interactive.dll\"\nvar kept = 1;"));
        using var stop = new CancellationTokenSource();
        var cell = _engine.ExecuteAsync(
            "kept = 2;\nConsole.WriteLine(\"begun\");\nawait Task.Delay(600_000, ApproxNets.Interactive.Notebook.Cancellation);", "cell", message =>
            {
                lock (_messages)
                {
                    _messages.Add(message);
                }

                stop.CancelAfter(50);
            }, stop.Token);

        Assert.Equal("Cancelled", (await cell)?.Name);
        Assert.Equal(["stream", "error"], _messages.Select(message => message.Type));
        Assert.Null(await RunAsync("kept"));
        Assert.Equal("2", (string?)_messages[^1].Content["data"]!["text/plain"]);
    }

    [Fact]
    public async Task Completion_is_a_command_of_the_kernel()
    {
        Assert.Null(await RunAsync("var text = \"abc\";"));

        var result = await _engine.Kernel.SendAsync(new RequestCompletions("text.", new LinePosition(0, 5)), TestContext.Current.CancellationToken);

        Assert.Contains("Substring", result.Events.OfType<CompletionsProduced>().Single().Completions.Select(item => item.DisplayText));
    }

    [Fact]
    public async Task An_unknown_directive_is_named_and_lines_count_from_the_cells_top()
    {
        var error = await RunAsync("#!time\n\nvar zero = 0;\nvar x = 1 / zero;");

        Assert.Contains("#!time", error?.Message, StringComparison.Ordinal);
        Assert.Equal(4, (await RunAsync("\n\nvar zero = 0;\nvar x = 1 / zero;"))?.Line);
    }

    private Task<CellError?> RunAsync(string code) => _engine.ExecuteAsync(code, "cell", _messages.Add, TestContext.Current.CancellationToken);
}
