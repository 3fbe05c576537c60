using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using ApproxNets.Foundation;
using ApproxNets.Training;

namespace ApproxNets.Experiments;

/// <summary>The list of the shipped checkpoints: what each file is, for people and for the test that nothing was exchanged.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="What">The stage, with the settings that tell it from its neighbours.</param>
/// <param name="ValidationAccuracy">Accuracy on the validation images after the last epoch, in per cent.</param>
/// <param name="WeightsSha256">Hash of the weights.</param>
/// <param name="FileSha256">Hash of the whole file, the text beside the weights included.</param>
/// <param name="Fingerprint">All the stage depends on.</param>
public sealed record CheckpointIndex(
    [property: JsonPropertyName("file")] string File,
    [property: JsonPropertyName("what")] string What,
    [property: JsonPropertyName("validation_accuracy")] double ValidationAccuracy,
    [property: JsonPropertyName("weights_sha256")] string WeightsSha256,
    [property: JsonPropertyName("file_sha256")] string FileSha256,
    [property: JsonPropertyName("fingerprint")] IReadOnlyList<string> Fingerprint)
{
    /// <summary>Name of the index file in a folder of checkpoints.</summary>
    public const string FileName = "index.json";

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    /// <summary>Reads the index of a folder.</summary>
    /// <exception cref="InvalidDataException">The file is no index.</exception>
    public static IReadOnlyList<CheckpointIndex> Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            var entries = JsonSerializer.Deserialize<List<CheckpointIndex?>>(System.IO.File.ReadAllText(path)) ?? throw new JsonException("null");
            return [.. entries.Select(entry => entry ?? throw new JsonException("null"))];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}': found no index of checkpoints ({e.Message}), expected a list of files.", e);
        }
    }

    /// <summary>Compares a file with the index of its folder. Where there is no index, nothing is compared.</summary>
    /// <exception cref="InvalidDataException">The index does not have the file, or has another content of it.</exception>
    internal static void Check(string path)
    {
        string folder = Path.GetDirectoryName(path)!, name = Path.GetFileName(path);
        if (System.IO.File.Exists(Path.Combine(folder, FileName)))
        {
            string found = Sha256OfFile(path), expected = Read(folder).FirstOrDefault(entry => entry.File == name)?.FileSha256 ?? "(none)";
            if (found != expected)
            {
                throw new InvalidDataException($"'{path}': found a file of the SHA-256 {found}, expected {expected}, as {FileName} beside it says.");
            }
        }
    }

    /// <summary>Looks at every checkpoint of a folder and writes the folder's index.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or its name is not that of its fingerprint.</exception>
    public static IReadOnlyList<CheckpointIndex> Write(string folder)
    {
        var entries = Directory.GetFiles(folder, "*.safetensors").Order(StringComparer.Ordinal).Select(Of).ToList();
        AtomicFile.Write(Path.Combine(folder, FileName), stream => JsonSerializer.Serialize(stream, entries, Format));
        return entries;
    }

    /// <summary>Looks at one checkpoint, its weights included.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or its name is not that of its fingerprint.</exception>
    public static CheckpointIndex Of(string path)
    {
        string file = Path.GetFileName(path);
        using var scope = TorchSharp.torch.NewDisposeScope();
        var (tensors, metadata) = SafeTensors.Read(path);
        var (stage, fingerprint) = (metadata[StageStore.Metadata.Stage], metadata[StageStore.Metadata.Fingerprint]);
        string sha256 = Checkpoint.Sha256(tensors);
        if (sha256 != metadata[Checkpoint.WeightsSha256])
        {
            throw new InvalidDataException($"'{path}': found weights of the SHA-256 {sha256}, expected {metadata[Checkpoint.WeightsSha256]}.");
        }

        using var result = JsonDocument.Parse(metadata[StageStore.Metadata.Result]);
        var training = result.RootElement.TryGetProperty("training", out var inner) ? inner : result.RootElement;
        double accuracy = Math.Round(100 * training.GetProperty("epochs").EnumerateArray().Last().GetProperty("validation_accuracy").GetDouble(), 2);

        string expected = StageStore.NameOf(stage, Foundation.Fingerprint.Sha256Of(fingerprint)) + ".safetensors";
        string[] lines = fingerprint.TrimEnd('\n').Split('\n');
        return file == expected
            ? new CheckpointIndex(file, Describe(lines), accuracy, sha256, Sha256OfFile(path), lines)
            : throw new InvalidDataException($"'{path}': found the fingerprint of {expected}, expected that of the file's name.");
    }

    private static string Sha256OfFile(string path) => Convert.ToHexStringLower(SHA256.HashData(System.IO.File.ReadAllBytes(path)));

    private static string Describe(string[] lines)
    {
        string Value(string name) => lines.FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal))?[(name.Length + 1)..] ?? "";
        string[] parts =
        [
            lines[0].Split(' ')[0], Value("network"), Value("scheme"), "seed " + Value("seed"), Value("lambda") is { Length: > 0 } l ? "lambda " + l : "",
            Value("teacher").Length > 0 ? "taught" : "", Value("epochs") is { Length: > 0 } e ? e + " epochs" : "",
        ];
        return string.Join(", ", parts.Where(p => p.Length > 0));
    }
}
