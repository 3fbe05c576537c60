using ApproxNets.Foundation;
using ApproxNets.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Models;

/// <summary>
/// MobileNetV2 (M. Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018, arXiv 1801.04381, table 2):
/// a 3x3 convolution, 17 blocks that expand, filter each channel on its own and project, a 1x1 convolution, average pooling, dropout
/// 0.2 and one fully connected layer. Topology and parameter names are torchvision's (<c>features.1.conv.0.0.weight</c>).
/// </summary>
/// <remarks>
/// <para>The network divides rows and columns by 32. Below 64x64 the first two strides of 2 (of the first convolution and of the first
/// block of 24 channels) are 1, so that it divides by 8: 32x32 images end as 4x4. Strides have no parameters: torchvision's weights fit
/// either form.</para>
/// <para>Dropout is <see cref="SeededDropout"/>: the same seed gives the same masks.</para>
/// </remarks>
public sealed class MobileNetV2 : Module<Tensor, Tensor>
{
    private const int SmallestSize = 28;

    // Expansion t, channels c, blocks n and stride s of the paper's table 2.
    private static readonly (int Expansion, int Channels, int Blocks, int Stride)[] Stages =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    private readonly Sequential features;
    private readonly Sequential classifier;

    /// <summary>Makes a network with Kaiming-normal initial weights.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the initial weights and of dropout.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <param name="imageSize">Rows and columns of an image, >= 28.</param>
    /// <param name="width">Multiplies the channels of all layers, which are then rounded to multiples of 8; the last convolution has
    /// never less than 1,280.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no class or channel, the width is not positive and finite, or the image is
    /// too small.</exception>
    public MobileNetV2(int classes, int seed, int channels = 3, int imageSize = 224, double width = 1)
        : base(nameof(MobileNetV2))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (!(width > 0) || !double.IsFinite(width))
        {
            throw new ArgumentOutOfRangeException(nameof(width), $"MobileNetV2: found width {width}, expected a positive number.");
        }

        if (imageSize < SmallestSize)
        {
            throw new ArgumentOutOfRangeException(
                nameof(imageSize), $"MobileNetV2: found image size {imageSize}, expected {SmallestSize} or more.");
        }

        int strides = imageSize < 64 ? 2 : 0; // so many of the strides of 2 still to be left out
        int Stride(int stride) => stride == 2 && strides-- > 0 ? 1 : stride;

        int current = RoundToEight(32 * width);
        var modules = new List<Module<Tensor, Tensor>> { Convolution(channels, current, 3, Stride(2)) };
        foreach (var (expansion, baseChannels, blocks, stride) in Stages)
        {
            int outChannels = RoundToEight(baseChannels * width);
            for (int i = 0; i < blocks; i++)
            {
                modules.Add(new InvertedResidual(current, outChannels, i == 0 ? Stride(stride) : 1, expansion));
                current = outChannels;
            }
        }

        int last = RoundToEight(1280 * Math.Max(1, width));
        modules.Add(Convolution(current, last, 1));
        features = Sequential(modules.Select((module, i) => (i.ToString(), module)));
        classifier = Sequential(("0", new SeededDropout(0.2, seed, 0)), ("1", Linear(last, classes)));
        RegisterComponents();
        InitialWeights.DrawFanOut(this, seed);
    }

    /// <summary>Computes the class scores.</summary>
    /// <param name="input">Normalised images, float32 <c>[B, channels, H, W]</c>.</param>
    /// <returns>Logits, float32 <c>[B, classes]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = features.call(input).mean([2, 3]);
        return classifier.call(x).MoveToOuterDisposeScope();
    }

    /// <summary>The nearest multiple of 8, at least 8, and one more where that would take off more than a tenth.</summary>
    internal static int RoundToEight(double channels)
    {
        int rounded = Math.Max(8, (int)(channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }

    /// <summary>Convolution, batch normalisation and min(max(x, 0), 6).</summary>
    private static Sequential Convolution(int inChannels, int outChannels, int kernel, int stride = 1, int groups = 1) => Sequential(
        ("0", Conv2d(inChannels, outChannels, kernel, stride: stride, padding: (kernel - 1) / 2, groups: groups, bias: false)),
        ("1", BatchNorm2d(outChannels)),
        ("2", ReLU6()));

    /// <summary>1x1 expansion, 3x3 filter of each channel, linear 1x1 projection; with a shortcut where shapes allow.</summary>
    private sealed class InvertedResidual : Module<Tensor, Tensor>
    {
        private readonly Sequential conv;
        private readonly bool _shortcut;

        public InvertedResidual(int inChannels, int outChannels, int stride, int expansion)
            : base(nameof(InvertedResidual))
        {
            int hidden = inChannels * expansion;
            List<Module<Tensor, Tensor>> modules = expansion == 1 ? [] : [Convolution(inChannels, hidden, 1)];
            modules.Add(Convolution(hidden, hidden, 3, stride, groups: hidden));
            modules.Add(Conv2d(hidden, outChannels, 1, bias: false));
            modules.Add(BatchNorm2d(outChannels));
            conv = Sequential(modules.Select((module, i) => (i.ToString(), module)));
            _shortcut = stride == 1 && inChannels == outChannels;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            var x = conv.call(input);
            return (_shortcut ? x.Plus(input) : x).MoveToOuterDisposeScope();
        }
    }
}
