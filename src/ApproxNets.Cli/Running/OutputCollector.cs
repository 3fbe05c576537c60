using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Running;

/// <summary>
/// Puts what cells say into the document as nbformat outputs, in order. What is longer than a report can hold is cut off, and says so. Safe
/// from any thread.
/// </summary>
internal sealed class OutputCollector
{
    /// <summary>Characters of output that a cell may have.</summary>
    public const int CellLimit = 8_000_000;

    /// <summary>Characters of output that a notebook may have.</summary>
    public const int Limit = 64_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (NotebookCell Cell, JsonObject Output)> _displays = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonNode> _updates = new(StringComparer.Ordinal);
    private readonly StringBuilder _text = new();
    private string? _stream;
    private JsonArray _outputs = [];
    private int _executionCount;
    private NotebookCell? _cell;
    private long _room;
    private long _left = Limit;
    private bool _cut;

    public void Begin(NotebookCell cell, int executionCount)
    {
        lock (_gate)
        {
            (_cell, _executionCount, _cut) = (cell, executionCount, false);
            _room = Math.Min(CellLimit, _left);
            cell.Json["execution_count"] = executionCount;
            cell.Json["outputs"] = new JsonArray();
            cell.Changed();
            _outputs = [];
        }
    }

    public void Add(CellMessage message)
    {
        lock (_gate)
        {
            var (type, content) = message;
            if (type == "stream")
            {
                // Consecutive text of one stream becomes one output.
                if (_stream != (string?)content["name"])
                {
                    EndStream();
                    _stream = (string?)content["name"];
                }

                string text = (string?)content["text"] ?? "";
                int length = (int)Math.Min(text.Length, _room);
                _text.Append(text, 0, length);
                Take(length);
                if (length < text.Length)
                {
                    Cut();
                }

                return;
            }

            if (type != "error" && !Fits(content, type == "update_display_data"))
            {
                Cut();
                return;
            }

            var output = (JsonObject)content.DeepClone();
            foreach (var (mime, value) in output["data"]?.AsObject().ToArray() ?? [])
            {
                if (value is JsonValue form)
                {
                    output["data"]![mime] = NotebookCell.Lines((string)form!);
                }
            }

            output.Remove("transient", out var transient);
            string? id = (string?)transient?["display_id"];
            if (type == "update_display_data")
            {
                if (id is not null && _displays.TryGetValue(id, out var shown))
                {
                    _updates[id] = output["data"]!.DeepClone();
                }

                return;
            }

            EndStream();
            output["output_type"] = type;
            if (type == "execute_result")
            {
                output["execution_count"] = _executionCount;
            }

            if (id is not null)
            {
                _displays[id] = (_cell!, output);
            }

            _outputs.Add(output);
        }
    }

    /// <summary>Ends the cell and puts into the document what it said, as the document may be written meanwhile. A display that was emptied
    /// leaves no output.</summary>
    public void End()
    {
        lock (_gate)
        {
            EndStream();
            foreach (var (id, data) in _updates)
            {
                _displays[id].Output["data"] = data;
                _displays[id].Cell.Changed();
            }

            _updates.Clear();
            _outputs.RemoveAll(output => output!["data"] is JsonObject data && data.All(form => form.Value is JsonArray { Count: 0 }));
            if (_cell is not null && _outputs.Parent is null)
            {
                _cell.Json["outputs"] = _outputs;
                _cell.Changed();
            }
        }
    }

    // What replaces something shown adds nothing, but has to fit for itself.
    private bool Fits(JsonObject content, bool updates)
    {
        long length = content["data"]!.AsObject().Sum(form => form.Value is JsonValue text && text.TryGetValue(out string? value)
            ? value.Length : (long)(form.Value?.ToJsonString().Length ?? 0));
        bool fits = updates ? length <= CellLimit : length <= _room;
        Take(fits && !updates ? length : 0);
        return fits;
    }

    private void Take(long length) => (_room, _left) = (_room - length, _left - length);

    private void Cut()
    {
        if (!_cut)
        {
            _cut = true;
            EndStream();
            (_stream, _) = ("stderr", _text.Append(CultureInfo.InvariantCulture, $"\n[The output is cut off here: a cell may have "
                + $"{CellLimit / 1_000_000} million characters, a notebook {Limit / 1_000_000} million.]\n"));
            EndStream();
        }
    }

    private void EndStream()
    {
        if (_text.Length > 0)
        {
            _outputs.Add(new JsonObject
            {
                ["output_type"] = "stream",
                ["name"] = _stream,
                ["text"] = NotebookCell.Lines(_text.ToString()),
            });
        }

        _text.Clear();
        _stream = null;
    }
}
