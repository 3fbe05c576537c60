using ApproxNets.Models;
using ApproxNets.Tests.Training;
using Xunit;

namespace ApproxNets.Tests.Models;

public sealed class NetworksTests
{
    public static TheoryData<string> Names => [.. Networks.Names];

    [Fact]
    public void NamesAreKnown() => Assert.Equal(
        ["lenet5", "resnet8", "resnet14", "resnet20", "resnet32", "resnet18", "alexnet", "vgg11", "vgg13", "vgg16", "vgg19", "mobilenetv2"], Networks.Names);

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryNetworkTakesFashionMnistAndCifar10(string name)
    {
        foreach (var (channels, size) in new[] { (1, 28), (3, 32) })
        {
            using var network = Networks.Create(name, 10, 5, channels, size);
            NetworkAssert.Forward(network, 10, channels, size, size);
        }
    }

    [Fact]
    public void NameAndSeedAreThoseOfTheClass()
    {
        using var network = Networks.Create("resnet14", 7, 4, 3, 32);
        using var same = new ResNet(14, 7, 4);
        Assert.Equal(TinyProblem.Fingerprint(same), TinyProblem.Fingerprint(network));
    }

    [Fact]
    public void UnknownNamesAndSizesAreErrors()
    {
        string message = Assert.Throws<ArgumentException>(() => Networks.Create("ResNet8", 10, 0, 3, 32)).Message;
        Assert.Contains("'ResNet8'", message);
        Assert.Contains("lenet5, resnet8", message);
        Assert.Contains("64, expected 28 or 32", Assert.Throws<ArgumentOutOfRangeException>(() => Networks.Create("lenet5", 10, 0, 3, 64)).Message);
        Assert.Contains("16, expected 28", Assert.Throws<ArgumentOutOfRangeException>(() => Networks.Create("vgg11", 10, 0, 3, 16)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Networks.Create("resnet8", 10, 0, 3, 0));
        Assert.All(Networks.Names, n => Assert.Throws<ArgumentOutOfRangeException>(() => Networks.Create(n, 0, 0, 3, 32)));
        Assert.All(Networks.Names, n => Assert.Throws<ArgumentOutOfRangeException>(() => Networks.Create(n, 10, 0, 0, 32)));
    }
}
