using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Models;

/// <summary>
/// The residual network of He et al. (CVPR 2016, section 4.2) for 32x32 images: a 3x3 convolution, three stages of
/// <c>(depth - 2) / 6</c> basic blocks with 16, 32 and 64 channels, average pooling and one fully connected layer.
/// Shortcuts that change the shape are 1x1 convolutions with batch normalisation (option B of the paper).
/// Parameter names follow torchvision (<c>layer2.0.downsample.0.weight</c>).
/// </summary>
public sealed class ResNet : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly Module<Tensor, Tensor> layer1;
    private readonly Module<Tensor, Tensor> layer2;
    private readonly Module<Tensor, Tensor> layer3;
    private readonly Module<Tensor, Tensor> fc;

    /// <summary>Makes a network with Kaiming-normal initial weights.</summary>
    /// <param name="depth">8, 14, 20, 32, ...: 6 n + 2 layers on the longest path.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <exception cref="ArgumentOutOfRangeException">The depth is not 6 n + 2 with n >= 1, or there is no class or channel.</exception>
    public ResNet(int depth, int classes, int seed, int channels = 3)
        : base($"ResNet{depth}")
    {
        if (depth < 8 || (depth - 2) % 6 != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(depth), $"ResNet: found depth {depth}, expected 6 n + 2 (8, 14, 20, 32, ...).");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        int blocks = (depth - 2) / 6;
        conv1 = Conv2d(channels, 16, 3, padding: 1, bias: false);
        bn1 = BatchNorm2d(16);
        layer1 = BasicBlock.Stage(16, 16, blocks, 1);
        layer2 = BasicBlock.Stage(16, 32, blocks, 2);
        layer3 = BasicBlock.Stage(32, 64, blocks, 2);
        fc = Linear(64, classes);
        RegisterComponents();
        InitialWeights.DrawFanOut(this, seed);
    }

    /// <summary>Computes the class scores.</summary>
    /// <param name="input">Normalised images, float32 <c>[B, channels, H, W]</c>.</param>
    /// <returns>Logits, float32 <c>[B, classes]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = functional.relu(bn1.call(conv1.call(input)));
        x = layer3.call(layer2.call(layer1.call(x)));
        return fc.call(x.mean([2, 3])).MoveToOuterDisposeScope();
    }
}
