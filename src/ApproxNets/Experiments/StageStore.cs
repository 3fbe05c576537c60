using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ApproxNets.Foundation;
using ApproxNets.Training;
using static TorchSharp.torch;

namespace ApproxNets.Experiments;

/// <summary>A finished stage of an experiment, without its result.</summary>
/// <param name="Name">Name and hash of all the stage depends on: its file's name without the ending.</param>
/// <param name="WeightsSha256">SHA-256 of the weights it ended with; later stages that start from them have it in their key.</param>
/// <param name="File">The checkpoint.</param>
/// <param name="Loaded">True if the checkpoint existed already.</param>
public abstract record Stage(string Name, string WeightsSha256, string File, bool Loaded);

/// <summary>A finished stage with what it gave.</summary>
/// <typeparam name="T">Type of the result.</typeparam>
/// <param name="Result">What the stage gave besides the weights.</param>
/// <param name="Name">As of <see cref="Stage"/>.</param>
/// <param name="WeightsSha256">As of <see cref="Stage"/>.</param>
/// <param name="File">As of <see cref="Stage"/>.</param>
/// <param name="Loaded">As of <see cref="Stage"/>.</param>
public sealed record Stage<T>(T Result, string Name, string WeightsSha256, string File, bool Loaded)
    : Stage(Name, WeightsSha256, File, Loaded);

/// <summary>
/// Keeps finished stages as checkpoints, so that one notebook continues where another ended and nothing is trained twice. A stage is found
/// by its <see cref="Fingerprint"/>: data, settings, version of the algorithm and the hash of the weights it starts from.
/// </summary>
/// <remarks>
/// A file holds its fingerprint, the hash of its weights and one of all its content. All are compared when it is read: a stage of the user's
/// whose file is damaged, renamed or exchanged is made again, with a notice that says what was found; a shipped one is an error.
/// </remarks>
public sealed class StageStore
{
    /// <summary>Digits of the fingerprint's hash in a file name.</summary>
    internal const int HashDigits = 12;

    private readonly string _folder;
    private readonly string? _shipped;

    // The code that runs is that of the beginning, whatever is checked out by the time a long training ends.
    private readonly Provenance _begun = Provenance.Current();

    /// <summary>Makes a store.</summary>
    /// <param name="folder">Where new stages go; made if missing.</param>
    /// <param name="shipped">A folder that is only read, looked at first; null to do without.</param>
    public StageStore(string folder, string? shipped = null) => (_folder, _shipped) = (folder, shipped);

    /// <summary>Receives what the user should know: that a file is damaged and its stage is made again. Standard error if left out.</summary>
    public Action<string> Notice { get; init; } = text => Console.Error.WriteLine(text);

    /// <summary>Whether a stage that another process is making is waited for, which is what one experiment wants; many that could go on elsewhere
    /// (<c>approxnets sweep</c>) get a <see cref="StageBusyException"/>.</summary>
    public bool Waits { get; init; } = true;

    /// <summary>Stops waiting.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The store of this repository: <c>artifacts/stages</c>, and the checkpoints shipped in <c>data/checkpoints</c>. Outside of a
    /// repository it is that of the current folder.</summary>
    /// <param name="retrain">Begins anew: leaves the shipped checkpoints aside and uses <c>artifacts/stages-retrained</c>.</param>
    /// <param name="waits">As <see cref="Waits"/>.</param>
    /// <param name="cancellation">As <see cref="Cancellation"/>.</param>
    public static StageStore OfRepository(bool retrain = false, bool waits = true, CancellationToken cancellation = default)
    {
        string root = RepositoryFolder.OfWork();
        return new StageStore(
            Path.Combine(root, "artifacts", retrain ? "stages-retrained" : "stages"), retrain ? null : Path.Combine(root, "data", "checkpoints"))
        {
            Waits = waits,
            Cancellation = cancellation,
        };
    }

