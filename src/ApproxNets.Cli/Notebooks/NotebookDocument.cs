using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ApproxNets.Cli.Notebooks;

/// <summary>
/// An <c>.ipynb</c> file (nbformat 4). What the runner does not know of is kept; saving brings it to nbformat 4.5, which gives
/// every cell an id.
/// </summary>
internal sealed class NotebookDocument
{
    // As Jupyter writes it, so that differences between versions stay readable.
    internal static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private NotebookDocument(string path, string json, JsonObject root, List<NotebookCell> cells)
    {
        Path = path;
        LoadedJson = json;
        Root = root;
        Cells = cells;
    }

    public string Path { get; }

    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>The file's text when it was read.</summary>
    public string LoadedJson { get; }

    public JsonObject Root { get; }

    public List<NotebookCell> Cells { get; }

    /// <summary>The first heading, or the file's name.</summary>
    public string Title => Cells.Where(cell => !cell.IsCode)
        .SelectMany(cell => cell.Source.Split('\n'))
        .FirstOrDefault(line => line.StartsWith("# ", StringComparison.Ordinal))?[2..].Trim()
        ?? System.IO.Path.GetFileNameWithoutExtension(Path);

    public static NotebookDocument Load(string path)
    {
        try
        {
            return Parse(path, File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{path}: it cannot be read: {e.Message}");
        }
    }

    /// <summary>Reads and checks a notebook: what passes here does not fail when it is run and written.</summary>
    /// <exception cref="UsageException">The text is no notebook of nbformat 4 in C#; the message says what was found where.</exception>
    public static NotebookDocument Parse(string path, string json)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(json, null, new JsonDocumentOptions { AllowDuplicateProperties = false });
            node?.ToJsonString(Format); // reads every text, also those that are no Unicode
        }
        catch (JsonException e)
        {
            throw new UsageException($"{path}: found no valid JSON at line {e.LineNumber + 1}: {e.Message}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new UsageException($"{path}: found no valid JSON: {e.Message}");
        }

        if (node is not JsonObject root || root["nbformat"] is not JsonValue format || !format.TryGetValue(out int version) || version != 4
            || root["cells"] is not JsonArray cells)
        {
            throw new UsageException($"{path}: found no notebook of nbformat 4, expected an object with \"nbformat\": 4 and \"cells\".");
        }

        if (root["metadata"] is not (null or JsonObject))
        {
            throw new UsageException($"{path}: found \"metadata\" that is no object.");
        }

        if (root["nbformat_minor"] is { } minor && !(minor is JsonValue value && value.TryGetValue(out int _)))
        {
            throw new UsageException($"{path}: found \"nbformat_minor\" that is no whole number.");
        }

        string? language = TextOf(root["metadata"], "kernelspec", "language") ?? TextOf(root["metadata"], "language_info", "name");
        if (language is not (null or "C#" or "csharp"))
        {
            throw new UsageException($"{path}: found a notebook in '{language}', expected C#.");
        }

        var parsed = cells.Select((cell, i) => Problem(cell) is { } problem ? throw new UsageException($"{path}: cell {i + 1} {problem}.")
            : new NotebookCell((JsonObject)cell!)).ToList();
        return new NotebookDocument(path, json, root, parsed);
    }

    private static string? TextOf(JsonNode? metadata, string group, string name) =>
        metadata?[group] is JsonObject found && found[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>What is wrong with a cell; null if nothing is.</summary>
    private static string? Problem(JsonNode? node)
    {
        if (node is not JsonObject cell || !IsText(cell["cell_type"]) || cell["source"] is null)
        {
            return "has no cell_type or no source";
        }

        bool lines = cell["source"] is JsonArray source && source.All(IsText);
        return !lines && !IsText(cell["source"]) ? "has a source that is neither a text nor lines of text"
            : cell["id"] is not null && !IsText(cell["id"]) ? "has an id that is no text"
            : cell["metadata"] is not (null or JsonObject) ? "has metadata that are no object"
            : cell["metadata"]?["tags"] is { } tags && !(tags is JsonArray all && all.All(IsText)) ? "has tags that are no list of texts"
            : null;
    }

    private static bool IsText(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? _);

    /// <summary>The notebook as it ran, with the cell that set its parameters.</summary>
    /// <param name="note">Stands in the notebook's metadata as <c>approxnets</c>.</param>
    public string ToJson(JsonObject? note = null) => ToJson(Cells, note);

    /// <summary>The notebook as its author wrote it, with the outputs of the run.</summary>
    public string ToSourceJson() => ToJson([.. Cells.Where(cell => !cell.HasTag(NotebookCell.InjectedTag))], null);

    private string ToJson(List<NotebookCell> cells, JsonObject? note)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < cells.Count; i++)
        {
            string? known = (string?)cells[i].Json["id"], id = known;
            if (id is null || !ids.Add(id))
            {
                for (int n = i + 1; !ids.Add(id = $"cell-{n}"); n += cells.Count)
                {
                }
            }

            if (id != known)
            {
                cells[i].Json["id"] = id;
                cells[i].Changed();
            }
        }

        var metadata = Root["metadata"]?.DeepClone() as JsonObject ?? [];
        if (note is not null)
        {
            metadata["approxnets"] = note;
        }

        // The cells' texts go where the empty list stands.
        string frame = new JsonObject
        {
            ["cells"] = new JsonArray(),
            ["metadata"] = metadata,
            ["nbformat"] = 4,
            ["nbformat_minor"] = Math.Max(5, Root["nbformat_minor"]?.GetValue<int>() ?? 0),
        }.ToJsonString(Format);
        const string Empty = "\"cells\": []";
        int at = frame.IndexOf(Empty, StringComparison.Ordinal) + Empty.Length - 1;
        return cells.Count == 0 ? frame + "\n"
            : $"{frame.AsSpan(0, at)}{string.Join(',', cells.Select(cell => cell.Text))}\n {frame.AsSpan(at)}\n";
    }
}
