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
    private static readonly JsonSerializerOptions Format = new()
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
        catch (JsonException e)
        {
            throw new UsageException($"{path}: found no valid JSON at line {e.LineNumber + 1}: {e.Message}");
        }
    }

    public static NotebookDocument Parse(string path, string json)
    {
        if (JsonNode.Parse(json) is not JsonObject root || root["nbformat"]?.GetValue<int>() != 4 || root["cells"] is not JsonArray cells)
        {
            throw new UsageException($"{path}: found no notebook of nbformat 4, expected an object with \"nbformat\": 4 and \"cells\".");
        }

        string? language = (string?)root["metadata"]?["kernelspec"]?["language"] ?? (string?)root["metadata"]?["language_info"]?["name"];
        if (language is not (null or "C#" or "csharp"))
        {
            throw new UsageException($"{path}: found a notebook in '{language}', expected C#.");
        }

        var parsed = cells.Select((cell, i) => cell as JsonObject is { } found && found["cell_type"] is not null
            && found["source"] is not null
            ? new NotebookCell(found)
            : throw new UsageException($"{path}: cell {i + 1} has no cell_type or no source.")).ToList();
        return new NotebookDocument(path, json, root, parsed);
    }

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
            string? id = (string?)cells[i].Json["id"];
            if (id is null || !ids.Add(id))
            {
                for (int n = i + 1; !ids.Add(id = $"cell-{n}"); n += cells.Count)
                {
                }
            }

            cells[i].Json["id"] = id;
        }

        var metadata = Root["metadata"]?.DeepClone() as JsonObject ?? [];
        if (note is not null)
        {
            metadata["approxnets"] = note;
        }

        var root = new JsonObject
        {
            ["cells"] = new JsonArray([.. cells.Select(cell => cell.Json.DeepClone())]),
            ["metadata"] = metadata,
            ["nbformat"] = 4,
            ["nbformat_minor"] = Math.Max(5, Root["nbformat_minor"]?.GetValue<int>() ?? 0),
        };
        return root.ToJsonString(Format) + "\n";
    }
}
