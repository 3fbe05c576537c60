using ApproxNets.Data;
using ApproxNets.Kernels;
using ApproxNets.Layers;
using static TorchSharp.torch;

namespace ApproxNets.ErrorModels;

/// <summary>Takes a <see cref="LayerSample"/> of every layer of a model in one quantised forward pass.</summary>
public static class LayerSampling
{
    /// <summary>Runs the model on images and records every layer's operands and output spread.</summary>
    /// <param name="model">The model; its layers must have observed their ranges. Arithmetics are restored.</param>
    /// <param name="images">Sample images; 64 to 128 are enough.</param>
    /// <param name="statistics">What to normalise by.</param>
    /// <param name="receptiveFields">K, receptive fields to draw per layer (the paper: 512).</param>
    /// <param name="seed">Seed of the draw.</param>
    /// <returns>One sample per layer, in the order of the layers.</returns>
    public static IReadOnlyList<LayerSample> Take(
        ApproxModel model, ImageSet images, ChannelStatistics statistics, int receptiveFields = 512, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(receptiveFields, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(images.Count, 1);
        var arithmetics = model.Layers.Select(l => l.Arithmetic).ToArray();
        var samples = new LayerSample?[model.Layers.Count];
        bool training = model.Network.training;
        try
        {
            for (int i = 0; i < samples.Length; i++)
            {
                int index = i;
                model.Layers[i].Listener = (input, output) =>
                    samples[index] = Sample(model.Layers[index], input, output, receptiveFields, seed + index);
            }

            using var scope = NewDisposeScope();
            using var gradients = no_grad();
            model.UseQuantized();
            model.Network.eval();
            foreach (var batch in new BatchLoader(images, statistics, images.Count).Epoch(0))
            {
                model.Network.call(batch.Images);
            }
        }
        finally
        {
            for (int i = 0; i < samples.Length; i++)
            {
                model.Layers[i].Listener = null;
            }

            model.Use(arithmetics);
            model.Network.train(training);
        }

        return [.. samples.Select((s, i) => s ?? throw new InvalidOperationException(
            $"Layer '{model.Layers[i].Path}': found no forward pass, expected the model to use the layer."))];
    }

    private static LayerSample Sample(ApproxLayer layer, Tensor input, Tensor output, int receptiveFields, int seed)
    {
        using var scope = NewDisposeScope();
        var shape = layer.ShapeFor(input.shape);
        var parameters = layer.ActivationParameters;
        byte[] codes = layer.ActivationCodes(input).bytes.ToArray();
        return new LayerSample(
            layer.Path,
            layer.Scheme,
            shape,
            codes,
            parameters.ZeroCode,
            layer.WeightCodes(),
            DrawReceptiveFields(codes, parameters.ZeroCode, shape, receptiveFields, new Random(seed)),
            [.. layer.OutputScale().Select(s => (double)s)],
            output.std().item<float>());
    }

    private static byte[] DrawReceptiveFields(byte[] codes, byte padding, Conv2dShape shape, int count, Random random)
    {
        var fields = new byte[count * shape.FanIn];
        int channels = shape.InChannels / shape.Groups;
        for (int k = 0; k < count; k++)
        {
            int image = random.Next(shape.Batch), group = random.Next(shape.Groups);
            CopyPatch(codes, padding, shape, image, (group * channels, channels), DrawCorner(shape, random), fields.AsSpan(k * shape.FanIn, shape.FanIn));
        }

        return fields;
    }

    /// <summary>Draws where the kernel stands: row and column of its first element in the image, below 0 in the padding.</summary>
    internal static (int Top, int Left) DrawCorner(Conv2dShape shape, Random random)
    {
        int top = (random.Next(shape.OutHeight) * shape.Stride.H) - shape.Padding.H;
        return (top, (random.Next(shape.OutWidth) * shape.Stride.W) - shape.Padding.W);
    }

    /// <summary>Copies what the kernel sees in one place of some channels: rows of columns, channel after channel; padding where it looks beyond the
    /// image.</summary>
    internal static void CopyPatch(
        ReadOnlySpan<byte> codes, byte padding, Conv2dShape shape, int image, (int First, int Count) channels, (int Top, int Left) corner, Span<byte> patch)
    {
        int next = 0;
        for (int c = 0; c < channels.Count; c++)
        {
            int plane = ((image * shape.InChannels) + channels.First + c) * shape.Height * shape.Width;
            for (int i = 0; i < shape.KernelHeight; i++)
            {
                for (int j = 0; j < shape.KernelWidth; j++)
                {
                    int y = corner.Top + (i * shape.Dilation.H), x = corner.Left + (j * shape.Dilation.W);
                    bool inside = y >= 0 && y < shape.Height && x >= 0 && x < shape.Width;
                    patch[next++] = inside ? codes[plane + (y * shape.Width) + x] : padding;
                }
            }
        }
    }
}
