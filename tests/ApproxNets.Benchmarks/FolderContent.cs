using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ApproxNets.Benchmarks;

/// <summary>The files of a folder without what differs from run to run: times, and sums of content with times in it.</summary>
internal static partial class FolderContent
{
    /// <summary>A hash for every file, by its path in the folder.</summary>
    /// <param name="folder">The folder.</param>
    public static SortedDictionary<string, string> Of(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetRelativePath(folder, file), file => Convert.ToHexStringLower(SHA256.HashData(Timeless(file)))),
        StringComparer.Ordinal);

    /// <summary>Where two folders differ: one line for every file, none if they are equal.</summary>
    public static IEnumerable<string> Differences(IReadOnlyDictionary<string, string> expected, IReadOnlyDictionary<string, string> found) =>
    [
        .. expected.Where(file => !found.ContainsKey(file.Key)).Select(file => $"{file.Key} is missing"),
        .. expected.Where(file => found.TryGetValue(file.Key, out var other) && other != file.Value).Select(file => $"{file.Key} differs"),
    ];

    /// <summary>Files that are in a folder beside those expected.</summary>
    public static IEnumerable<string> LeftBehind(IReadOnlyDictionary<string, string> expected, IReadOnlyDictionary<string, string> found) =>
        found.Keys.Where(file => !expected.ContainsKey(file));

    private static byte[] Timeless(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        return Path.GetExtension(file) switch
        {
            ".safetensors" => TimelessTensors(bytes),
            ".json" or ".ipynb" => Encoding.UTF8.GetBytes(TimelessJson(Encoding.UTF8.GetString(bytes))),
            ".html" => Encoding.UTF8.GetBytes(Times().Replace(Encoding.UTF8.GetString(bytes), "")),
            _ => bytes,
        };
    }

    /// <summary>The values stay as they are, the texts beside them lose times.</summary>
    private static byte[] TimelessTensors(byte[] file)
    {
        int length = checked((int)BinaryPrimitives.ReadInt64LittleEndian(file));
        var header = JsonNode.Parse(file.AsSpan(8, length))!.AsObject();
        var texts = header["__metadata__"]!.AsObject();
        texts.Remove("sha256");
        foreach (var (key, value) in texts.ToList())
        {
            texts[key] = TimelessJson((string)value!);
        }

        return [.. Encoding.UTF8.GetBytes(header.ToJsonString()), .. file.AsSpan(8 + length)];
    }

    /// <summary>A text without times if it is JSON, as it is otherwise.</summary>
    internal static string TimelessJson(string text)
    {
        try
        {
            var json = JsonNode.Parse(text);
            (json as JsonObject)?.Remove("sha256");
            Strip(json);
            return json?.ToJsonString() ?? text;
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private static void Strip(JsonNode? node)
    {
        foreach (JsonNode? child in node as JsonArray ?? [])
        {
            Strip(child);
        }

        foreach (var (key, value) in (node as JsonObject)?.ToList() ?? [])
        {
            if (key.EndsWith("seconds", StringComparison.OrdinalIgnoreCase) || key is "TimeUtc" || key.EndsWith("_utc", StringComparison.Ordinal))
            {
                node!.AsObject().Remove(key);
            }
            else
            {
                Strip(value);
            }
        }
    }

    // The time of a cell that took long; times of day; seconds.
    [GeneratedRegex("""\s*<span class="time">[^<]*</span>|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]+(Z| UTC)?|[0-9]+(\.[0-9]+)? (m?s|min)\b""")]
    private static partial Regex Times();
}
