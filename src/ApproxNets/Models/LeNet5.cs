using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Models;

/// <summary>
/// LeNet-5 (Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document Recognition", 1998) in the
/// form that is common today: its convolutions of 6 and 16 channels and its layers of 120, 84 and <c>classes</c> units, but ReLU
/// and 2x2 maximum pooling in place of the squashed tangent and the trained averages, every channel of the second convolution
/// seeing all of the first, and a plain last layer in place of radial basis functions.
/// </summary>
/// <remarks>
/// The 1998 network takes 32x32 images; 28x28 ones are padded by 2 zeros on each side by the first convolution. 61,706
/// parameters for one channel and ten classes.
/// </remarks>
public sealed class LeNet5 : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> conv1;
    private readonly Module<Tensor, Tensor> conv2;
    private readonly Module<Tensor, Tensor> fc1;
    private readonly Module<Tensor, Tensor> fc2;
    private readonly Module<Tensor, Tensor> fc3;

    /// <summary>Makes a network with Kaiming-normal initial weights.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the initial weights.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <param name="imageSize">Rows and columns of an image: 28 or 32.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no class or channel, or the image is of another size.</exception>
    public LeNet5(int classes, int seed, int channels = 1, int imageSize = 28)
        : base(nameof(LeNet5))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (imageSize is not (28 or 32))
        {
            throw new ArgumentOutOfRangeException(nameof(imageSize), $"LeNet5: found image size {imageSize}, expected 28 or 32.");
        }

        conv1 = Conv2d(channels, 6, 5, padding: (32 - imageSize) / 2);
        conv2 = Conv2d(6, 16, 5);
        fc1 = Linear(16 * 5 * 5, 120);
        fc2 = Linear(120, 84);
        fc3 = Linear(84, classes);
        RegisterComponents();
        InitialWeights.DrawFanIn(this, seed);
    }

    /// <summary>Computes the class scores.</summary>
    /// <param name="input">Normalised images, float32 <c>[B, channels, imageSize, imageSize]</c>.</param>
    /// <returns>Logits, float32 <c>[B, classes]</c>.</returns>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var x = functional.max_pool2d(functional.relu(conv1.call(input)), 2);
        x = functional.max_pool2d(functional.relu(conv2.call(x)), 2).flatten(1);
        x = functional.relu(fc2.call(functional.relu(fc1.call(x))));
        return fc3.call(x).MoveToOuterDisposeScope();
    }
}
