using ApproxNets.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ApproxNets.Training;

/// <summary>
/// Reads weights that were trained elsewhere into a network of the same parameter names, e.g. torchvision's ImageNet weights
/// into <see cref="Models.MobileNetV2"/>. Unlike <see cref="Checkpoint"/> it converts float types, takes networks before or after
/// <see cref="ApproxModel.Convert"/>, and can leave the classifier out.
/// </summary>
/// <remarks>In Python: <c>safetensors.torch.save_file(model.state_dict(), "weights.safetensors")</c>.</remarks>
public static class PretrainedWeights
{
    private const int Shown = 3;

    /// <summary>
    /// Sets a network's parameters and buffers from a file. All names, shapes and types are checked first: after an error the
    /// network is as before.
    /// </summary>
    /// <param name="network">The network, plain or converted. What conversion adds to a layer (<c>sigma</c>, <c>observer.*</c>) and
    /// <c>num_batches_tracked</c> keep their values where the file lacks them; all else must be there.</param>
    /// <param name="file">A <c>.safetensors</c> file (float32, float64, float16 or bfloat16; counts as integers), or, with any other
    /// extension, one that TorchSharp's <c>module.save</c> wrote.</param>
    /// <param name="exceptClassifier">Leaves the last fully connected layer as it is, whatever the file has for it: for another number of
    /// classes.</param>
    /// <returns>What was set and what was not.</returns>
    /// <exception cref="ArgumentException">The classifier is to be left out, but the network has no fully connected layer.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is malformed, or its tensors are not those of the network: the message tells
    /// which are missing, unknown, or of another shape or type.</exception>
    public static LoadedWeights Load(nn.Module network, string file, bool exceptClassifier = false)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var state = network.state_dict();
        string classifier = Classifier(network);
        bool IsClassifier(string name) => classifier.Length > 0 && name.StartsWith(classifier + ".", StringComparison.Ordinal);
        if (exceptClassifier && classifier.Length == 0)
        {
            throw new ArgumentException(
                $"Weights of '{file}': found no fully connected layer in {network.GetName()}, expected one to leave out.",
                nameof(exceptClassifier));
        }

        var (tensors, metadata) = string.Equals(Path.GetExtension(file), ".safetensors", StringComparison.OrdinalIgnoreCase)
            ? SafeTensors.Read(file)
            : (TorchSharpFile.Read(file), []);
        var optional = Optional(network, state.Keys);
        string[] wanted = [.. state.Keys.Where(name => !(exceptClassifier && IsClassifier(name)))];
        string[] loaded = [.. wanted.Where(tensors.ContainsKey)];
        string[] missing = [.. wanted.Except(loaded).Where(name => !optional.Contains(name))];
        string[] unknown = [.. tensors.Keys.Except(wanted).Where(name => !(exceptClassifier && IsClassifier(name)))];
        string[] unfit = [.. loaded.Where(name => !Fits(tensors[name], state[name]))];
        if (missing.Length + unknown.Length + unfit.Length > 0)
        {
            string hint = missing.Concat(unknown).Concat(unfit).All(IsClassifier)
                ? $" Only the classifier '{classifier}' differs: exceptClassifier leaves it out."
                : "";
            throw new InvalidDataException(
                $"'{file}': found weights of another network: {missing.Length} missing ({List(missing, n => n)}), "
                + $"{unknown.Length} unknown ({List(unknown, n => n)}), {unfit.Length} of another shape or type "
                + $"({List(unfit, n => $"{n}: {Describe(tensors[n])} in place of {Describe(state[n])}")}); "
                + $"expected the {wanted.Length} tensors of {network.GetName()}. Nothing was changed.{hint}");
        }

        foreach (string name in loaded)
        {
            state[name].copy_(tensors[name]);
        }

        return new LoadedWeights(loaded, [.. state.Keys.Except(loaded)], metadata);
    }

    /// <summary>Path of the fully connected layer registered last, "" without one.</summary>
    private static string Classifier(nn.Module network) =>
        network.named_modules().LastOrDefault(m => m.module is Linear or ApproxLinear).name ?? "";

    /// <summary>
    /// The names that a file may lack. Files from before PyTorch 0.4.1, such as torchvision's VGG, have no num_batches_tracked. It matters
    /// only to a batch normalisation without momentum.
    /// </summary>
    private static HashSet<string> Optional(nn.Module network, IEnumerable<string> names)
    {
        string[] added = [.. network.named_modules().Where(m => m.module is ApproxLayer).Select(m => m.name + ".")];
        return
        [
            .. names.Where(n => n.EndsWith(".num_batches_tracked", StringComparison.Ordinal)
                || added.Any(p => n == p + "sigma" || n.StartsWith(p + "observer.", StringComparison.Ordinal))),
        ];
    }

    private static bool Fits(Tensor found, Tensor expected) =>
        found.shape.SequenceEqual(expected.shape) && found.is_floating_point() == expected.is_floating_point();

    private static string Describe(Tensor tensor) => $"{tensor.dtype} [{string.Join(", ", tensor.shape)}]";

    private static string List(string[] names, Func<string, string> describe) =>
        names.Length == 0 ? "none" : string.Join(", ", names.Take(Shown).Select(describe)) + (names.Length > Shown ? ", ..." : "");
}

/// <summary>What <see cref="PretrainedWeights.Load"/> did.</summary>
/// <param name="Loaded">Names of the parameters and buffers that were set from the file.</param>
/// <param name="Kept">Names of those that are as before: the classifier where it was left out, noise scales and ranges of
/// converted layers and counts of batches that the file does not have.</param>
/// <param name="Metadata">Text in the file; none in TorchSharp's format.</param>
public sealed record LoadedWeights(
    IReadOnlyList<string> Loaded, IReadOnlyList<string> Kept, IReadOnlyDictionary<string, string> Metadata);
