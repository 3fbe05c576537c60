using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Models;

/// <summary>The networks by name.</summary>
public static class Networks
{
    private static readonly (string Name, Func<int, int, int, int, Module<Tensor, Tensor>> Make)[] Entries =
    [
        ("lenet5", (classes, seed, channels, size) => new LeNet5(classes, seed, channels, size)),
        ("resnet8", (classes, seed, channels, _) => new ResNet(8, classes, seed, channels)),
        ("resnet14", (classes, seed, channels, _) => new ResNet(14, classes, seed, channels)),
        ("resnet20", (classes, seed, channels, _) => new ResNet(20, classes, seed, channels)),
        ("resnet32", (classes, seed, channels, _) => new ResNet(32, classes, seed, channels)),
        ("resnet18", (classes, seed, channels, _) => new ResNet18(classes, seed, channels)),
        ("alexnet", (classes, seed, channels, size) => new AlexNet(classes, seed, channels, size)),
        ("vgg11", (classes, seed, channels, size) => new Vgg(11, classes, seed, channels, size)),
        ("vgg13", (classes, seed, channels, size) => new Vgg(13, classes, seed, channels, size)),
        ("vgg16", (classes, seed, channels, size) => new Vgg(16, classes, seed, channels, size)),
        ("vgg19", (classes, seed, channels, size) => new Vgg(19, classes, seed, channels, size)),
        ("mobilenetv2", (classes, seed, channels, size) => new MobileNetV2(classes, seed, channels, size)),
    ];

    /// <summary>The names that <see cref="Create"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Entries.Select(e => e.Name)];

    /// <summary>Makes a network with the defaults of its class and initial weights that depend on the seed alone.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed of the initial weights and of dropout.</param>
    /// <param name="channels">Channels of an image.</param>
    /// <param name="imageSize">Rows and columns of an image; lenet5: 28 or 32, the residual networks: any, the others: at least 28.</param>
    /// <returns>A network of images, float32 <c>[B, channels, imageSize, imageSize]</c>, to logits <c>[B, classes]</c>.</returns>
    /// <exception cref="ArgumentException">There is no network of this name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of the network's range.</exception>
    public static Module<Tensor, Tensor> Create(string name, int classes, int seed, int channels = 3, int imageSize = 32)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize, 1);
        var (_, make) = Entries.FirstOrDefault(e => e.Name == name);
        return make is null
            ? throw new ArgumentException($"Network: found the name '{name}', expected one of {string.Join(", ", Names)}.", nameof(name))
            : make(classes, seed, channels, imageSize);
    }
}
