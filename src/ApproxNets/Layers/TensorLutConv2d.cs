using ApproxNets.Foundation;
using ApproxNets.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// The look-up-table convolution of <see cref="LutConv2d"/> in plain tensor operations, for tensors on any device:
/// <c>sums[b, o, y, x] = sum_k m(x_k, w_k)</c> over the fan-in k = (channel of the group, kernel row, kernel column).
/// </summary>
/// <remarks>
/// <para>For each k the table is expanded to the weights of all output channels, <c>T_k[x] = (m(x, w_{o,k}))_o</c>; then every
/// output position adds the row of its activation. One index thus fetches all output channels of a group, and a fetch moves
/// contiguous memory. Groups stand side by side in one table, the index says which, so depthwise layers need no loop.</para>
/// <para>Only <c>index_select</c>, slices, copies and int32 additions, all of them exact and present for CPU, CUDA and MPS
/// (<c>unfold</c> takes floating-point tensors only). Bit for bit equal to every other path.</para>
/// </remarks>
internal static class TensorLutConv2d
{
    /// <summary>
    /// Bytes that the temporary tensors of one tile (indices, fetched products, sums) may take: 64 MB. Not counted are a padded
    /// uint8 copy of the tile's images and the expanded table, 2 KB per output channel. A tile has at least one output position.
    /// </summary>
    public const long BudgetBytes = 64L << 20;

    private const int Codes = 256;

    /// <summary>Computes the sums of looked-up products.</summary>
    /// <param name="x">Activation codes, uint8 <c>[B, C, H, W]</c>, or <c>[B, C]</c> for a 1x1 map; any strides.</param>
    /// <param name="weights">Weight codes, uint8 <c>[O, n]</c> with the fan-in <c>n = C / Groups * KernelHeight * KernelWidth</c>.</param>
    /// <param name="products">The product table, int32 <c>[65536]</c>, <c>[xCode * 256 + wCode]</c>, of 16-bit products as
    /// <see cref="Multipliers.Multiplier"/> guarantees them: not read back from the device to be checked.</param>
    /// <param name="shape">Sizes, stride, padding, dilation and groups.</param>
    /// <param name="padCode">Activation code of a padded position; its products go through the table like any other.</param>
    /// <param name="budgetBytes">See <see cref="BudgetBytes"/>.</param>
    /// <returns>int32 <c>[B, O, OutHeight, OutWidth]</c>, contiguous, on the device of <paramref name="x"/>.</returns>
    /// <exception cref="ArgumentException">The shape is not one a convolution can have, or a tensor has another shape, type or
    /// device.</exception>
    public static Tensor Run(
        Tensor x, Tensor weights, Tensor products, in Conv2dShape shape, byte padCode, long budgetBytes = BudgetBytes)
    {
        CheckOperands(x, weights, shape);
        Check(products, "product table", ScalarType.Int32, x.device, [Codes * Codes]);
        using var scope = NewDisposeScope();
        int groups = shape.Groups, groupOut = shape.OutChannels / groups;
        var codes = x.reshape(shape.Batch, groups, shape.InChannels / groups, shape.Height, shape.Width);
        var weightCodes = weights.to(ScalarType.Int64).t().contiguous();
        var byWeight = products.view(Codes, Codes).t().contiguous();
        var sums = empty([shape.Batch, groups, groupOut, shape.OutHeight, shape.OutWidth], ScalarType.Int32, x.device);

        // Per output position: an index per group, which reshape may copy once, and a product and a sum per output channel.
        long positions = Math.Max(1, budgetBytes / ((2L * sizeof(long) * groups) + (2L * sizeof(int) * shape.OutChannels)));
        int columns = (int)Math.Min(shape.OutWidth, positions);
        int rows = (int)Math.Clamp(positions / shape.OutWidth, 1, shape.OutHeight);
        int images = (int)Math.Clamp(positions / ((long)shape.OutHeight * shape.OutWidth), 1, Math.Max(1, shape.Batch));
        for (int b = 0; b < shape.Batch; b += images)
        {
            using var tiles = NewDisposeScope();
            int batch = Math.Min(images, shape.Batch - b);
            var padded = Pad(codes.narrow(0, b, batch), shape, padCode);
            for (int row = 0; row < shape.OutHeight; row += rows)
            {
                for (int column = 0; column < shape.OutWidth; column += columns)
                {
                    int height = Math.Min(rows, shape.OutHeight - row), width = Math.Min(columns, shape.OutWidth - column);
                    var from = padded.narrow(3, row * shape.Stride.H, padded.shape[3] - (row * shape.Stride.H))
                        .narrow(4, column * shape.Stride.W, padded.shape[4] - (column * shape.Stride.W));
                    var to = sums.narrow(0, b, batch).narrow(3, row, height).narrow(4, column, width);
                    RunTile(from, weightCodes, byWeight, shape, to);
                }
            }
        }

        return sums.view(shape.Batch, shape.OutChannels, shape.OutHeight, shape.OutWidth).MoveToOuterDisposeScope();
    }

