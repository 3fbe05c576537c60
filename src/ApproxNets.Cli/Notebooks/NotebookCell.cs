using System.Text.Json.Nodes;

namespace ApproxNets.Cli.Notebooks;

/// <summary>A cell of a notebook, over its JSON.</summary>
internal sealed class NotebookCell
{
    public const string ParametersTag = "parameters";
    public const string InjectedTag = "injected-parameters";

    private string? _text;
    private int? _charts;

    public NotebookCell(JsonObject json)
    {
        Json = json;
        Type = (string)json["cell_type"]!;
        Source = json["source"] is JsonArray lines ? string.Concat(lines.Select(line => (string?)line)) : (string)json["source"]!;
        Source = Source.Replace("\r\n", "\n", StringComparison.Ordinal);
    }

    /// <summary>The cell as it stands in the file. Kept until it changes: a notebook is saved after each of its cells.</summary>
    public string Text => _text ??= "\n  " + Json.ToJsonString(NotebookDocument.Format).Replace("\n", "\n  ", StringComparison.Ordinal);

    /// <summary>Outputs that plotly.js draws.</summary>
    public int Charts => _charts ??= Outputs.Count(output => output["data"]?[NotebookRun.PlotlyMime] is not null
        || output["data"]?["text/html"]?.ToJsonString().Contains("Plotly.newPlot", StringComparison.Ordinal) == true);

    public JsonObject Json { get; }

    /// <summary>What names the cell in its notebook; null in notebooks before nbformat 4.5.</summary>
    public string? Id => (string?)Json["id"];

    public string Type { get; }

    public string Source { get; }

    public bool IsCode => Type == "code";

    public bool IsMarkdown => Type == "markdown";

    /// <summary>How long it ran; null when it did not.</summary>
    public double? Seconds { get; set; }

    public int? ExecutionCount => IsCode ? (int?)Json["execution_count"] : null;

    public IEnumerable<JsonObject> Outputs => (Json["outputs"] as JsonArray ?? []).OfType<JsonObject>();

    public bool HasTag(string tag) => (Json["metadata"]?["tags"] as JsonArray)?.Any(found => (string?)found == tag) ?? false;

    /// <summary>Makes the cell of assignments that goes after the one tagged <c>parameters</c>.</summary>
    public static NotebookCell Injected(string source) => new(new JsonObject
    {
        ["cell_type"] = "code",
        ["execution_count"] = null,
        ["id"] = InjectedTag,
        ["metadata"] = new JsonObject { ["tags"] = new JsonArray(InjectedTag) },
        ["outputs"] = new JsonArray(),
        ["source"] = Lines(source),
    });

    /// <summary>The cell with another source and without outputs.</summary>
    public NotebookCell With(string source)
    {
        var json = (JsonObject)Json.DeepClone();
        json["source"] = Lines(source);
        var cell = new NotebookCell(json);
        if (IsCode)
        {
            cell.ClearOutputs();
        }

        return cell;
    }

    /// <summary>A text as nbformat stores it: lines with their ends.</summary>
    public static JsonArray Lines(string text)
    {
        var lines = new JsonArray();
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start) is var found and >= 0 ? found + 1 : text.Length;
            lines.Add(text[start..end]);
            start = end;
        }

        return lines;
    }

    /// <summary>Says that <see cref="Json"/> was changed.</summary>
    public void Changed() => (_text, _charts) = (null, null);

    public void ClearOutputs()
    {
        Changed();
        Json["execution_count"] = null;
        Json["outputs"] = new JsonArray();
    }
}
