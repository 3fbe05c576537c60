using System.Text.Json;
using System.Text.Json.Nodes;
using NetMQ;
using NetMQ.Sockets;

namespace ApproxNets.Cli.Jupyter;

/// <summary>The channels of Jupyter's protocol besides the heartbeat.</summary>
internal enum JupyterChannel
{
    /// <summary>Requests to the kernel, one after the other.</summary>
    Shell,

    /// <summary>Requests that do not wait for those of the shell.</summary>
    Control,

    /// <summary>The kernel's questions to the user.</summary>
    Input,

    /// <summary>What everybody hears.</summary>
    Published,
}

/// <summary>The five sockets of a kernel. One thread of its own uses them, as NetMQ asks; others hand it what is to be sent.</summary>
internal sealed class JupyterSockets : IDisposable
{
    private readonly Dictionary<JupyterChannel, NetMQSocket> _sockets = new()
    {
        [JupyterChannel.Shell] = new RouterSocket(),
        [JupyterChannel.Control] = new RouterSocket(),
        [JupyterChannel.Input] = new RouterSocket(),
        [JupyterChannel.Published] = new PublisherSocket(),
    };

    private readonly ResponseSocket _heartbeat = new();
    private readonly NetMQQueue<(NetMQSocket? Socket, NetMQMessage? Message)> _outbox = new();
    private readonly NetMQPoller _poller;
    private readonly JupyterWire _wire;

    /// <summary>Opens the sockets and listens.</summary>
    /// <param name="connectionFile">Jupyter's file of addresses, ports and the key.</param>
    /// <param name="receive">Called with every message, on the sockets' thread: it must not wait.</param>
    /// <param name="log">Takes a line for every message that is dropped.</param>
    /// <exception cref="UsageException">The file cannot be read, or asks for what this kernel does not have.</exception>
    public JupyterSockets(string connectionFile, Action<JupyterChannel, JupyterMessage> receive, TextWriter log)
    {
        var connection = Read(connectionFile);
        string Text(string name) => (string?)connection[name]
            ?? throw new UsageException($"{connectionFile}: found no {name}, expected Jupyter's connection file.");
        string Address(string channel) => connection[channel + "_port"] is JsonValue port
            ? $"tcp://{Text("ip")}:{port}" : throw new UsageException($"{connectionFile}: found no {channel}_port.");
        if (Text("transport") != "tcp" || Text("signature_scheme") != "hmac-sha256")
        {
            throw new UsageException($"{connectionFile}: found {Text("transport")} and {Text("signature_scheme")}, expected tcp and hmac-sha256.");
        }

        _wire = new JupyterWire(Text("key"));
        foreach (var (channel, socket) in _sockets)
        {
            socket.Options.Linger = TimeSpan.FromSeconds(1);
            socket.Options.SendHighWatermark = 0; // nothing that is published gets lost
            socket.Bind(Address(channel switch
            {
                JupyterChannel.Shell => "shell",
                JupyterChannel.Control => "control",
                JupyterChannel.Input => "stdin",
                _ => "iopub",
            }));
        }

        _heartbeat.Bind(Address("hb"));
        _heartbeat.ReceiveReady += (_, _) => _heartbeat.SendMultipartMessage(_heartbeat.ReceiveMultipartMessage());
        _outbox.ReceiveReady += (_, _) => SendNext();
        _poller = [_heartbeat, _outbox];
        foreach (var (channel, socket) in _sockets.Where(pair => pair.Key != JupyterChannel.Published))
        {
            socket.ReceiveReady += (_, _) =>
            {
                var frames = socket.ReceiveMultipartMessage();
                try
                {
                    receive(channel, _wire.Unpack(frames));
                }
                catch (FormatException e)
                {
                    log.WriteLine($"approxnets: dropped a message on {channel}: {e.Message}");
                }
            };
            _poller.Add(socket);
        }
    }

    /// <summary>Starts the thread of the sockets.</summary>
    public void Start() => _poller.RunAsync("Jupyter sockets", isBackgroundThread: true);

    /// <summary>Hands over a message to send. Safe from any thread; messages of one thread leave in order.</summary>
    public void Send(JupyterChannel channel, JupyterMessage message) => _outbox.Enqueue((_sockets[channel], _wire.Pack(message)));

    /// <summary>Sends what was handed over, then closes the sockets.</summary>
    public void Dispose()
    {
        _outbox.Enqueue((null, null));
        while (_poller.IsRunning)
        {
            Thread.Sleep(1);
        }

        _poller.Dispose();
        _sockets.Values.ToList().ForEach(socket => socket.Dispose());
        _heartbeat.Dispose();
        _outbox.Dispose();
        NetMQConfig.Cleanup();
    }

    private static JsonNode Read(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) ?? throw new UsageException($"{file}: found null, expected Jupyter's connection file.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UsageException($"{file}: not readable as Jupyter's connection file: {e.Message}");
        }
    }

    // One at a time, so that a cell that writes without end does not keep the thread from what comes in.
    private void SendNext()
    {
        var (socket, message) = _outbox.Dequeue();
        if (socket is null)
        {
            _poller.StopAsync();
        }
        else
        {
            socket.SendMultipartMessage(message!);
        }
    }
}
