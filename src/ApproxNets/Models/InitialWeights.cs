using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ApproxNets.Models;

/// <summary>
/// Draws initial weights from one generator, layer after layer in the order of registration, so that they depend on the seed
/// alone: <c>w ~ N(0, 2 / n)</c> (K. He et al., "Delving Deep into Rectifiers", ICCV 2015, section 2.2).
/// </summary>
internal static class InitialWeights
{
    /// <summary>
    /// For networks with batch normalisation. Convolutions: n is the number of products that one input takes part in, biases 0.
    /// Fully connected layers: weights and biases uniform in <c>+-1 / sqrt(inputs)</c>.
    /// </summary>
    public static void DrawFanOut(nn.Module network, int seed)
    {
        using var generator = new Generator((ulong)seed);
        using var gradients = no_grad();
        foreach (var (_, module) in network.named_modules())
        {
            if (module is Conv2d conv)
            {
                double fanOut = conv.out_channels / conv.groups * conv.kernel_size[0] * conv.kernel_size[1];
                conv.weight!.normal_(0, Math.Sqrt(2 / fanOut), generator);
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

    /// <summary>
    /// For networks without batch normalisation, where nothing else keeps the scale of activations: n is the fan-in of a
    /// convolution or fully connected layer, biases are 0.
    /// </summary>
    public static void DrawFanIn(nn.Module network, int seed)
    {
        using var generator = new Generator((ulong)seed);
        using var gradients = no_grad();
        foreach (var (_, module) in network.named_modules())
        {
            var (weight, bias) = module switch
            {
                Conv2d conv => (conv.weight, conv.bias),
                Linear linear => (linear.weight, linear.bias),
                _ => (null, null),
            };
            weight?.normal_(0, Math.Sqrt(2.0 * weight.shape[0] / weight.numel()), generator);
            bias?.zero_();
        }
    }
}
