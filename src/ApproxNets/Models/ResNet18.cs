using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Models;

/// <summary>
/// ResNet18 for large images (He et al., CVPR 2016, table 1), in torchvision's layout: a 7x7 convolution and a pooling that leave a quarter
/// of the rows, four stages of two basic blocks with 64 to 512 channels, average pooling and one fully connected layer. Images of fewer than
/// 64 rows are enlarged to 64 first (bilinear), so that the weights of ImageNet find structures of the size they know.
/// </summary>
public sealed class ResNet18 : Module<Tensor, Tensor>
{
    private const int SmallestImage = 64;

    private readonly Module<Tensor, Tensor> conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly Module<Tensor, Tensor> layer1;
    private readonly Module<Tensor, Tensor> layer2;
    private readonly Module<Tensor, Tensor> layer3;
    private readonly Module<Tensor, Tensor> layer4;
    private readonly Module<Tensor, Tensor> fc;

    /// <summary>Makes a network with Kaiming-normal initial weights; <see cref="Training.PretrainedWeights"/> sets others.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no class or channel.</exception>
    public ResNet18(int classes, int seed, int channels = 3)
        : base(nameof(ResNet18))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        conv1 = Conv2d(channels, 64, 7, stride: 2, padding: 3, bias: false);
        bn1 = BatchNorm2d(64);
        layer1 = BasicBlock.Stage(64, 64, 2, 1);
        layer2 = BasicBlock.Stage(64, 128, 2, 2);
        layer3 = BasicBlock.Stage(128, 256, 2, 2);
        layer4 = BasicBlock.Stage(256, 512, 2, 2);
        fc = Linear(512, classes);
        RegisterComponents();
        InitialWeights.DrawFanOut(this, seed);
    }

    /// <summary>Computes the class scores.</summary>
    /// <param name="input">Normalised images, float32 <c>[B, channels, H, W]</c>.</param>
    /// <returns>Logits, float32 <c>[B, classes]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = input.shape[2] < SmallestImage
            ? functional.interpolate(input, [SmallestImage, SmallestImage], mode: InterpolationMode.Bilinear, align_corners: false)
            : input;
        x = functional.relu(bn1.call(conv1.call(x)));
        x = functional.max_pool2d(x, 3, 2, 1);
        x = layer4.call(layer3.call(layer2.call(layer1.call(x))));
        return fc.call(x.mean([2, 3])).MoveToOuterDisposeScope();
    }
}
