using ApproxNets.Kernels;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Layers;

/// <summary>A fully connected layer with an assignable multiplier; made from a TorchSharp Linear, whose parameters it takes over.</summary>
public sealed class ApproxLinear : ApproxLayer
{
    /// <summary>Takes over a fully connected layer's parameters.</summary>
    /// <param name="path">Place in the model.</param>
    /// <param name="source">The layer.</param>
    /// <param name="options">How it is quantised.</param>
    public ApproxLinear(string path, Linear source, QuantizationOptions options)
        : base(path, source.weight!, source.bias, options)
    {
    }

    private protected override Tensor Operation(Tensor input, Tensor weight, Tensor? bias) => functional.linear(input, weight, bias);

    internal override Conv2dShape ShapeFor(ReadOnlySpan<long> inputShape)
    {
        long[] shape = Weight.shape;
        if (inputShape.Length != 2 || inputShape[1] != shape[1])
        {
            throw new ArgumentException(
                $"Layer '{Path}': found input [{string.Join(", ", inputShape.ToArray())}], expected [B, {shape[1]}].");
        }

        return new Conv2dShape((int)inputShape[0], (int)inputShape[1], 1, 1, (int)shape[0], 1, 1);
    }
}
