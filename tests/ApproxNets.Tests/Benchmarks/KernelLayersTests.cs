using ApproxNets.Benchmarks;
using Xunit;

namespace ApproxNets.Tests.Benchmarks;

public sealed class KernelLayersTests
{
    [Fact]
    public void Every_shape_is_valid_and_there_once_and_every_name_is_its_own()
    {
        var layers = KernelLayers.All(128);
        foreach (var layer in layers)
        {
            layer.Shape.Validate();
        }

        Assert.Equal(layers.Count, layers.Select(l => l.Shape).Distinct().Count());
        Assert.Equal(layers.Count, layers.Select(l => l.Name).Distinct().Count());
    }

    [Fact]
    public void Multiplications_are_those_of_the_networks()
    {
        // ResNet8 as the papers count it: 12.5 million, of the distinct layers with their multiplicities.
        var resnet = KernelLayers.ResNet(1).Select(l => l.Macs).ToArray();
        Assert.Equal(12_501_632, resnet[0] + (2 * resnet[1]) + resnet[2..4].Sum() + resnet[4] + resnet[5..7].Sum() + resnet[7] + resnet[8]);

        // VGG16 has 15,346,630,656 multiplications in its convolutions at 224x224, 12.25 times as many as at 64x64.
        var vgg = KernelLayers.Vgg16(1).Select(l => l.Macs).ToArray();
        Assert.Equal(15_346_630_656, (vgg.Sum() + vgg[5] + vgg[7] + (2 * vgg[8])) * 49 / 4);
    }

    [Fact]
    public void MobileNetV2_ends_with_maps_of_two_by_two()
    {
        var layers = KernelLayers.MobileNetV2(1);
        Assert.Equal("mobilenetv2 conv3x3 3-32 64x64 s2", layers[0].Name);
        Assert.Equal("mobilenetv2 dw3x3 32 32x32", layers[1].Name);
        Assert.Equal("mobilenetv2 conv1x1 320-1280 2x2", layers[^1].Name);
        Assert.DoesNotContain(layers, l => l.IsFullyConnected);
    }
}
