using ApproxNets.Kernels;

namespace ApproxNets.Benchmarks;

/// <summary>The layers of the networks of the papers, each distinct shape once.</summary>
public static class KernelLayers
{
    /// <summary>ResNet8, 14, 20, ... for CIFAR (He et al., CVPR 2016, section 4.2; shortcuts of option B): they differ in the number of
    /// blocks only.</summary>
    /// <param name="batch">B, samples.</param>
    public static IReadOnlyList<KernelLayer> ResNet(int batch) =>
    [
        Conv("resnet", batch, 3, 16, 32),
        Conv("resnet", batch, 16, 16, 32),
        Conv("resnet", batch, 16, 32, 32, stride: 2),
        Conv("resnet", batch, 16, 32, 32, kernel: 1, stride: 2),
        Conv("resnet", batch, 32, 32, 16),
        Conv("resnet", batch, 32, 64, 16, stride: 2),
        Conv("resnet", batch, 32, 64, 16, kernel: 1, stride: 2),
        Conv("resnet", batch, 64, 64, 8),
        Linear("resnet", batch, 64, 10),
    ];

    /// <summary>The convolutions of VGG16 (Simonyan and Zisserman, ICLR 2015) on 64x64 images; its classifier depends on the data set
    /// and is left out.</summary>
    /// <param name="batch">B, samples.</param>
    public static IReadOnlyList<KernelLayer> Vgg16(int batch) =>
    [
        Conv("vgg16", batch, 3, 64, 64),
        Conv("vgg16", batch, 64, 64, 64),
        Conv("vgg16", batch, 64, 128, 32),
        Conv("vgg16", batch, 128, 128, 32),
        Conv("vgg16", batch, 128, 256, 16),
        Conv("vgg16", batch, 256, 256, 16),
        Conv("vgg16", batch, 256, 512, 8),
        Conv("vgg16", batch, 512, 512, 8),
        Conv("vgg16", batch, 512, 512, 4),
    ];

    /// <summary>The convolutions of MobileNetV2 (Sandler et al., CVPR 2018, table 2, width 1) on 64x64 images with all strides of the
    /// paper, so that the last maps are 2x2; its classifier depends on the data set and is left out.</summary>
    /// <param name="batch">B, samples.</param>
    public static IReadOnlyList<KernelLayer> MobileNetV2(int batch)
    {
        const string Name = "mobilenetv2";
        var layers = new List<KernelLayer> { Conv(Name, batch, 3, 32, 64, stride: 2) };
        int channels = 32, size = 32;
        foreach (var (expansion, outChannels, blocks, firstStride) in
            new[] { (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1) })
        {
            for (int block = 0; block < blocks; block++)
            {
                int stride = block == 0 ? firstStride : 1, inner = channels * expansion;
                if (expansion > 1)
                {
                    layers.Add(Conv(Name, batch, channels, inner, size, kernel: 1));
                }

                layers.Add(Conv(Name, batch, inner, inner, size, stride: stride, groups: inner));
                size /= stride;
                layers.Add(Conv(Name, batch, inner, outChannels, size, kernel: 1));
                channels = outChannels;
            }
        }

        layers.Add(Conv(Name, batch, channels, 1280, size, kernel: 1));
        return [.. layers.DistinctBy(layer => layer.Shape)];
    }

    /// <summary>LeNet5 (LeCun et al., 1998) on 28x28 images, the first convolution padded by 2.</summary>
    /// <param name="batch">B, samples.</param>
    public static IReadOnlyList<KernelLayer> LeNet5(int batch) =>
    [
        Conv("lenet5", batch, 1, 6, 28, kernel: 5),
        Conv("lenet5", batch, 6, 16, 14, kernel: 5, padding: 0),
        Linear("lenet5", batch, 400, 120),
        Linear("lenet5", batch, 120, 84),
        Linear("lenet5", batch, 84, 10),
    ];

    /// <summary>All of them.</summary>
    /// <param name="batch">B, samples.</param>
    public static IReadOnlyList<KernelLayer> All(int batch) =>
        [.. new[] { ResNet(batch), Vgg16(batch), MobileNetV2(batch), LeNet5(batch) }.SelectMany(layers => layers).DistinctBy(l => l.Shape)];

    private static KernelLayer Conv(
        string network, int batch, int inChannels, int outChannels, int size, int kernel = 3, int stride = 1, int? padding = null,
        int groups = 1)
    {
        string kind = groups == inChannels && groups > 1 ? $"dw{kernel}x{kernel} {inChannels}"
            : $"conv{kernel}x{kernel} {inChannels}-{outChannels}";
        int pad = padding ?? (kernel / 2);
        return new KernelLayer(
            $"{network} {kind} {size}x{size}{(stride > 1 ? $" s{stride}" : "")}",
            new Conv2dShape(batch, inChannels, size, size, outChannels, kernel, kernel)
            {
                Stride = (stride, stride),
                Padding = (pad, pad),
                Groups = groups,
            });
    }

    private static KernelLayer Linear(string network, int batch, int inChannels, int outChannels) =>
        new($"{network} fc {inChannels}-{outChannels}", new Conv2dShape(batch, inChannels, 1, 1, outChannels, 1, 1));
}
