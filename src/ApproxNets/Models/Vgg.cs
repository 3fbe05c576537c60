using ApproxNets.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Models;

/// <summary>
/// The VGG networks A, B, D and E of K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
/// Recognition", ICLR 2015, arXiv 1409.1556, table 1, with batch normalisation after every convolution: 3x3 convolutions in five
/// stages of 64 to 512 channels with 2x2 maximum pooling after each, average pooling, three fully connected layers with dropout 1/2.
/// Parameter names are those of torchvision's <c>vgg16_bn</c> (<c>features.0.weight</c>, <c>classifier.6.bias</c>).
/// </summary>
/// <remarks>
/// <para>From 128x128 on: average pooling to 7x7 and 4,096 units, torchvision's topology, which its ImageNet weights fit. Such a network
/// takes smaller images too, from 32x32 on (the pooling then repeats values). Below 128x128: average pooling to 1x1 and 512 units, since
/// there is hardly more than one position left to pool. Below 32x32 the poolings round sizes up, so that one position is left.</para>
/// <para>Dropout is <see cref="SeededDropout"/>: the same seed gives the same masks.</para>
/// </remarks>
public sealed class Vgg : Module<Tensor, Tensor>
{
    private const int SmallestSize = 28;
    private const int SmallestLargeSize = 128;
    private static readonly int[] StageChannels = [64, 128, 256, 512, 512];

    private readonly Sequential features;
    private readonly Module<Tensor, Tensor> avgpool;
    private readonly Sequential classifier;

    /// <summary>Makes a network with Kaiming-normal initial weights.</summary>
    /// <param name="depth">11, 13, 16 or 19: layers with weights.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the initial weights and of dropout.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <param name="imageSize">Rows and columns of an image, >= 28; from 128 on torchvision's topology.</param>
    /// <param name="classifierWidth">Units of the two hidden fully connected layers; null for 4,096 from 128x128 on, 512 below.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is another one, there is no class, channel or unit, or the image is too
    /// small.</exception>
    public Vgg(int depth, int classes, int seed, int channels = 3, int imageSize = 224, int? classifierWidth = null)
        : base($"Vgg{depth}")
    {
        int[] convolutions = depth switch
        {
            11 => [1, 1, 2, 2, 2],
            13 => [2, 2, 2, 2, 2],
            16 => [2, 2, 3, 3, 3],
            19 => [2, 2, 4, 4, 4],
            _ => throw new ArgumentOutOfRangeException(nameof(depth), $"Vgg: found depth {depth}, expected 11, 13, 16 or 19."),
        };
        bool large = imageSize >= SmallestLargeSize;
        int width = classifierWidth ?? (large ? 4096 : 512);
        int pooled = large ? 7 : 1;
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1, nameof(classifierWidth));
        if (imageSize < SmallestSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(imageSize), $"Vgg: found image size {imageSize}, expected {SmallestSize} or more.");
        }

        features = Features(convolutions, channels, roundUp: imageSize < 32);
        avgpool = AdaptiveAvgPool2d(pooled);
        classifier = Sequential(
            ("0", Linear(512 * pooled * pooled, width)), ("1", ReLU()), ("2", new SeededDropout(0.5, seed, 0)),
            ("3", Linear(width, width)), ("4", ReLU()), ("5", new SeededDropout(0.5, seed, 1)),
            ("6", Linear(width, classes)));
        RegisterComponents();
        InitialWeights.DrawFanOut(this, seed);
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

    private static Sequential Features(int[] convolutions, int channels, bool roundUp)
    {
        var modules = new List<Module<Tensor, Tensor>>();
        foreach (var (count, outChannels) in convolutions.Zip(StageChannels))
        {
            for (int i = 0; i < count; i++)
            {
                modules.AddRange([Conv2d(channels, outChannels, 3, padding: 1), BatchNorm2d(outChannels), ReLU()]);
                channels = outChannels;
            }

            modules.Add(MaxPool2d(2, 2, ceil_mode: roundUp));
        }

        return Sequential(modules.Select((module, i) => (i.ToString(), module)));
    }
}
