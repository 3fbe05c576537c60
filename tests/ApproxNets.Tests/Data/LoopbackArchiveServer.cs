using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ApproxNets.Tests.Data;

/// <summary>Serves one file, or several by name, over HTTP on the loopback address, well or badly.</summary>
internal sealed class LoopbackArchiveServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public LoopbackArchiveServer(byte[] content)
    {
        Content = content;
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    public byte[] Content { get; set; }

    /// <summary>Files by name; <see cref="Content"/> is what all other names give.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>Answers every request with the whole file.</summary>
    public bool IgnoresRange { get; set; }

    /// <summary>Closes the connection after this many bytes of a body.</summary>
    public int? BreakAfter { get; set; }

    /// <summary>Sends this many bytes of a body, then nothing more, with the connection open.</summary>
    public int? StallAfter { get; set; }

    /// <summary>Status to refuse with.</summary>
    public int? Refusal { get; set; }

    /// <summary>Tells no length: a body ends with the connection.</summary>
    public bool HidesLength { get; set; }

    /// <summary>Where to send the client.</summary>
    public string? Redirection { get; set; }

    /// <summary>The Range header of each request, "" without one.</summary>
    public List<string> Ranges { get; } = [];

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/files/tiny.tar.gz");

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Stop();
        _serving.Wait(TimeSpan.FromSeconds(10));
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await AnswerAsync(client.GetStream());
            }
            catch (Exception error) when (error is OperationCanceledException or IOException or SocketException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        string range = "", name = "";
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        while (await reader.ReadLineAsync(_stop.Token) is { Length: > 0 } line)
        {
            name = line.StartsWith("GET ", StringComparison.Ordinal) ? line.Split(' ')[1].Split('/')[^1] : name;
            range = line.StartsWith("Range:", StringComparison.OrdinalIgnoreCase) ? line[6..].Trim() : range;
        }

        Ranges.Add(range);
        byte[] content = Files.GetValueOrDefault(name, Content);
        int start = range.Length == 0 || IgnoresRange ? 0 : int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
        (int status, string extra) = Refusal is { } refusal ? (refusal, "")
            : Redirection is { } location ? (302, $"Location: {location}\r\n")
            : start >= content.Length && start > 0 ? (416, $"Content-Range: bytes */{content.Length}\r\n")
            : start > 0 ? (206, $"Content-Range: bytes {start}-{content.Length - 1}/{content.Length}\r\n")
            : (200, "");
        byte[] body = status is 200 or 206 ? content[start..] : [];
        string length = HidesLength ? "" : $"Content-Length: {body.Length}\r\n";
        string head = $"HTTP/1.1 {status} X\r\n{length}{extra}Connection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), _stop.Token);
        int sent = Math.Min(body.Length, BreakAfter ?? StallAfter ?? body.Length);
        await stream.WriteAsync(body.AsMemory(0, sent), _stop.Token);
        await stream.FlushAsync(_stop.Token);
        if (StallAfter is not null)
        {
            // Until the client closes.
            await stream.CopyToAsync(Stream.Null, _stop.Token);
        }
    }
}
