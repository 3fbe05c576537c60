using ApproxNets.Models;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Models;

public sealed class ResNet18Tests
{
    [Fact]
    public void ItIsTorchvisionsNetwork()
    {
        using var network = new ResNet18(1000, 0);
        Assert.Equal(11_689_512, network.parameters().Sum(p => p.numel()));
        string[] names = [.. network.state_dict().Keys];
        Assert.Equal(122, names.Length);
        Assert.Contains("conv1.weight", names);
        Assert.Contains("layer4.1.bn2.running_var", names);
        Assert.Contains("layer2.0.downsample.1.num_batches_tracked", names);
        Assert.DoesNotContain(names, name => name.StartsWith("layer1.0.downsample", StringComparison.Ordinal));
    }

    [Fact]
    public void SmallImagesAreEnlargedToSixtyFourRows()
    {
        using var scope = NewDisposeScope();
        using var network = new ResNet18(10, 3);
        network.eval();
        var small = randn([2, 3, 32, 32]);
        var large = nn.functional.interpolate(small, [64, 64], mode: InterpolationMode.Bilinear, align_corners: false);
        Assert.True(network.call(small).allclose(network.call(large)));
        Assert.Equal([2, 10], network.call(randn([2, 3, 96, 80])).shape);
    }
}