    /// <summary>Loads a finished stage into a network, or runs it and keeps it.</summary>
    /// <typeparam name="T">Type of the stage's result, serialisable as JSON.</typeparam>
    /// <param name="name">Name of the stage, fit for a file name.</param>
    /// <param name="key">All the result depends on, the weights that <paramref name="network"/> comes in with included.</param>
    /// <param name="network">The network that the stage changes.</param>
    /// <param name="run">Runs the stage on the network. It receives the path of a file for unfinished work, which is deleted once the stage is kept.</param>
    /// <exception cref="InvalidDataException">A shipped checkpoint is damaged, or it is another stage's.</exception>
    /// <exception cref="StageBusyException">Another process is making the stage, and the store does not wait.</exception>
    public Stage<T> Run<T>(string name, Fingerprint key, nn.Module network, Func<string, T> run)
    {
        string full = NameOf(name, key.Sha256), path = Path.Combine(_folder, full + ".safetensors"), unfinished = path + ".resume";
        Stage<T>? FindKept()
        {
            var kept = Kept(full + ".safetensors", file => Load<T>(file, name, key, network));
            if (kept is not null)
            {
                RemoveLeftOver(full, unfinished);
            }

            return kept;
        }

        DateTime before = File.GetLastWriteTimeUtc(path);
        if (FindKept() is { } found)
        {
            return found;
        }

        using Lease lease = Claim(full);
        if (File.GetLastWriteTimeUtc(path) != before && FindKept() is { } made) // by another process, meanwhile
        {
            return made;
        }

        T result = run(unfinished);
        string weights = Checkpoint.Save(path, network, new Dictionary<string, string>
        {
            [Metadata.Stage] = name,
            [Metadata.Fingerprint] = key.Text,
            [Metadata.Result] = JsonSerializer.Serialize(result),
            [Metadata.Provenance] = JsonSerializer.Serialize(_begun with { TimeUtc = DateTime.UtcNow }),
        });
        File.Delete(unfinished);
        return new Stage<T>(result, full, weights, path, false);
    }

    /// <summary>Reads a result that was computed earlier, or computes it and keeps it as JSON: for stages that change no network.</summary>
    /// <typeparam name="T">Type of the result, serialisable as JSON.</typeparam>
    /// <param name="name">Name of the stage, fit for a file name.</param>
    /// <param name="key">All the result depends on.</param>
    /// <param name="compute">Computes the result.</param>
    /// <exception cref="InvalidDataException">A shipped file is damaged, or it is another stage's.</exception>
    /// <exception cref="StageBusyException">Another process is computing it, and the store does not wait.</exception>
    public T Keep<T>(string name, Fingerprint key, Func<T> compute)
    {
        string full = NameOf(name, key.Sha256), path = Path.Combine(_folder, full + ".json");
        KeptResult<T>? FindKept() => Kept(full + ".json", file => ReadResult<T>(file, name, key));
        DateTime before = File.GetLastWriteTimeUtc(path);
        if (FindKept() is { } found)
        {
            RemoveLeftOver(full);
            return found.Result;
        }

        using Lease lease = Claim(full);
        if (File.GetLastWriteTimeUtc(path) != before && FindKept() is { } made) // by another process, meanwhile
        {
            return made.Result;
        }

        T result = compute();
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(
            new KeptResult<T>(ContentSum.Unknown, name, key.Text, _begun with { TimeUtc = DateTime.UtcNow }, result));
        ContentSum.Set(text, SumStart.Length, []);
        AtomicFile.Write(path, stream => stream.Write(text));
        return result;
    }

    /// <summary>Removes what a process left that ended between keeping a stage and this: unfinished work and its claim, not that of a process at
    /// work.</summary>
    private void RemoveLeftOver(string full, params IReadOnlyList<string> unfinished)
    {
        foreach (string file in unfinished.Where(File.Exists))
        {
            File.Delete(file);
        }

        if (File.Exists(LeaseOf(full)))
        {
            Lease.TryTake(LeaseOf(full))?.Dispose();
        }
    }

    private string LeaseOf(string full) => Path.Combine(_folder, full + ".lease");

