using System.Diagnostics;
using System.IO.Enumeration;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using ApproxNets.Cli.Running;
using ApproxNets.Interactive;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.DotNet.Interactive;
using Microsoft.DotNet.Interactive.Commands;
using Microsoft.DotNet.Interactive.Events;
using Microsoft.DotNet.Interactive.Formatting;
using Diagnostic = Microsoft.CodeAnalysis.Diagnostic;

namespace ApproxNets.Cli.Jupyter;

/// <summary>
/// A Jupyter kernel over <see cref="NotebookEngine"/>. Requests of the shell are answered one after the other; those of the control
/// channel at once, also while a cell runs. One kernel to a process: the engine's cells share the console.
/// </summary>
internal sealed class JupyterKernel : IDisposable
{
    // Completion has to wait for a cell that does not end; the front end should not.
    private static readonly TimeSpan LanguageTimeout = TimeSpan.FromSeconds(5);

    private readonly NotebookEngine _engine = new();
    private readonly JupyterSockets _sockets;
    private readonly TextWriter _log;
    private readonly Channel<(int Number, JupyterMessage Request)> _requests = Channel.CreateUnbounded<(int, JupyterMessage)>();
    private readonly List<(int Line, string Source)> _history = [];
    private readonly TaskCompletionSource _shutdown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _ready;
    private int _received;
    private int _abortedUpTo;
    private int _executionCount;
    private volatile RunningCell? _cell;
    private volatile TaskCompletionSource<string>? _answer;

    private JupyterKernel(string connectionFile, TextWriter log)
    {
        _log = log;
        _sockets = new JupyterSockets(connectionFile, Receive, log);
        _engine.Kernel.RegisterCommandHandler<RequestInput>((command, context) =>
        {
            context.Publish(new InputProduced(Ask(command.Prompt, command.IsPassword), command));
            return Task.CompletedTask;
        });

        // The first cell and the first completion take seconds. The front end connects meanwhile.
        _ready = Task.Run(async () => await _engine.ExecuteAsync("Console.Write(1);", "start", _ => { }, CancellationToken.None));
    }

