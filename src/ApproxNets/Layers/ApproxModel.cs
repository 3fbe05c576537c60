using ApproxNets.Multipliers;
using TorchSharp;
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

    /// <summary>The multipliers of the layers' arithmetics.</summary>
    /// <exception cref="InvalidOperationException">A layer has none.</exception>
    public Assignment Assignment => new([.. Layers.Select(l => l.Arithmetic.Multiplier ?? throw new InvalidOperationException(
        $"Layer '{l.Path}': found no multiplier, expected one."))], Opcounts);

    /// <summary>Parameters of the network proper: without the noise scales, which serve the search only.</summary>
    public long ParameterCount => Network.named_parameters()
        .Where(p => !p.name.EndsWith(".sigma", StringComparison.Ordinal)).Sum(p => p.parameter.numel());

    /// <summary>Numbers that inference reads from a file: the parameters, running statistics of batch normalisation and ranges of
    /// activations.</summary>
    public long StoredCount => Network.state_dict()
        .Where(e => e.Value.is_floating_point() && !e.Key.EndsWith(".sigma", StringComparison.Ordinal)).Sum(e => e.Value.numel());

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

    /// <summary>Lets every layer compute in float.</summary>
    public void UseFloat() => UseEverywhere(new FloatArithmetic());

    /// <summary>Lets every layer compute with 8-bit operands and exact products.</summary>
    public void UseQuantized() => UseEverywhere(new QuantizedArithmetic());

    /// <summary>Lets every layer add noise to its quantised output.</summary>
    /// <param name="seed">Layer l draws its noise from <paramref name="seed"/> + l, the same in every forward pass: call again for other
    /// noise. Not negative.</param>
    /// <param name="sigmas">Noise scale of every layer, a share of std(y_l), written to <see cref="ApproxLayer.Sigma"/>; the layers' own
    /// scales if left out.</param>
    /// <exception cref="ArgumentException">There is not one finite scale &gt;= 0 for every layer.</exception>
    public void UseNoise(long seed, IReadOnlyList<double>? sigmas = null)
    {
        if (sigmas is not null)
        {
            if (sigmas.Count != Layers.Count || sigmas.Any(s => !(s >= 0) || !double.IsFinite(s)))
            {
                throw new ArgumentException(
                    $"Noise: found the scales {string.Join(", ", sigmas)}, "
                    + $"expected {Layers.Count} finite numbers >= 0, one per layer.", nameof(sigmas));
            }

            using var gradients = no_grad();
            foreach (var (layer, sigma) in Layers.Zip(sigmas))
            {
                using Scalar value = sigma;
                layer.Sigma.fill_(value);
            }
        }

        Use([.. Layers.Select((_, l) => new NoiseArithmetic(seed + l))]);
    }

    /// <summary>Lets every layer look its products up in the table of its multiplier.</summary>
    /// <param name="assignment">One multiplier per layer.</param>
    /// <param name="gradient">Gradient of the products, for retraining.</param>
    /// <param name="halfWindow">Half window size of <see cref="GradientKind.Difference"/>.</param>
    /// <exception cref="ArgumentException">The opcounts are not those of the layers, or a multiplier has the wrong signedness.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The window does not fit a table of 256 codes.</exception>
    public void Use(Assignment assignment, GradientKind gradient = GradientKind.StraightThrough, int halfWindow = 8) =>
        Use(ForEach(Checked(assignment), m => new ApproximateArithmetic(m) { Gradient = gradient, HalfWindow = halfWindow }));

    /// <summary>As <see cref="Use(Assignment, GradientKind, int)"/>, with low-rank approximations of the tables.</summary>
    /// <param name="assignment">One multiplier per layer.</param>
    /// <param name="rank">Terms of each error map; see <see cref="SurrogateArithmetic"/>.</param>
    /// <exception cref="ArgumentException">The opcounts are not those of the layers, or a multiplier has the wrong signedness.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An error map has no such rank.</exception>
    public void UseSurrogate(Assignment assignment, int? rank = null) =>
        Use(ForEach(Checked(assignment), m => new SurrogateArithmetic(m, rank)));

    /// <summary>Gives every layer its arithmetic. This exchanges references only.</summary>
    /// <param name="arithmetics">One per layer.</param>
    /// <exception cref="ArgumentException">The number is not that of the layers, or a multiplier has the wrong signedness.</exception>
    public void Use(IReadOnlyList<Arithmetic> arithmetics)
    {
        if (arithmetics.Count != Layers.Count)
        {
            throw new ArgumentException(
                $"Model: found {arithmetics.Count} multipliers or arithmetics, expected {Layers.Count}, one per layer.",
                nameof(arithmetics));
        }

        for (int l = 0; l < arithmetics.Count; l++)
        {
            Layers[l].Arithmetic = arithmetics[l];
        }
    }

    /// <summary>Makes an arithmetic for every multiplier; layers with the same multiplier share it and what it prepares.</summary>
    internal static Arithmetic[] ForEach(IEnumerable<Multiplier> multipliers, Func<Multiplier, Arithmetic> make)
    {
        var made = new Dictionary<Multiplier, Arithmetic>();
        return [.. multipliers.Select(m => made.TryGetValue(m, out var known) ? known : made[m] = make(m))];
    }

    private IReadOnlyList<Multiplier> Checked(Assignment assignment) => assignment.Opcounts.SequenceEqual(Opcounts)
        ? assignment.Multipliers
        : throw new ArgumentException(
            $"Assignment: found {assignment.Opcounts.Count} layers of the opcounts {string.Join(", ", assignment.Opcounts)}, "
            + $"expected {Layers.Count} of {string.Join(", ", Opcounts)}.", nameof(assignment));

    private void UseEverywhere(Arithmetic arithmetic) => Use([.. Layers.Select(_ => arithmetic)]);

    /// <summary>Frees the network.</summary>
    public void Dispose() => Network.Dispose();
}