    /// <summary>Makes this process the one that works on a stage: several would write one file of unfinished work.</summary>
    private Lease Claim(string full)
    {
        string path = LeaseOf(full);
        for (bool said = false; ; said = true)
        {
            if (Lease.TryTake(path) is { } lease)
            {
                return lease;
            }

            if (!Waits)
            {
                throw new StageBusyException($"The stage '{full}' is being made by another process.");
            }

            if (!said)
            {
                Notice($"The stage '{full}' is being made by another process; waiting for it.");
            }

            Cancellation.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
            Cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The file name, without its ending, of a stage.</summary>
    internal static string NameOf(string name, string fingerprintSha256) => $"{name}-{fingerprintSha256[..HashDigits]}";

    /// <summary>The file of a name where it is; where it is to go if there is none.</summary>
    internal string FileOf(string name) => Find(name) ?? Path.Combine(_folder, name);

    private string? Find(string name) =>
        new[] { _shipped, _folder }.OfType<string>().Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Reads the file of a name; null if there is none, or if it is the user's and no good.</summary>
    /// <exception cref="InvalidDataException">A shipped file is no good.</exception>
    internal T? Kept<T>(string name, Func<string, T> read)
        where T : class
    {
        if (Find(name) is not { } file)
        {
            return null;
        }

        bool isShipped = _shipped is not null && file == Path.Combine(_shipped, name);
        try
        {
            if (isShipped && name.EndsWith(".safetensors", StringComparison.Ordinal))
            {
                CheckpointIndex.Check(file);
            }

            return read(file);
        }
        catch (InvalidDataException e) when (!isShipped)
        {
            Notice($"{e.Message} It is made again.");
            return null;
        }
    }

    private static Stage<T> Load<T>(string file, string name, Fingerprint key, nn.Module network)
    {
        using var scope = NewDisposeScope();
        var (tensors, metadata) = Checkpoint.Read(file, new(Metadata.Fingerprint, key.Text));
        if (!metadata.Keys.ToHashSet().SetEquals(Metadata.All) || metadata[Metadata.Stage] != name)
        {
            throw new InvalidDataException(
                $"'{file}': found the stage '{metadata.GetValueOrDefault(Metadata.Stage)}' with the texts {string.Join(", ", metadata.Keys)}, "
                + $"expected '{name}' with {string.Join(", ", Metadata.All)}.");
        }

        T result = Parse<T>(file, metadata[Metadata.Result]);
        Checkpoint.Copy(file, tensors, network);
        return new Stage<T>(result, Path.GetFileNameWithoutExtension(file), metadata[Checkpoint.WeightsSha256], file, true);
    }

    private static KeptResult<T> ReadResult<T>(string file, string name, Fingerprint key)
    {
        byte[] text = File.ReadAllBytes(file);
        if (text.AsSpan().StartsWith(SumStart)) // files of earlier versions have none
        {
            ContentSum.Check(file, text, SumStart.Length);
        }

        var kept = Parse<KeptResult<T>>(file, Encoding.UTF8.GetString(text));
        return kept.Fingerprint == key.Text && kept.Stage == name && kept.Result is not null
            ? kept
            : throw new InvalidDataException(
                $"'{file}': found the result of '{kept.Stage}', '{kept.Fingerprint}', expected that of '{name}', '{key.Text}'.");
    }

    private static T Parse<T>(string file, string json)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{file}': found no JSON of a {typeof(T).Name} ({e.Message}).", e);
        }
    }

    private static ReadOnlySpan<byte> SumStart => "{\"sha256\":\""u8;

    /// <summary>Keys of the text in a stage's checkpoint.</summary>
    internal static class Metadata
    {
        public const string Stage = "stage", Fingerprint = "fingerprint", Result = "result", Provenance = "provenance";

        public static readonly string[] All = [Stage, Fingerprint, Result, Provenance, Checkpoint.WeightsSha256];
    }

    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    private sealed record KeptResult<T>(
        [property: JsonPropertyName(ContentSum.Name)] string? Sha256,
        [property: JsonPropertyName("stage")] string Stage,
        [property: JsonPropertyName("fingerprint")] string Fingerprint,
        [property: JsonPropertyName("provenance")] Provenance Provenance,
        [property: JsonPropertyName("result")] T Result);
}

/// <summary>A stage is being made by another process.</summary>
/// <param name="message">Which.</param>
public sealed class StageBusyException(string message) : Exception(message);
