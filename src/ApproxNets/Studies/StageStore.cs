using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ApproxNets.Foundation;
using ApproxNets.Training;
using static TorchSharp.torch;

namespace ApproxNets.Studies;

/// <summary>
/// Keeps the finished stages of a study as checkpoints, so that one notebook continues where another ended and nothing is
/// trained twice. A stage is found by its name and by a hash of all its settings; other settings are another stage.
/// </summary>
public sealed class StageStore
{
    private readonly string _folder;
    private readonly string? _shipped;

    // The code that runs is that of the beginning, whatever is checked out by the time a long training ends.
    private readonly Provenance _begun = Provenance.Current();

    /// <summary>Makes a store.</summary>
    /// <param name="folder">Where new stages go; made if missing.</param>
    /// <param name="shipped">A folder that is only read, looked at first; null to do without.</param>
    public StageStore(string folder, string? shipped = null) => (_folder, _shipped) = (folder, shipped);

    /// <summary>The store of this repository: <c>artifacts/stages</c>, and the checkpoints shipped in <c>data/checkpoints</c>.</summary>
    /// <param name="retrain">Begins anew: leaves the shipped checkpoints aside and uses <c>artifacts/stages-retrained</c>.</param>
    public static StageStore OfRepository(bool retrain = false)
    {
        string root = RepositoryFolder.Find();
        return retrain
            ? new StageStore(Path.Combine(root, "artifacts", "stages-retrained"))
            : new StageStore(Path.Combine(root, "artifacts", "stages"), Path.Combine(root, "data", "checkpoints"));
    }

    /// <summary>Loads a finished stage into a network, or runs it and keeps it.</summary>
    /// <typeparam name="T">Type of the stage's result, serialisable as JSON.</typeparam>
    /// <param name="name">Name of the stage, fit for a file name.</param>
    /// <param name="settings">All the result depends on: data, seed, options, the key of the stage before.</param>
    /// <param name="network">The network that the stage changes.</param>
    /// <param name="run">Runs the stage on the network; told a file to keep unfinished work in, deleted once the stage is kept.</param>
    /// <exception cref="InvalidDataException">The checkpoint is damaged or of another network.</exception>
    public Stage<T> Run<T>(string name, object settings, nn.Module network, Func<string, T> run)
    {
        var (key, text) = KeyOf(name, settings);
        foreach (string folder in Folders)
        {
            string file = Path.Combine(folder, key + ".safetensors");
            if (File.Exists(file))
            {
                var metadata = Checkpoint.Load(file, network);
                return metadata.TryGetValue("result", out string? found) && Parse<T>(file, found) is { } kept
                    ? new Stage<T>(kept, key, file, true)
                    : throw new InvalidDataException($"'{file}': found no result of the stage, expected one beside the weights.");
            }
        }

        string path = Path.Combine(_folder, key + ".safetensors"), unfinished = path + ".resume";
        T result = run(unfinished);
        Checkpoint.Save(path, network, new Dictionary<string, string>
        {
            ["stage"] = name,
            ["settings"] = text,
            ["result"] = JsonSerializer.Serialize(result),
            ["provenance"] = JsonSerializer.Serialize(_begun with { TimeUtc = DateTime.UtcNow }),
        });
        File.Delete(unfinished);
        return new Stage<T>(result, key, path, false);
    }

    /// <summary>Reads a result that was computed earlier, or computes it and keeps it as JSON: for stages that change no network.</summary>
    /// <typeparam name="T">Type of the result, serialisable as JSON.</typeparam>
    /// <param name="name">Name of the stage, fit for a file name.</param>
    /// <param name="settings">All the result depends on.</param>
    /// <param name="compute">Computes the result.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public T Keep<T>(string name, object settings, Func<T> compute)
    {
        var (key, text) = KeyOf(name, settings);
        if (Folders.Select(folder => Path.Combine(folder, key + ".json")).FirstOrDefault(File.Exists) is { } file)
        {
            return Parse<Kept<T>>(file, File.ReadAllText(file)) is { Result: { } kept }
                ? kept
                : throw new InvalidDataException($"'{file}': found no result, expected one. Delete the file to compute it anew.");
        }

        T result = compute();
        Directory.CreateDirectory(_folder);
        AtomicFile.Write(
            Path.Combine(_folder, key + ".json"),
            stream => JsonSerializer.Serialize(stream, new Kept<T>(name, text, _begun with { TimeUtc = DateTime.UtcNow }, result)));
        return result;
    }

    private IEnumerable<string> Folders => new[] { _shipped, _folder }.OfType<string>();

    private static T? Parse<T>(string file, string json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{file}': found no JSON of a {typeof(T).Name} ({e.Message}). Delete the file.", e);
        }
    }

    private static (string Key, string Settings) KeyOf(string name, object settings)
    {
        string text = JsonSerializer.Serialize(settings);
        return ($"{name}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..10]}", text);
    }

    private sealed record Kept<T>(string Stage, string Settings, Provenance Provenance, T Result);
}