    /// <summary>Checks the codes of a convolution against its shape.</summary>
    /// <exception cref="ArgumentException">The shape is impossible, or a tensor has another shape, type or device.</exception>
    internal static void CheckOperands(Tensor x, Tensor weights, in Conv2dShape shape)
    {
        shape.Validate();
        long[] map = x.dim() == 2 && shape is { Height: 1, Width: 1 } ? [] : [shape.Height, shape.Width];
        Check(x, "activation codes", ScalarType.Byte, x.device, [shape.Batch, shape.InChannels, .. map]);
        Check(weights, "weight codes", ScalarType.Byte, x.device, [shape.OutChannels, shape.FanIn]);
    }

    /// <summary>Checks type, shape and device of a tensor.</summary>
    /// <exception cref="ArgumentException">They are not as expected.</exception>
    internal static void Check(Tensor found, string what, ScalarType type, Device device, long[] shape)
    {
        if (found.dtype != type || !found.shape.SequenceEqual(shape) || found.device.ToString() != device.ToString())
        {
            throw new ArgumentException(
                $"Convolution: found {what} {found.dtype} [{string.Join(", ", found.shape)}] on {found.device}, "
                + $"expected {type} [{string.Join(", ", shape)}] on {device}.");
        }
    }

    /// <summary>Sums of one tile. <paramref name="from"/>: padded codes <c>[b, Groups, C / Groups, H', W']</c> that begin at the
    /// tile; <paramref name="to"/>: its part <c>[b, Groups, O / Groups, h, w]</c> of all sums.</summary>
    private static void RunTile(Tensor from, Tensor weightCodes, Tensor byWeight, in Conv2dShape shape, Tensor to)
    {
        using var scope = NewDisposeScope();
        int groups = shape.Groups;
        long groupOut = to.shape[2], height = to.shape[3], width = to.shape[4];
        var tables = tensor(Enumerable.Range(0, groups).Select(g => (long)g * Codes).ToArray(), device: to.device).view(1, groups, 1, 1);

        // One-dimensional where a group has one output channel, where the CPU fetches several times faster than rows of one.
        var sums = zeros([to.shape[0] * groups * height * width, groupOut], ScalarType.Int32, to.device).squeeze(1);
        for (int k = 0; k < shape.FanIn; k++)
        {
            using var step = NewDisposeScope();
            int channel = k / (shape.KernelHeight * shape.KernelWidth);
            int y = k / shape.KernelWidth % shape.KernelHeight * shape.Dilation.H, x = k % shape.KernelWidth * shape.Dilation.W;
            var index = from.select(2, channel)
                .slice(2, y, y + ((height - 1) * shape.Stride.H) + 1, shape.Stride.H)
                .slice(3, x, x + ((width - 1) * shape.Stride.W) + 1, shape.Stride.W)
                .to(ScalarType.Int64).PlusInPlace(tables).reshape(-1);
            var expanded = byWeight.index_select(0, weightCodes[k])
                .view(groups, groupOut, Codes).transpose(1, 2).contiguous().view(groups * Codes, groupOut).squeeze(1);
            sums.PlusInPlace(expanded.index_select(0, index));
        }

        to.copy_(sums.view(to.shape[0], groups, height, width, groupOut).permute(0, 1, 4, 2, 3));
    }

    private static Tensor Pad(Tensor codes, in Conv2dShape shape, byte padCode)
    {
        if (shape.Padding == (0, 0))
        {
            return codes;
        }

        var (top, left) = shape.Padding;
        using Scalar pad = padCode;
        var padded = full(
            [.. codes.shape[..3], shape.Height + (2 * top), shape.Width + (2 * left)], pad, ScalarType.Byte, codes.device);
        padded.narrow(3, top, shape.Height).narrow(4, left, shape.Width).copy_(codes);
        return padded;
    }
}
