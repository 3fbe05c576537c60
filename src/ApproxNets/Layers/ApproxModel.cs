using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Layers;

/// <summary>A network whose convolutions and fully connected layers have become <see cref="ApproxLayer"/>s.</summary>
public sealed class ApproxModel : IDisposable
{
    private ApproxModel(Module<Tensor, Tensor> network, IReadOnlyList<ApproxLayer> layers) => (Network, Layers) = (network, layers);

    /// <summary>The network: images <c>[B, C, H, W]</c> to logits <c>[B, classes]</c>.</summary>
    public Module<Tensor, Tensor> Network { get; }

    /// <summary>All converted layers, in the order in which the network registers them.</summary>
    public IReadOnlyList<ApproxLayer> Layers { get; }

    /// <summary>Opcount c_l of every layer.</summary>
    public IReadOnlyList<long> Opcounts => [.. Layers.Select(l => l.Opcount)];

    /// <summary>The layers' multipliers.</summary>
    /// <exception cref="InvalidOperationException">A layer has none.</exception>
    public Assignment Assignment => new([.. Layers.Select(l => l.Multiplier ?? throw new InvalidOperationException(
        $"Layer '{l.Path}': found no multiplier, expected one."))], Opcounts);

    /// <summary>Parameters of the network proper: without the noise scales, which serve the search only.</summary>
    public long ParameterCount => Network.named_parameters()
        .Where(p => !p.name.EndsWith(".sigma", StringComparison.Ordinal)).Sum(p => p.parameter.numel());

    /// <summary>
    /// Replaces every Conv2d and Linear of a network, in place, and runs it once in float on a black image, which gives the
    /// opcounts.
    /// </summary>
    /// <param name="network">The network; its fields of convolutions and fully connected layers must be declared as
    /// <c>Module&lt;Tensor, Tensor&gt;</c> or stand in a Sequential or ModuleList.</param>
    /// <param name="options">How to quantise.</param>
    /// <param name="imageShape">C, H, W of an image.</param>
    /// <exception cref="ArgumentException">There is nothing to convert, or a layer cannot be exchanged.</exception>
    public static ApproxModel Convert(Module<Tensor, Tensor> network, QuantizationOptions options, params long[] imageShape)
    {
        using var scope = NewDisposeScope();
        var layers = new List<ApproxLayer>();
        foreach (var (parent, name, path, module) in ModuleTree.Find<Module<Tensor, Tensor>>(
            network, m => m is TorchSharp.Modules.Conv2d or TorchSharp.Modules.Linear))
        {
            ApproxLayer layer = module is Conv2d conv
                ? new ApproxConv2d(path, conv, options)
                : new ApproxLinear(path, (Linear)module, options);
            ModuleTree.Replace(parent, name, path, module, layer);
            layers.Add(layer);
        }

        if (layers.Count == 0)
        {
            throw new ArgumentException(
                $"Conversion: found no Conv2d and no Linear in {network.GetName()}, expected at least one.", nameof(network));
        }

        layers.ForEach(l => scope.Detach(l.Sigma));
        layers.SelectMany(l => l.buffers()).ToList().ForEach(b => scope.Detach(b));
        using var gradients = no_grad();
        network.eval();
        network.call(zeros([1, .. imageShape]));
        return new ApproxModel(network, layers);
    }

    /// <summary>Sets the mode of all layers.</summary>
    public void SetMode(LayerMode mode)
    {
        foreach (var layer in Layers)
        {
            layer.Mode = mode;
        }
    }

    /// <summary>Sets the gradient of products of all layers, for retraining in <see cref="LayerMode.Approximate"/>.</summary>
    /// <param name="kind">The gradient.</param>
    /// <param name="halfWindow">Half window size of <see cref="GradientKind.Difference"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The window does not fit a table of 256 codes.</exception>
    public void SetGradient(GradientKind kind, int halfWindow = 8)
    {
        foreach (var layer in Layers)
        {
            layer.HalfWindow = halfWindow;
            layer.GradientKind = kind;
        }
    }

    /// <summary>Gives every layer its multiplier and switches all layers to <see cref="LayerMode.Approximate"/>.</summary>
    /// <exception cref="ArgumentException">The opcounts are not those of the layers, or a multiplier has the wrong
    /// signedness.</exception>
    public void Assign(Assignment assignment)
    {
        if (!assignment.Opcounts.SequenceEqual(Opcounts))
        {
            throw new ArgumentException(
                $"Assignment: found {assignment.Opcounts.Count} layers of the opcounts {string.Join(", ", assignment.Opcounts)}, "
                + $"expected {Layers.Count} of {string.Join(", ", Opcounts)}.", nameof(assignment));
        }

        foreach (var (layer, multiplier) in Layers.Zip(assignment.Multipliers))
        {
            layer.Multiplier = multiplier;
            layer.Mode = LayerMode.Approximate;
        }
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => Network.Dispose();
}
