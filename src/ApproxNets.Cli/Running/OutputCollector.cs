using System.Text;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Running;

/// <summary>Puts what cells say into the document as nbformat outputs, in order. Safe from any thread.</summary>
internal sealed class OutputCollector
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, JsonObject> _displays = new(StringComparer.Ordinal);
    private readonly StringBuilder _text = new();
    private string? _stream;
    private JsonArray _outputs = [];
    private int _executionCount;

    public void Begin(NotebookCell cell, int executionCount)
    {
        lock (_gate)
        {
            _executionCount = executionCount;
            cell.Json["execution_count"] = executionCount;
            cell.Json["outputs"] = _outputs = [];
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

                _text.Append((string?)content["text"]);
                return;
            }

            var output = (JsonObject)content.DeepClone();
            foreach (var (mime, value) in output["data"]?.AsObject().ToArray() ?? [])
            {
                if (value is JsonValue text)
                {
                    output["data"]![mime] = NotebookCell.Lines((string)text!);
                }
            }

            output.Remove("transient", out var transient);
            string? id = (string?)transient?["display_id"];
            if (type == "update_display_data")
            {
                if (id is not null && _displays.TryGetValue(id, out var shown))
                {
                    shown["data"] = output["data"]!.DeepClone();
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
                _displays[id] = output;
            }

            _outputs.Add(output);
        }
    }

    /// <summary>Ends the cell; a display that was emptied leaves no output.</summary>
    public void End()
    {
        lock (_gate)
        {
            EndStream();
            _outputs.RemoveAll(output => output!["data"] is JsonObject data && data.All(form => form.Value is JsonArray { Count: 0 }));
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
