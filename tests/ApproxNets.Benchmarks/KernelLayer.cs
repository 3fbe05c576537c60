using ApproxNets.Kernels;

namespace ApproxNets.Benchmarks;

/// <summary>One layer to measure.</summary>
/// <param name="Name">Network, kind, channels and map, e.g. <c>resnet conv3x3 16-32 32x32 s2</c>.</param>
/// <param name="Shape">The convolution; a fully connected layer is the 1x1 convolution of a 1x1 map.</param>
public sealed record KernelLayer(string Name, Conv2dShape Shape)
{
    /// <summary>Whether the float side runs <c>linear</c> and not <c>conv2d</c>.</summary>
    public bool IsFullyConnected => Shape is { Height: 1, Width: 1, KernelHeight: 1, KernelWidth: 1, Padding: (0, 0) };

    /// <summary>Multiply-accumulates of one call, the whole batch.</summary>
    public long Macs => Shape.Batch * Shape.MultiplicationsPerSample;
}
