using static TorchSharp.torch;

namespace ApproxNets.Quantization;

/// <summary>
/// The order of a tensor's values in memory: as its shape says, or for images <c>[B, C, H, W]</c> with channels last, in which libtorch's
/// convolutions are faster. Element-wise kernels work on either; they only have to keep it.
/// </summary>
internal static class MemoryOrder
{
    /// <summary>Whether the values lie as <c>[B, H, W, C]</c>, without gaps, and not as their shape says.</summary>
    public static bool IsChannelsLast(Tensor tensor)
    {
        if (tensor.dim() != 4 || tensor.is_contiguous())
        {
            return false;
        }

        long[] size = tensor.shape, stride = tensor.stride();
        return stride[1] == 1 && stride[3] == size[1] && stride[2] == size[1] * size[3] && stride[0] == size[1] * size[2] * size[3];
    }

    /// <summary>Computes a tensor of the same values, contiguous in the order asked for; its shape is that of the memory.</summary>
    /// <param name="tensor">Any shape.</param>
    /// <param name="channelsLast">Whether the memory is to be <c>[B, H, W, C]</c>.</param>
    public static Tensor Dense(Tensor tensor, bool channelsLast)
    {
        using var scope = NewDisposeScope();
        return (channelsLast ? tensor.permute(0, 2, 3, 1) : tensor).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>Makes a tensor of a shape in the order asked for, values undefined.</summary>
    /// <param name="shape">The shape, <c>[B, C, H, W]</c> for channels last.</param>
    /// <param name="channelsLast">Whether the memory is to be <c>[B, H, W, C]</c>.</param>
    public static Tensor Empty(long[] shape, bool channelsLast) => channelsLast
        ? empty_strided(shape, [shape[1] * shape[2] * shape[3], 1, shape[1] * shape[3], shape[1]])
        : empty(shape);
}
