using System.Text.Json.Nodes;
using Microsoft.DotNet.Interactive.Formatting;

namespace ApproxNets.Cli.Running;

/// <summary>Collects what a cell shows, in order, as nbformat outputs. Safe from any thread.</summary>
internal sealed class CellOutput
{
    private readonly Lock _gate = new();
    private readonly List<JsonObject> _outputs = [];
    private readonly System.Text.StringBuilder _text = new();
    private string? _stream;

    /// <summary>Appends console text; consecutive text of one stream becomes one output.</summary>
    public void Write(string stream, string text)
    {
        lock (_gate)
        {
            if (_stream != stream)
            {
                EndStream();
                _stream = stream;
            }

            _text.Append(text);
        }
    }

    public void Display(object? value, string[] mimeTypes) => Add(new JsonObject
    {
        ["output_type"] = "display_data",
        ["data"] = MimeBundle(value, mimeTypes),
        ["metadata"] = new JsonObject(),
    });

    public void Result(object value, int executionCount) => Add(new JsonObject
    {
        ["output_type"] = "execute_result",
        ["data"] = MimeBundle(value, []),
        ["execution_count"] = executionCount,
        ["metadata"] = new JsonObject(),
    });

    public void Error(string name, string message, IEnumerable<string> trace) => Add(new JsonObject
    {
        ["output_type"] = "error",
        ["ename"] = name,
        ["evalue"] = message,
        ["traceback"] = new JsonArray([.. trace.Select(line => (JsonNode)line)]),
    });

    public JsonArray ToJson()
    {
        lock (_gate)
        {
            EndStream();
            return new JsonArray([.. _outputs.Select(output => output.DeepClone())]);
        }
    }

    internal static JsonObject MimeBundle(object? value, string[] mimeTypes)
    {
        IEnumerable<string> wanted = mimeTypes.Length > 0 ? mimeTypes
            : Formatter.GetPreferredMimeTypesFor(value?.GetType() ?? typeof(object)).Append(PlainTextFormatter.MimeType).Distinct();
        var bundle = new JsonObject();
        foreach (string mime in wanted)
        {
            string text = value.ToDisplayString(mime);

            // nbformat wants JSON as JSON, everything else as lines.
            bundle[mime] = mime.EndsWith("json", StringComparison.Ordinal) ? JsonNode.Parse(text) : NotebookCell.Lines(text);
        }

        return bundle;
    }

    private void Add(JsonObject output)
    {
        lock (_gate)
        {
            EndStream();
            _outputs.Add(output);
        }
    }

    private void EndStream()
    {
        if (_stream is not null && _text.Length > 0)
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
