using ApproxNets.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Models;

/// <summary>
/// AlexNet in torchvision's topology, that of A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
/// 2014, arXiv 1404.5997: five convolutions, three 3x3 maximum poolings of stride 2, average pooling to 6x6, three fully
/// connected layers of 4,096 units with dropout 1/2. Parameter names are torchvision's (<c>features.0.weight</c>), and its
/// ImageNet weights fit.
/// </summary>
/// <remarks>
/// <para>Below 128x128 the 11x11 convolution of stride 4 would leave nothing to the third pooling. Small images therefore get
/// another first layer, 5x5 with stride 1 (below 64x64) or 2, average pooling to 2x2, and layers of 1,024 units; the other
/// layers and all names are the same.</para>
/// <para>Dropout is <see cref="SeededDropout"/>: the same seed gives the same masks.</para>
/// </remarks>
public sealed class AlexNet : Module<Tensor, Tensor>
{
    private const int SmallestSize = 28;
    private const int SmallestLargeSize = 128;

    private readonly Sequential features;
    private readonly Module<Tensor, Tensor> avgpool;
    private readonly Sequential classifier;

    /// <summary>Makes a network with Kaiming-normal initial weights.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the initial weights and of dropout.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <param name="imageSize">Rows and columns of an image, >= 28; from 128 on torchvision's topology.</param>
    /// <param name="classifierWidth">Units of the two hidden fully connected layers; null for 4,096 from 128x128 on, 1,024 below.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no class, channel or unit, or the image is too small.</exception>
    public AlexNet(int classes, int seed, int channels = 3, int imageSize = 224, int? classifierWidth = null)
        : base(nameof(AlexNet))
    {
        bool large = imageSize >= SmallestLargeSize;
        int width = classifierWidth ?? (large ? 4096 : 1024);
        int pooled = large ? 6 : 2;
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1, nameof(classifierWidth));
        if (imageSize < SmallestSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(imageSize), $"AlexNet: found image size {imageSize}, expected {SmallestSize} or more.");
        }

        var first = large
            ? Conv2d(channels, 64, 11, stride: 4, padding: 2)
            : Conv2d(channels, 64, 5, stride: imageSize < 64 ? 1 : 2, padding: 2);
        features = Sequential(
            ("0", first), ("1", ReLU()), ("2", MaxPool2d(3, 2)),
            ("3", Conv2d(64, 192, 5, padding: 2)), ("4", ReLU()), ("5", MaxPool2d(3, 2)),
            ("6", Conv2d(192, 384, 3, padding: 1)), ("7", ReLU()),
            ("8", Conv2d(384, 256, 3, padding: 1)), ("9", ReLU()),
            ("10", Conv2d(256, 256, 3, padding: 1)), ("11", ReLU()), ("12", MaxPool2d(3, 2)));
        avgpool = AdaptiveAvgPool2d(pooled);
        classifier = Sequential(
            ("0", new SeededDropout(0.5, seed, 0)), ("1", Linear(256 * pooled * pooled, width)), ("2", ReLU()),
            ("3", new SeededDropout(0.5, seed, 1)), ("4", Linear(width, width)), ("5", ReLU()),
            ("6", Linear(width, classes)));
        RegisterComponents();
        InitialWeights.DrawFanIn(this, seed);
    }

    /// <summary>Computes the class scores.</summary>
    /// <param name="input">Normalised images, float32 <c>[B, channels, imageSize, imageSize]</c>.</param>
    /// <returns>Logits, float32 <c>[B, classes]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = avgpool.call(features.call(input)).flatten(1);
        return classifier.call(x).MoveToOuterDisposeScope();
    }
}
