using static TorchSharp.torch;

namespace ApproxNets.Training;

/// <summary>Saves and loads the state of a model: parameters and buffers by name, with text about their origin.</summary>
public static class Checkpoint
{
    /// <summary>Writes all parameters and buffers of a model as <c>.safetensors</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="metadata">Settings, seed, accuracy: whatever tells where the weights come from.</param>
    public static void Save(string path, nn.Module model, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        SafeTensors.Write(path, model.state_dict().Select(e => (e.Key, e.Value)), metadata);
    }

    /// <summary>Reads a checkpoint into a model. Every name and shape must agree; the model is unchanged otherwise.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model, of the network that was saved.</param>
    /// <returns>The metadata.</returns>
    /// <exception cref="InvalidDataException">The file is malformed, or it is not of this network.</exception>
    public static IReadOnlyDictionary<string, string> Load(string path, nn.Module model)
    {
        using var scope = NewDisposeScope();
        var (tensors, metadata) = SafeTensors.Read(path);
        Copy(path, tensors, model);
        return metadata;
    }

    internal static void Copy(string path, IReadOnlyDictionary<string, Tensor> tensors, nn.Module model)
    {
        using var gradients = no_grad();
        var state = model.state_dict();
        string[] missing = [.. state.Keys.Except(tensors.Keys)], extra = [.. tensors.Keys.Except(state.Keys)];
        if (missing.Length + extra.Length > 0)
        {
            throw new InvalidDataException(
                $"'{path}': found another network: {missing.Length} tensors are missing ({First(missing)}), "
                + $"{extra.Length} are unknown ({First(extra)}); expected the {state.Count} tensors of {model.GetName()}.");
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
