using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Jupyter;
using NetMQ;
using NetMQ.Sockets;
using Xunit;

namespace ApproxNets.Tests.Cli;

/// <summary>A kernel in a process of its own, and what a front end says to it.</summary>
internal sealed class KernelClient : IDisposable
{
    private const string Key = "a key of the tests";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _folder = Directory.CreateTempSubdirectory("approxnets-").FullName;
    private readonly JupyterWire _wire = new(Key);
    private readonly DealerSocket _shell = new();
    private readonly DealerSocket _control = new();
    private readonly DealerSocket _input = new();
    private readonly SubscriberSocket _published = new();
    private readonly RequestSocket _heartbeat = new();

    public KernelClient()
    {
        var connection = new JsonObject
        {
            ["transport"] = "tcp",
            ["ip"] = "127.0.0.1",
            ["key"] = Key,
            ["signature_scheme"] = "hmac-sha256",
        };
        var listeners = Enumerable.Range(0, 5).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        string[] names = ["shell", "control", "stdin", "iopub", "hb"];
        for (int i = 0; i < 5; i++)
        {
            connection[names[i] + "_port"] = ((IPEndPoint)listeners[i].LocalEndpoint).Port;
        }

        listeners.ForEach(listener => listener.Stop());
        string file = Path.Combine(_folder, "connection.json");
        File.WriteAllText(file, connection.ToJsonString());
        string dotnet = Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
        var start = new ProcessStartInfo(dotnet, [typeof(CommandLine).Assembly.Location, "kernel", "start", "-f", file])
        {
            RedirectStandardError = true,
            WorkingDirectory = _folder,
        };

        // It ends with the tests, as with a Jupyter server, however they end.
        start.Environment["JPY_PARENT_PID"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        Process = Process.Start(start)!;
        Process.ErrorDataReceived += (_, line) =>
        {
            lock (Log)
            {
                Log.Add(line.Data ?? "");
            }
        };
        Process.BeginErrorReadLine();

        // A front end's sockets on shell and input share an identity.
        byte[] identity = Guid.NewGuid().ToByteArray();
        identity[0] = 1;
        NetMQSocket[] sockets = [_shell, _control, _input, _published, _heartbeat];
        for (int i = 0; i < 5; i++)
        {
            sockets[i].Options.Identity = identity;
            sockets[i].Options.Linger = TimeSpan.Zero;
            sockets[i].Connect($"tcp://127.0.0.1:{connection[names[i] + "_port"]}");
        }

        _published.Options.ReceiveHighWatermark = 0;
        _published.SubscribeToAnyTopic();
        try
        {
            Wait(() =>
            {
                // Published messages reach a subscriber only once it is known.
                Send("kernel_info_request", []);
                return Hears(_published);
            });
        }
        catch
        {
            Dispose();
            throw;
        }

        while (Hears(_shell) | Hears(_published))
        {
            Drain(_shell);
            Drain(_published);
        }
    }

    public Process Process { get; }

    public List<string> Log { get; } = [];

    /// <summary>Sends a request and waits for its reply and for everything published on the way, without its first and last, the
    /// status.</summary>
    public (JsonObject Reply, List<JupyterMessage> Published) Ask(string type, JsonObject content, bool control = false)
    {
        var request = Send(type, content, control);
        return (Reply(control), Published(request));
    }

    public (JsonObject Reply, List<JupyterMessage> Published) Execute(string code, JsonObject? more = null) =>
        Ask("execute_request", Submission(code, more));

    public static JsonObject Submission(string code, JsonObject? more = null)
    {
        var content = more ?? new JsonObject { ["allow_stdin"] = false };
        content["code"] = code;
        return content;
    }

    public JupyterMessage Send(string type, JsonObject content, bool control = false)
    {
        var message = JupyterMessage.Create(type, content, null, []);
        SendFrames(_wire.Pack(message), control);
        return message;
    }

    public NetMQMessage Pack(JupyterMessage message) => _wire.Pack(message);

    public void SendFrames(NetMQMessage frames, bool control = false) => (control ? _control : _shell).SendMultipartMessage(frames);

    public JsonObject Reply(bool control = false) => Receive(control ? _control : _shell).Content;

    /// <summary>What is published about a request up to its idle status, which must frame it.</summary>
    public List<JupyterMessage> Published(JupyterMessage request)
    {
        var messages = new List<JupyterMessage>();
        do
        {
            var message = Receive(_published);
            if (message.Parent.AsSpan().SequenceEqual(request.Header))
            {
                messages.Add(message);
            }
        }
        while (messages.Count == 0 || (string?)messages[^1].Content["execution_state"] != "idle");
        Assert.Equal("busy", (string?)messages[0].Content["execution_state"]);
        return messages[1..^1];
    }

    public JupyterMessage NextPublished() => Receive(_published);

    public string AnswerInput(string value)
    {
        var question = Receive(_input);
        Assert.Equal("input_request", question.Type);
        _input.SendMultipartMessage(_wire.Pack(question.Reply("input_reply", new JsonObject { ["value"] = value })));
        return (string)question.Content["prompt"]!;
    }

    public bool IsAlive()
    {
        _heartbeat.SendFrame("ping");
        return _heartbeat.TryReceiveFrameString(Patience, out string? pong) && pong == "ping";
    }

    public void WaitForLog(string text) => Wait(() =>
    {
        Thread.Sleep(20);
        lock (Log)
        {
            return Log.Exists(line => line.Contains(text, StringComparison.Ordinal));
        }
    });

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill();
            Process.WaitForExit();
        }

        Process.Dispose();
        foreach (NetMQSocket socket in (NetMQSocket[])[_shell, _control, _input, _published, _heartbeat])
        {
            socket.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private static bool Hears(NetMQSocket socket) => socket.Poll(PollEvents.PollIn, TimeSpan.FromMilliseconds(200)) == PollEvents.PollIn;

    private static void Drain(NetMQSocket socket)
    {
        NetMQMessage? frames = null;
        while (socket.TryReceiveMultipartMessage(ref frames))
        {
        }
    }

    private void Wait(Func<bool> until)
    {
        long start = Stopwatch.GetTimestamp();
        while (!until())
        {
            Assert.False(Process.HasExited, string.Join('\n', Log));
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, "The kernel does not answer.");
        }
    }

    private JupyterMessage Receive(NetMQSocket socket)
    {
        NetMQMessage? frames = null;
        Wait(() => socket.TryReceiveMultipartMessage(TimeSpan.FromSeconds(1), ref frames));
        return _wire.Unpack(frames!);
    }
}
