using System.Security.Cryptography;
using System.Text;
using static TorchSharp.torch;

namespace ApproxNets.Training;

/// <summary>Saves and loads the state of a model: parameters and buffers by name, with text about their origin.</summary>
public static class Checkpoint
{
    /// <summary>Key of the text that holds the hash of the weights.</summary>
    public const string WeightsSha256 = "weights_sha256";

    /// <summary>Writes all parameters and buffers of a model as <c>.safetensors</c>, with the hash of their content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="metadata">Settings, seed, accuracy: whatever tells where the weights come from.</param>
    /// <returns>The hash of the weights (<see cref="Sha256"/>), also written under <see cref="WeightsSha256"/>.</returns>
    public static string Save(string path, nn.Module model, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        var state = model.state_dict();
        string sha256 = Sha256(state);
        SafeTensors.Write(
            path, state.Select(e => (e.Key, e.Value)), new Dictionary<string, string>(metadata) { [WeightsSha256] = sha256 });
        return sha256;
    }

    /// <summary>Reads a checkpoint into a model. Every name and shape must agree; on an error the model is unchanged.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model, of the network that was saved.</param>
    /// <param name="expected">A text that the file must hold; not asked for if null.</param>
    /// <returns>The metadata.</returns>
    /// <exception cref="InvalidDataException">The file is malformed, it is not of this network, its weights are not those that were saved, or
    /// the expected text is another.</exception>
    public static IReadOnlyDictionary<string, string> Load(string path, nn.Module model, KeyValuePair<string, string>? expected = null)
    {
        using var scope = NewDisposeScope();
        var (tensors, metadata) = Read(path, expected);
        Copy(path, tensors, model);
        return metadata;
    }

    /// <summary>Reads and checks a checkpoint, as <see cref="Load"/> does before it changes a model.</summary>
    internal static (Dictionary<string, Tensor> Tensors, Dictionary<string, string> Metadata) Read(string path, KeyValuePair<string, string>? expected)
    {
        var (tensors, metadata) = SafeTensors.Read(path);
        if (expected is { } text && (!metadata.TryGetValue(text.Key, out string? value) || value != text.Value))
        {
            throw new InvalidDataException(
                $"'{path}': found the {text.Key} '{metadata.GetValueOrDefault(text.Key) ?? "(none)"}', expected '{text.Value}'.");
        }

        if (metadata.TryGetValue(WeightsSha256, out string? saved) && Sha256(tensors) is var found && found != saved)
        {
            throw new InvalidDataException($"'{path}': found weights of the SHA-256 {found}, expected {saved}: the file was changed.");
        }

        return (tensors, metadata);
    }

    /// <summary>
    /// Computes the SHA-256 of tensors, lower-case hexadecimal: of each in the order of names its name, dtype, shape and bytes. The place in a
    /// file does not count, nor does text beside the tensors.
    /// </summary>
    public static string Sha256(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, tensor) in tensors.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {SafeTensors.NameOf(tensor.dtype)} [{string.Join(", ", tensor.shape)}]\n"));
            hash.AppendData(tensor.detach().cpu().contiguous().bytes);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    internal static void Copy(string path, IReadOnlyDictionary<string, Tensor> tensors, nn.Module model) =>
        Copy(path, tensors, model.state_dict(), model.GetName());

    /// <summary>Copies the tensors of a file into others. Names, shapes and dtypes are compared before anything changes.</summary>
    internal static void Copy(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, Tensor> state, string what)
    {
        using var gradients = no_grad();
        string[] missing = [.. state.Keys.Except(tensors.Keys)], extra = [.. tensors.Keys.Except(state.Keys)];
        if (missing.Length + extra.Length > 0)
        {
            throw new InvalidDataException(
                $"'{path}': found another network: {missing.Length} tensors are missing ({First(missing)}), "
                + $"{extra.Length} are unknown ({First(extra)}); expected the {state.Count} tensors of {what}.");
        }

        foreach (var (name, target) in state)
        {
            if (!tensors[name].shape.SequenceEqual(target.shape) || tensors[name].dtype != target.dtype)
            {
                throw new InvalidDataException(
                    $"'{path}', tensor '{name}': found {tensors[name].dtype} [{string.Join(", ", tensors[name].shape)}], "
                    + $"expected {target.dtype} [{string.Join(", ", target.shape)}].");
            }
        }

        foreach (var (name, target) in state)
        {
            target.copy_(tensors[name]);
        }
    }

    private static string First(string[] names) =>
        names.Length == 0 ? "none" : string.Join(", ", names.Take(3)) + (names.Length > 3 ? ", ..." : "");
}
