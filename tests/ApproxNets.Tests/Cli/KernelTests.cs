using System.Text;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Jupyter;
using NetMQ;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class KernelTests(KernelTests.Kernel kernel) : IClassFixture<KernelTests.Kernel>
{
    private const string Library = "#r \"ApproxNets.Interactive.dll\"\nusing ApproxNets.Interactive;\nusing System.Threading;\n";

    private readonly KernelClient _client = kernel.Client;

    /// <summary>One kernel for all tests that do not end it: its start takes seconds.</summary>
    public sealed class Kernel : IDisposable
    {
        internal KernelClient Client { get; } = new();

        public void Dispose() => Client.Dispose();
    }

    [Fact]
    public void ItSaysWhatItIs()
    {
        var (reply, _) = _client.Ask("kernel_info_request", []);
        Assert.Equal("5.3", (string?)reply["protocol_version"]);
        Assert.Equal("csharp", (string?)reply["language_info"]!["name"]);
        Assert.True(_client.IsAlive());
    }

    [Fact]
    public void ACellSaysItsOutputsInOrderAndItsResult()
    {
        var (reply, said) = _client.Execute(
            "Console.Write(\"h\\u00e9 \"); Console.WriteLine(\"\\ud83d\\ude00\"); Console.Error.Write(\"no\"); 6 * 7");
        Assert.Equal("ok", (string?)reply["status"]);
        Assert.Equal(["execute_input", "stream", "stream", "execute_result"], said.Select(message => message.Type));
        Assert.Equal("hé 😀\n", (string?)said[1].Content["text"]);
        Assert.Equal("stderr", (string?)said[2].Content["name"]);
        Assert.Equal("42", (string?)said[3].Content["data"]!["text/plain"]);
        Assert.Equal((int)reply["execution_count"]!, (int)said[3].Content["execution_count"]!);
        Assert.Equal((int)reply["execution_count"]! + 1, (int)_client.Execute("1").Reply["execution_count"]!);
    }

    [Fact]
    public void OutputArrivesWhileTheCellRuns()
    {
        var request = _client.Send("execute_request",
            KernelClient.Submission("Console.WriteLine(\"first\"); Console.ReadLine()", new() { ["allow_stdin"] = true }));
        JupyterMessage message;
        do
        {
            message = _client.NextPublished();
        }
        while (message.Type != "stream");
        Assert.Equal("first\n", (string?)message.Content["text"]);
        _client.AnswerInput("go on");
        Assert.Equal("ok", (string?)_client.Reply()["status"]);
        Assert.Equal("execute_result", LastBeforeIdle(request).Type);
    }

    [Fact]
    public void ADisplayIsReplacedInPlace()
    {
        // A reference that comes later than the first cell once made display ambiguous.
        _client.Execute("1");
        _client.Execute(Library);
        var (_, said) = _client.Execute("var shown = display(\"before\"); shown.Update(\"after\");");
        Assert.Equal(["execute_input", "display_data", "update_display_data"], said.Select(message => message.Type));
        Assert.Equal((string?)said[1].Content["transient"]!["display_id"], (string?)said[2].Content["transient"]!["display_id"]);
        Assert.Equal("after", (string?)said[2].Content["data"]!["text/plain"]);
    }

    [Theory]
    [InlineData("int a = 1;\nthrow new InvalidOperationException(\"no\");", "InvalidOperationException", "line 2")]
    [InlineData("\nint b = nothing;", "CompilationError", "line 2: CS0103")]
    public void AnErrorHasItsLine(string code, string name, string trace)
    {
        var (reply, said) = _client.Execute(code);
        Assert.Equal("error", (string?)reply["status"]);
        Assert.Equal(name, (string?)reply["ename"]);
        Assert.Equal("error", said[^1].Type);
        Assert.Contains(said[^1].Content["traceback"]!.AsArray(), line => ((string)line!).Contains(trace, StringComparison.Ordinal));
    }

    [Fact]
    public void ASilentCellIsNotHeardOfAndNotCounted()
    {
        int count = (int)_client.Execute("1").Reply["execution_count"]!;
        var (reply, said) = _client.Execute("Console.Write(1); 2", new() { ["silent"] = true });
        Assert.Equal("ok", (string?)reply["status"]);
        Assert.Empty(said);
        Assert.Equal(count + 1, (int)_client.Execute("3").Reply["execution_count"]!);
    }

    [Fact]
    public void CellsThatWaitBehindAnErrorAreNotRun()
    {
        var first = _client.Send("execute_request", KernelClient.Submission("await Task.Delay(500); throw new Exception();"));
        var second = _client.Send("execute_request", KernelClient.Submission("int never = 1;"));
        Assert.Equal("error", (string?)_client.Reply()["status"]);
        Assert.Equal("aborted", (string?)_client.Reply()["status"]);
        _client.Published(first);
        Assert.Empty(_client.Published(second));
        _client.Send("execute_request", KernelClient.Submission("throw new Exception();", new() { ["stop_on_error"] = false }));
        _client.Send("execute_request", KernelClient.Submission("1"));
        Assert.Equal("error", (string?)_client.Reply()["status"]);
        Assert.Equal("ok", (string?)_client.Reply()["status"]);
    }

    [Fact]
    public void ItCompletesInCodePoints()
    {
        var (reply, _) = _client.Ask("complete_request", new() { ["code"] = "var s = \"😀\"; Mat", ["cursor_pos"] = 16 });
        Assert.Contains("Math", reply["matches"]!.AsArray().Select(match => (string?)match));
        Assert.Equal((13, 16), ((int)reply["cursor_start"]!, (int)reply["cursor_end"]!));
        _client.Execute("var remembered = new List<int>();");
        reply = _client.Ask("complete_request", new() { ["code"] = "remembered.AddR", ["cursor_pos"] = 15 }).Reply;
        Assert.Equal(["AddRange"], reply["matches"]!.AsArray().Select(match => (string?)match));
    }

    [Theory]
    [InlineData("Math.Max(1, 2)", 7, "int Math.Max(int val1, int val2)")]
    [InlineData("Math.Max(", 9, "double Math.Max(double val1, double val2)")]
    public void ItExplainsWhatIsAtTheCursor(string code, int at, string expected)
    {
        var (reply, _) = _client.Ask("inspect_request", new() { ["code"] = code, ["cursor_pos"] = at, ["detail_level"] = 0 });
        Assert.True((bool)reply["found"]!);
        Assert.Contains(expected, (string)reply["data"]!["text/plain"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("var a = 1;", "complete")]
    [InlineData("a + 1", "complete")]
    [InlineData("if (a > 0) {", "incomplete")]
    [InlineData("int = ;", "invalid")]
    public void ItKnowsWhenACellEnds(string code, string status)
        => Assert.Equal(status, (string?)_client.Ask("is_complete_request", new() { ["code"] = code }).Reply["status"]);

    [Fact]
    public void ItRemembersWhatWasRun()
    {
        _client.Execute("int one = 1;");
        int line = (int)_client.Execute("int two = 2;").Reply["execution_count"]!;
        _client.Execute("3", new() { ["store_history"] = false });
        string Sources(JsonObject request) => string.Join('|',
            _client.Ask("history_request", request).Reply["history"]!.AsArray().Select(entry => (string)entry![2]!));
        Assert.Equal("int one = 1;|int two = 2;", Sources(new() { ["hist_access_type"] = "tail", ["n"] = 2, ["raw"] = true, ["output"] = false }));
        Assert.Equal("int one = 1;", Sources(new() { ["hist_access_type"] = "search", ["pattern"] = "*o?e =*", ["n"] = 1 }));
        Assert.Equal("int one = 1;", Sources(new() { ["hist_access_type"] = "range", ["session"] = 0, ["start"] = line - 1, ["stop"] = line }));
    }

    [Fact]
    public void ItHasNoComms()
    {
        Assert.Empty(_client.Ask("comm_info_request", []).Reply["comms"]!.AsObject());
        var said = _client.Published(_client.Send("comm_open", new() { ["comm_id"] = "a", ["target_name"] = "b", ["data"] = new JsonObject() }));
        Assert.Equal("comm_close", Assert.Single(said).Type);
    }

    [Fact]
    public void AskingForInputWithoutAUserIsRefused()
    {
        var (reply, _) = _client.Execute("Console.ReadLine()");
        Assert.Contains("this front end gives none", (string)reply["evalue"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void InputComesFromTheUser()
    {
        var request = _client.Send("execute_request",
            KernelClient.Submission("await Microsoft.DotNet.Interactive.Kernel.GetInputAsync(\"Name?\")", new() { ["allow_stdin"] = true }));
        Assert.Equal("Name?", _client.AnswerInput("Ada"));
        Assert.Equal("ok", (string?)_client.Reply()["status"]);
        Assert.Equal("Ada", (string?)LastBeforeIdle(request).Content["data"]!["text/plain"]);
    }

    [Fact]
    public void AnInterruptStopsALoopThatLooksAndKeepsItsVariables()
    {
        var request = _client.Send("execute_request", KernelClient.Submission(
            Library + "int turns = 0;\nConsole.Write(\"begun\");\n"
            + "while (true) { turns++; Notebook.Cancellation.ThrowIfCancellationRequested(); Thread.Sleep(1); }"));
        while (_client.NextPublished().Type != "stream")
        {
        }

        Assert.Equal("ok", (string?)_client.Ask("interrupt_request", [], control: true).Reply["status"]);
        Assert.Equal("Cancelled", (string?)_client.Reply()["ename"]);
        Assert.Equal("error", LastBeforeIdle(request).Type);
        Assert.Equal("True", (string?)_client.Execute("turns > 0").Published[^1].Content["data"]!["text/plain"]);
    }

    [Fact]
    public void MessagesThatAreForgedReplayedOrNoMessagesAreDropped()
    {
        var forged = new JupyterWire("another key").Pack(JupyterMessage.Create("execute_request", KernelClient.Submission("int forged;"), null, []));
        _client.SendFrames(forged);
        _client.WaitForLog("the signature is not that of this kernel's key");

        _client.SendFrames(Frames("nonsense"));
        _client.WaitForLog("found 2 frames");
        _client.SendFrames(Frames("<IDS|MSG>", "", "{}", "{}"));
        _client.WaitForLog("found 5 frames");

        var once = JupyterMessage.Create("execute_request", KernelClient.Submission("int replayed = 1;"), null, []);
        var frames = _client.Pack(once);
        _client.SendFrames(new NetMQMessage(frames.Select(frame => frame.Duplicate())));
        Assert.Equal("ok", (string?)_client.Reply()["status"]);
        _client.SendFrames(frames);
        _client.WaitForLog("it was received before");

        var broken = new JupyterMessage([], "", Encoding.UTF8.GetBytes("{\"msg_type\""), "{}"u8.ToArray(), []);
        _client.SendFrames(_client.Pack(broken));
        _client.WaitForLog("a part is not the JSON expected");
        _client.SendFrames(_client.Pack(broken with { Header = Encoding.UTF8.GetBytes("{\"msg_type\": \"a\", \"msg_type\": \"b\"}") }));
        _client.WaitForLog("Key: msg_type");
        Assert.Equal("error", (string?)_client.Ask("execute_request", []).Reply["status"]);
        Assert.Equal("error", (string?)_client.Execute("forged").Reply["status"]);
    }

    /// <summary>Each cell has those of all before it. Given anew to each, two thousand cells take gigabytes.</summary>
    [Fact]
    public void CellsInheritTheirReferences()
    {
        const string Count = "using Microsoft.DotNet.Interactive;\nusing Microsoft.DotNet.Interactive.CSharp;\n"
            + "((CSharpKernel)Kernel.Root.FindKernelByName(\"csharp\")).ScriptState.Script.GetCompilation().ExternalReferences.Length";
        _client.Execute(Count);
        Assert.Equal("0", (string?)_client.Execute(Count).Published[^1].Content["data"]!["text/plain"]);
    }

    [Fact]
    public void OutputBeyondTheLimitIsCutWithANotice()
    {
        var (reply, said) = _client.Execute("for (int i = 0; i < 500; i++) Console.Write(new string('x', 100_000)); display(\"y\");");
        Assert.Equal("ok", (string?)reply["status"]);
        var text = said.Where(message => message.Type == "stream").ToLookup(
            message => (string)message.Content["name"]!, message => (string)message.Content["text"]!);
        Assert.Equal(CellOutput.Limit, text["stdout"].Sum(part => part.Length));
        Assert.Contains("the rest is not shown", Assert.Single(text["stderr"]), StringComparison.Ordinal);
        Assert.DoesNotContain(said, message => message.Type == "display_data");
    }

    [Fact]
    public void SeveralKernelsRunAtOnceAndEndWhenAsked()
    {
        KernelClient[] others = [new(), new()];
        try
        {
            foreach (var (client, i) in others.Select((client, i) => (client, i)))
            {
                Assert.Equal("ok", (string?)client.Execute($"int mine = {i};").Reply["status"]);
            }

            Assert.Equal("1", (string?)others[1].Execute("mine").Published[^1].Content["data"]!["text/plain"]);
            Assert.Equal("error", (string?)_client.Execute("mine").Reply["status"]);

            // Whether a cell runs or not.
            others[0].Send("execute_request", KernelClient.Submission("while (true) { }"));
            foreach (var client in others)
            {
                Assert.True((bool)client.Ask("shutdown_request", new() { ["restart"] = true }, control: true).Reply["restart"]!);
                Assert.True(client.Process.WaitForExit(TimeSpan.FromSeconds(20)));
                Assert.Equal(0, client.Process.ExitCode);
            }
        }
        finally
        {
            others.ToList().ForEach(client => client.Dispose());
        }
    }

    private static NetMQMessage Frames(params string[] texts) => new(texts.Select(text => new NetMQFrame(text)));

    private JupyterMessage LastBeforeIdle(JupyterMessage request)
    {
        JupyterMessage? last = null;
        while (true)
        {
            var message = _client.NextPublished();
            if (message.Parent.AsSpan().SequenceEqual(request.Header))
            {
                if ((string?)message.Content["execution_state"] == "idle")
                {
                    return last!;
                }

                last = message;
            }
        }
    }
}
