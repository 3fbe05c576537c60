using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Running;

namespace ApproxNets.Cli.Jupyter;

/// <summary>
/// What one cell says, on its way to the front end: text of a stream is gathered for a moment, since a message for every line would
/// drown a browser, and a cell that says more than a browser can show is cut off. Safe from any thread.
/// </summary>
/// <param name="publish">Takes the messages, in order.</param>
internal sealed class CellOutput(Action<CellMessage> publish) : IDisposable
{
    /// <summary>Characters of output that a cell may have.</summary>
    public const int Limit = 16_000_000;

    private const int ChunkLength = 65_536;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private Timer? _timer;
    private string? _stream;
    private long _length;

    public void Add(CellMessage message)
    {
        lock (_gate)
        {
            if (message.Type == "stream")
            {
                Append((string)message.Content["name"]!, (string)message.Content["text"]!);
            }
            else if (message.Type == "error" || Fits(message))
            {
                FlushText();
                publish(message);
            }
        }
    }

    /// <summary>Publishes the text gathered.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            FlushText();
        }
    }

    public void Dispose()
    {
        Flush();
        _timer?.Dispose();
    }

    private void Append(string stream, string text)
    {
        int room = (int)Math.Max(0, Limit - _length);
        bool cut = _length <= Limit && text.Length > room;
        Gather(stream, text.Length > room ? text[..room] : text);
        _length += text.Length;
        if (cut)
        {
            Notice();
        }
    }

    private void Gather(string stream, string text)
    {
        if (_stream != stream)
        {
            FlushText();
            _stream = stream;
        }

        if (_text.Length == 0 && text.Length > 0)
        {
            _timer ??= new Timer(_ => Flush());
            _timer.Change(Delay, Timeout.InfiniteTimeSpan);
        }

        if (_text.Append(text).Length >= ChunkLength)
        {
            FlushText();
        }
    }

    // What replaces something shown before adds nothing to the page.
    private bool Fits(CellMessage message)
    {
        long length = message.Content["data"]!.AsObject().Sum(form => form.Value is JsonValue text && text.TryGetValue(out string? value)
            ? value.Length : (long)(form.Value?.ToJsonString().Length ?? 0));
        bool updates = message.Type == "update_display_data";
        bool fits = (updates ? 0 : _length) + length <= Limit;
        if (!fits && _length <= Limit)
        {
            Notice();
        }

        _length += updates && fits ? 0 : length;
        return fits;
    }

    private void Notice() => Gather("stderr", string.Create(CultureInfo.InvariantCulture,
        $"\n[The cell's output is longer than {Limit / 1_000_000} million characters; the rest is not shown.]\n"));

    private void FlushText()
    {
        if (_text.Length > 0)
        {
            publish(new CellMessage("stream", new JsonObject { ["name"] = _stream, ["text"] = _text.ToString() }));
            _text.Clear();
        }
    }
}
