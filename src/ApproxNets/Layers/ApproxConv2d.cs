using ApproxNets.Kernels;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Layers;

/// <summary>A 2D convolution with an assignable multiplier; made from a TorchSharp Conv2d, whose parameters it takes over.</summary>
public sealed class ApproxConv2d : ApproxLayer
{
    private readonly long[] _stride;
    private readonly long[] _padding;
    private readonly long[] _dilation;
    private readonly int _groups;

    /// <summary>Takes over a convolution's parameters and geometry.</summary>
    /// <param name="path">Place in the model.</param>
    /// <param name="source">The convolution: zero padding of a given size, not transposed.</param>
    /// <param name="options">How it is quantised.</param>
    /// <exception cref="ArgumentException">The convolution is transposed or pads otherwise.</exception>
    public ApproxConv2d(string path, Conv2d source, QuantizationOptions options)
        : base(path, source.weight!, source.bias, options)
    {
        if (source.transposed || source.padding_mode != PaddingModes.Zeros || source.padding is null)
        {
            throw new ArgumentException(
                $"Layer '{path}': found padding mode {source.padding_mode}, padding type {source.padding_type}, "
                + $"transposed {source.transposed}; expected a plain convolution with zero padding given in numbers.", nameof(source));
        }

        _stride = Pair(source.stride);
        _padding = Pair(source.padding);
        _dilation = Pair(source.dilation);
        _groups = (int)source.groups;
    }

    private protected override Tensor Operation(Tensor input, Tensor weight, Tensor? bias) =>
        functional.conv2d(input, weight, bias, _stride, _padding, _dilation, _groups);

    internal override Conv2dShape ShapeFor(ReadOnlySpan<long> inputShape)
    {
        long[] kernel = Weight.shape;
        if (inputShape.Length != 4 || inputShape[1] != kernel[1] * _groups)
        {
            throw new ArgumentException(
                $"Layer '{Path}': found input [{string.Join(", ", inputShape.ToArray())}], expected [B, {kernel[1] * _groups}, H, W].");
        }

        return new Conv2dShape(
            (int)inputShape[0], (int)inputShape[1], (int)inputShape[2], (int)inputShape[3], (int)kernel[0], (int)kernel[2], (int)kernel[3])
        {
            Stride = ((int)_stride[0], (int)_stride[1]),
            Padding = ((int)_padding[0], (int)_padding[1]),
            Dilation = ((int)_dilation[0], (int)_dilation[1]),
            Groups = _groups,
        };
    }

    private static long[] Pair(long[] values) => values.Length == 1 ? [values[0], values[0]] : values;
}