    /// <summary>Runs a kernel until it is asked to shut down.</summary>
    /// <param name="connectionFile">Where to listen, as Jupyter writes it.</param>
    /// <param name="log">Takes what goes wrong.</param>
    public static async Task RunAsync(string connectionFile, TextWriter log)
    {
        NotebookHost.Begin();
        using var kernel = new JupyterKernel(connectionFile, log);
        Console.SetIn(new InputReader(kernel));
        kernel._sockets.Start();
        kernel.Publish(null, "status", new JsonObject { ["execution_state"] = "starting" });
        using var orphaned = new Timer(_ => kernel.EndWithParent(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));
        var work = kernel.AnswerShellAsync();
        await kernel._shutdown.Task;

        // A cell that heeds the request ends well; the others end with the process.
        kernel._requests.Writer.Complete();
        kernel.Interrupt();
        await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(1)));
    }

    public void Dispose() => _sockets.Dispose();

    private void Receive(JupyterChannel channel, JupyterMessage message)
    {
        switch (channel)
        {
            case JupyterChannel.Input when message.Type == "input_reply":
                _answer?.TrySetResult(message.Content["value"]?.ToString() ?? "");
                break;
            case JupyterChannel.Shell when message.Type != "shutdown_request":
                _requests.Writer.TryWrite((Interlocked.Increment(ref _received), message));
                break;
            default:
                _ = AnswerAsync(channel, message, 0);
                break;
        }
    }

    private async Task AnswerShellAsync()
    {
        // Off the thread of the sockets.
        await Task.Yield();
        await foreach (var (number, request) in _requests.Reader.ReadAllAsync())
        {
            await AnswerAsync(JupyterChannel.Shell, request, number);
        }
    }

    private async Task AnswerAsync(JupyterChannel channel, JupyterMessage request, int number)
    {
        Publish(request, "status", new JsonObject { ["execution_state"] = "busy" });
        JsonObject? content;
        try
        {
            content = request.Type switch
            {
                "kernel_info_request" => KernelInfo(),
                "execute_request" when number <= Volatile.Read(ref _abortedUpTo) => new JsonObject { ["status"] = "aborted" },
                "execute_request" => await ExecuteAsync(request),
                "complete_request" => await CompleteAsync(request.Content),
                "inspect_request" => await InspectAsync(request.Content),
                "is_complete_request" => IsComplete(Code(request.Content)),
                "history_request" => History(request.Content),
                "comm_info_request" => new JsonObject { ["status"] = "ok", ["comms"] = new JsonObject() },
                "interrupt_request" => Interrupt(),
                "shutdown_request" => new JsonObject { ["status"] = "ok", ["restart"] = (bool?)request.Content["restart"] ?? false },
                _ => null,
            };
        }
        catch (Exception e)
        {
            _log.WriteLine($"approxnets: {request.Type}: {e}");
            content = Failed(e.GetType().Name, e.Message, []);
        }

        if (content is not null)
        {
            _sockets.Send(channel, request.Reply(request.Type.Replace("_request", "_reply", StringComparison.Ordinal), content));
        }
        else if (request.Type == "comm_open")
        {
            // No comm has a target here, and the front end is to know.
            Publish(request, "comm_close", new JsonObject { ["comm_id"] = request.Content["comm_id"]?.DeepClone(), ["data"] = new JsonObject() });
        }

        Publish(request, "status", new JsonObject { ["execution_state"] = "idle" });
        if (request.Type == "shutdown_request")
        {
            _shutdown.TrySetResult();
        }
    }

    private void Publish(JupyterMessage? parent, string type, JsonObject content) => _sockets.Send(
        JupyterChannel.Published, JupyterMessage.Create(type, content, parent, [Encoding.UTF8.GetBytes("kernel." + type)]));

    private async Task<JsonObject> ExecuteAsync(JupyterMessage request)
    {
        string code = Code(request.Content);
        bool Flag(string name, bool otherwise) => (bool?)request.Content[name] ?? otherwise;
        bool silent = Flag("silent", false);
        if (!silent && Flag("store_history", true))
        {
            _history.Add((++_executionCount, code));
        }

        int count = _executionCount;
        if (!silent)
        {
            Publish(request, "execute_input", new JsonObject { ["code"] = code, ["execution_count"] = count });
        }

        await _ready;
        CellError? error;
        var stop = new CancellationTokenSource(); // not disposed: an interrupt may come late
        using (var output = new CellOutput(message => PublishOutput(request, message, count)))
        {
            _cell = new RunningCell(request, Flag("allow_stdin", true), output, stop);
            error = await _engine.ExecuteAsync(code, $"cell {count}", silent ? _ => { } : output.Add, stop.Token);
            _cell = null;
        }

        if (error is not null && Flag("stop_on_error", true))
        {
            Volatile.Write(ref _abortedUpTo, Volatile.Read(ref _received));
        }

        var reply = error is not null ? Failed(error.Name, error.Message, error.Trace)
            : new JsonObject { ["status"] = "ok", ["payload"] = new JsonArray(), ["user_expressions"] = new JsonObject() };
        reply["execution_count"] = count;
        return reply;
    }

    private void PublishOutput(JupyterMessage request, CellMessage message, int count)
    {
        if (message.Type == "execute_result")
        {
            message.Content["execution_count"] = count;
        }

        Publish(request, message.Type, message.Content);
    }

    private static JsonObject Failed(string name, string message, IReadOnlyList<string> trace) => new()
    {
        ["status"] = "error",
        ["ename"] = name,
        ["evalue"] = message,
        ["traceback"] = new JsonArray([.. trace.Select(line => (JsonNode)line)]),
    };

    private JsonObject Interrupt()
    {
        // What the cell does about it must not hold up the sockets.
        _ = _cell?.Stop.CancelAsync();
        return new JsonObject { ["status"] = "ok" };
    }

    // A server that was killed asks nobody to shut down.
    private void EndWithParent()
    {
        if (OperatingSystem.IsWindows() || !int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), out int parent))
        {
            return;
        }

        try
        {
            using var process = Process.GetProcessById(parent);
        }
        catch (ArgumentException)
        {
            _shutdown.TrySetResult();
        }
    }

    private string Ask(string prompt, bool password)
    {
        var cell = _cell ?? throw new InvalidOperationException("Only a cell at work can ask for input.");
        if (!cell.AllowsInput)
        {
            throw new InvalidOperationException("The cell asks for input, but this front end gives none: set the value in a cell instead.");
        }

        cell.Output.Flush();
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answer = answer;
        _sockets.Send(JupyterChannel.Input, cell.Request.Reply("input_request", new JsonObject { ["prompt"] = prompt, ["password"] = password }));
        return answer.Task.WaitAsync(cell.Stop.Token).GetAwaiter().GetResult();
    }

    private static JsonObject KernelInfo()
    {
        string version = typeof(JupyterKernel).Assembly.GetName().Version!.ToString(3);
        return new JsonObject
        {
            ["status"] = "ok",
            ["protocol_version"] = JupyterMessage.ProtocolVersion,
            ["implementation"] = "approxnets",
            ["implementation_version"] = version,
            ["banner"] = $"ApproxNets {version}, C#",
            ["help_links"] = new JsonArray(),
            ["language_info"] = new JsonObject
            {
                ["name"] = "csharp",
                ["version"] = LanguageVersion.Latest.MapSpecifiedToEffectiveVersion().ToDisplayString(),
                ["mimetype"] = "text/x-csharp",
                ["file_extension"] = ".cs",
                ["pygments_lexer"] = "csharp",
                ["codemirror_mode"] = "text/x-csharp",
            },
        };
    }

    private async Task<JsonObject> CompleteAsync(JsonObject content)
    {
        string code = Code(content);
        int at = Cursor(content, code);
        int start = at;
        while (start > 0 && (char.IsLetterOrDigit(code[start - 1]) || code[start - 1] == '_'))
        {
            start--;
        }

        string word = code[start..at];
        var found = await LanguageAsync<CompletionsProduced>(new RequestCompletions(code, Position(code, at)));
        var items = (found?.Completions ?? [])
            .Select(item => (Text: item.InsertTextFormat == InsertTextFormat.Snippet ? item.FilterText : item.InsertText, item.Kind))
            .Where(item => item.Text.StartsWith(word, StringComparison.OrdinalIgnoreCase)).DistinctBy(item => item.Text)
            .OrderBy(item => !item.Text.StartsWith(word, StringComparison.Ordinal)).ToList();
        int from = code[..start].EnumerateRunes().Count();
        int to = from + word.EnumerateRunes().Count();
        return new JsonObject
        {
            ["status"] = "ok",
            ["matches"] = new JsonArray([.. items.Select(item => (JsonNode)item.Text)]),
            ["cursor_start"] = from,
            ["cursor_end"] = to,
            ["metadata"] = new JsonObject
            {
                ["_jupyter_types_experimental"] = new JsonArray([.. items.Select(item => (JsonNode)new JsonObject
                {
                    ["start"] = from,
                    ["end"] = to,
                    ["text"] = item.Text,
                    ["type"] = item.Kind,
                })]),
            },
        };
    }

    private async Task<JsonObject> InspectAsync(JsonObject content)
    {
        string code = Code(content);
        var position = Position(code, Cursor(content, code));
        string text = string.Join("\n\n",
            (await LanguageAsync<HoverTextProduced>(new RequestHoverText(code, position)))?.Content.Select(form => form.Value) ?? []);
        if (text.Length == 0 && await LanguageAsync<SignatureHelpProduced>(new RequestSignatureHelp(code, position)) is { } help)
        {
            var active = help.Signatures.ElementAtOrDefault(help.ActiveSignatureIndex);
            text = string.Join("\n", help.Signatures.Select(signature => signature.Label).Append("").Append(active?.Documentation?.Value));
        }

        return new JsonObject
        {
            ["status"] = "ok",
            ["found"] = text.Length > 0,
            ["data"] = text.Length > 0 ? new JsonObject { [PlainTextFormatter.MimeType] = text.ReplaceLineEndings("\n") } : new JsonObject(),
            ["metadata"] = new JsonObject(),
        };
    }

    private async Task<T?> LanguageAsync<T>(KernelCommand command)
        where T : KernelEvent
    {
        await _ready;
        using var limit = new CancellationTokenSource(LanguageTimeout);
        try
        {
            return await _engine.AskAsync<T>(command, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return null;
        }
    }

    private static JsonObject IsComplete(string code)
    {
        var tree = SyntaxFactory.ParseSyntaxTree(code, new CSharpParseOptions(LanguageVersion.Latest, kind: SourceCodeKind.Script));
        if (!SyntaxFactory.IsCompleteSubmission(tree))
        {
            return new JsonObject { ["status"] = "incomplete", ["indent"] = code.TrimEnd().EndsWith('{') ? "    " : "" };
        }

        bool valid = !tree.GetDiagnostics().Any((Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error);
        return new JsonObject { ["status"] = valid ? "complete" : "invalid" };
    }

    private JsonObject History(JsonObject content)
    {
        int Number(string name, int otherwise) => (int?)content[name] ?? otherwise;
        var all = _history.AsEnumerable();
        switch ((string?)content["hist_access_type"])
        {
            case "range":
                // Earlier sessions are not kept; this one is 0, and the first.
                all = Number("session", 0) is 0 or 1
                    ? all.Where(entry => entry.Line >= Number("start", 0) && entry.Line < Number("stop", int.MaxValue)) : [];
                break;
            case "search":
                string pattern = (string?)content["pattern"] ?? "*";
                all = all.Where(entry => FileSystemName.MatchesSimpleExpression(pattern, entry.Source, ignoreCase: false));
                all = (bool?)content["unique"] == true ? all.DistinctBy(entry => entry.Source) : all;
                goto default;
            default:
                all = all.TakeLast(Number("n", int.MaxValue));
                break;
        }

        bool output = (bool?)content["output"] ?? false;
        return new JsonObject
        {
            ["status"] = "ok",
            ["history"] = new JsonArray([.. all.Select(entry => (JsonNode)new JsonArray(
                1, entry.Line, output ? new JsonArray(entry.Source, null) : entry.Source))]),
        };
    }

    private static string Code(JsonObject content) => (string?)content["code"] ?? throw new FormatException("found no code in the request.");

    // Jupyter counts code points, .NET UTF-16 units.
    private static int Cursor(JsonObject content, string code) =>
        code.EnumerateRunes().Take((int?)content["cursor_pos"] ?? code.Length).Sum(rune => rune.Utf16SequenceLength);

    private static LinePosition Position(string code, int offset)
    {
        int start = code[..offset].LastIndexOf('\n') + 1;
        return new LinePosition(code[..start].Count(c => c == '\n'), offset - start);
    }

    private sealed record RunningCell(JupyterMessage Request, bool AllowsInput, CellOutput Output, CancellationTokenSource Stop);

    /// <summary>The console's input, which asks the front end's user.</summary>
    private sealed class InputReader(JupyterKernel kernel) : TextReader
    {
        public override string ReadLine() => kernel.Ask("", password: false);

        public override int Read() => throw new NotSupportedException("A notebook's input comes in lines: call Console.ReadLine.");

        public override int Peek() => Read();
    }
}
