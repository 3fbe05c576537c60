using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ApproxNets.Models;

/// <summary>
/// Draws initial weights from one generator, layer after layer in the order of registration, so that they depend on the seed
/// alone. Convolutions: <c>w ~ N(0, 2 / n)</c> (K. He et al., "Delving Deep into Rectifiers", ICCV 2015, section 2.2), biases 0.
/// Fully connected layers: weights and biases uniform in <c>+-1 / sqrt(inputs)</c>.
/// </summary>
internal static class InitialWeights
{
    /// <summary>For networks with batch normalisation: n is the number of products that an input takes part in, which keeps the
    /// scale of gradients.</summary>
    public static void DrawFanOut(nn.Module network, int seed) =>
        Draw(network, seed, conv => conv.out_channels / conv.groups * conv.kernel_size[0] * conv.kernel_size[1]);

    /// <summary>For networks without: n is the fan-in, which keeps the scale of activations, as nothing else does.</summary>
    public static void DrawFanIn(nn.Module network, int seed) =>
        Draw(network, seed, conv => conv.in_channels / conv.groups * conv.kernel_size[0] * conv.kernel_size[1]);

    private static void Draw(nn.Module network, int seed, Func<Conv2d, double> fan)
    {
        using var generator = new Generator((ulong)seed);
        using var gradients = no_grad();
        foreach (var (_, module) in network.named_modules())
        {
            if (module is Conv2d conv)
            {
                conv.weight!.normal_(0, Math.Sqrt(2 / fan(conv)), generator);
                conv.bias?.zero_();
            }
            else if (module is Linear linear)
            {
                double bound = 1 / Math.Sqrt(linear.in_features);
                linear.weight!.uniform_(-bound, bound, generator);
                linear.bias!.uniform_(-bound, bound, generator);
            }
        }
    }
}
