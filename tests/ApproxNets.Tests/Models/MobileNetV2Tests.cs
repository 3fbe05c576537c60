using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Models;

public sealed class MobileNetV2Tests
{
    private static readonly (int T, int C, int N)[] Table2 = [(1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1)];

    [Theory]
    [InlineData(1.0, 3_504_872)] // docs.pytorch.org/vision, MobileNet_V2_Weights.IMAGENET1K_V1, num_params
    [InlineData(0.5, 1_968_680)]
    [InlineData(1.4, 6_108_776)]
    public void ParameterCountIsThatOfTable2(double width, long parameters)
    {
        // Every convolution is without bias and has two parameters of batch normalisation for each output. Multiples of 8 by a search.
        int Channels(double c) => Enumerable.Range(1, 400).Select(i => 8 * i).Where(m => m >= 0.9 * c * width).MinBy(m => Math.Abs(m - (c * width)));
        long current = Channels(32), count = (27 * current) + (2 * current);
        foreach (var (t, c, n) in Table2)
        {
            for (int i = 0; i < n; i++)
            {
                long hidden = t * current, next = Channels(c);
                count += (t == 1 ? 0 : (current * hidden) + (2 * hidden)) + (9 * hidden) + (2 * hidden) + (hidden * next) + (2 * next);
                current = next;
            }
        }

        long last = width > 1 ? Channels(1280) : 1280;
        count += (current * last) + (2 * last) + (1000 * (last + 1));
        using var network = new MobileNetV2(1000, 0, width: width);
        Assert.Equal(parameters, count);
        Assert.Equal(parameters, NetworkAssert.Parameters(network));
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(11.9, 16)]
    [InlineData(12, 16)]
    [InlineData(16.8, 16)]
    [InlineData(17.9, 24)]
    [InlineData(44.8, 48)]
    public void ChannelsAreRoundedToEight(double channels, int expected) => Assert.Equal(expected, MobileNetV2.RoundToEight(channels));

    [Fact]
    public void NamesAndShapesAreTorchvisions()
    {
        using var network = new MobileNetV2(1000, 0);
        var state = network.state_dict();
        Assert.Equal(314, state.Count); // 52 convolutions, five tensors of each of their normalisations, and two of the last layer
        Assert.Equal([32, 3, 3, 3], state["features.0.0.weight"].shape);
        Assert.Equal([32], state["features.0.1.running_var"].shape);
        Assert.Equal([32, 1, 3, 3], state["features.1.conv.0.0.weight"].shape);
        Assert.Equal([16, 32, 1, 1], state["features.1.conv.1.weight"].shape);
        Assert.Equal([16], state["features.1.conv.2.bias"].shape);
        Assert.Equal([96, 16, 1, 1], state["features.2.conv.0.0.weight"].shape);
        Assert.Equal([96, 1, 3, 3], state["features.2.conv.1.0.weight"].shape);
        Assert.Equal([24, 96, 1, 1], state["features.2.conv.2.weight"].shape);
        Assert.Equal([24], state["features.2.conv.3.running_mean"].shape);
        Assert.Equal([320, 960, 1, 1], state["features.17.conv.2.weight"].shape);
        Assert.Equal([1280, 320, 1, 1], state["features.18.0.weight"].shape);
        Assert.Equal([1000, 1280], state["classifier.1.weight"].shape);
    }

    [Theory]
    [InlineData(1, 28)]
    [InlineData(3, 32)]
    [InlineData(3, 64)]
    public void GivesOneScorePerClass(int channels, int size)
    {
        using var network = new MobileNetV2(10, 0, channels, size, 0.5);
        NetworkAssert.Forward(network, 10, channels, size, size);
    }

    [Theory]
    [InlineData(32, 16)] // divided by 8: 4 x 4
    [InlineData(63, 64)] // rounded up by each stride: 63, 32, 16, 8
    [InlineData(64, 4)] // divided by 32: 2 x 2
    [InlineData(224, 49)] // the paper's 7 x 7
    public void SmallImagesAreDividedByEight(int size, int positions)
    {
        using var model = ApproxModel.Convert(
            new MobileNetV2(10, 0, 3, size, 0.1), new QuantizationOptions(Signedness.Signed), 3, size, size);
        var last = model.Layers.Single(l => l.Path == "features.18.0");
        Assert.Equal(positions, last.Opcount / (1280 * last.FanIn));
    }

    [Fact]
    public void WeightsDependOnTheSeedAlone() => NetworkAssert.DependsOnTheSeedAlone(seed => new MobileNetV2(10, seed, 3, 32, 0.25));

    [Fact]
    public void ConvertsToApproximateLayers() => NetworkAssert.Converts(new MobileNetV2(10, 1, 3, 32), 52, 1, 3, 32, 32);

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void LayersBehindLinearBottlenecksTakeBothSigns(Signedness scheme)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(5);
        var x = randn([4, 3, 32, 32], generator: random);
        using var model = ApproxModel.Convert(new MobileNetV2(10, 1, 3, 32, 0.25), new QuantizationOptions(scheme), 3, 32, 32);
        model.UseQuantized();
        model.Network.eval();
        foreach (var layer in model.Layers)
        {
            layer.train(); // the ranges alone
        }

        model.Network.call(x);
        model.Network.eval();
        var quantised = model.Network.call(x);
        string[] behind = ["features.0.0", .. Enumerable.Range(2, 16).Select(block => $"features.{block}.conv.0.0"), "features.18.0"];
        var state = model.Network.state_dict();
        foreach (var layer in model.Layers)
        {
            float least = state[layer.Path + ".observer.least"].item<float>(), greatest = state[layer.Path + ".observer.greatest"].item<float>();
            var code = layer.ActivationParameters;
            Assert.Equal(behind.Contains(layer.Path), least < 0);
            Assert.True(greatest > 0);
            double Lowest() => code.Scale * (code.Min - code.ZeroPoint);
            double Highest() => code.Scale * (code.Max - code.ZeroPoint);
            Assert.InRange(least, Lowest() - code.Scale, 0);
            Assert.InRange(greatest, 0, Highest() + code.Scale);
            if (scheme == Signedness.Signed)
            {
                Assert.Equal(0, code.ZeroPoint); // symmetric: as far down as up
                Assert.Equal(Math.Max(-least, greatest) / 127, code.Scale, 1e-6);
            }
            else
            {
                Assert.Equal(least < 0, code.ZeroPoint > 0);
                Assert.Equal((greatest - least) / 255, code.Scale, 1e-6);
            }

            float[] values = [.. Enumerable.Range(0, 301).Select(i => least + ((greatest - least) * i / 300))];
            byte[] codes = layer.ActivationCodes(tensor(values)).data<byte>().ToArray();
            Assert.All(values.Zip(codes), pair => Assert.Equal(pair.First, code.Scale * (pair.Second - code.ZeroCode), 1.001 * code.Scale));
        }

        // Tables of the exact products compute what the quantised layers do, with padding and zero points.
        model.Use(Assignment.Uniform(Multiplier.FromFunction("exact", scheme, (a, w) => a * w, 1, "definition"), model.Opcounts));
        var products = model.Network.call(x);
        Assert.InRange((products - quantised).norm().item<float>() / quantised.norm().item<float>(), 0, 0.02);
    }

    [Fact]
    public void BadArgumentsAreErrors()
    {
        Assert.Contains("27, expected 28", Assert.Throws<ArgumentOutOfRangeException>(() => new MobileNetV2(10, 0, 3, 27)).Message);
        Assert.Contains("width 0", Assert.Throws<ArgumentOutOfRangeException>(() => new MobileNetV2(10, 0, width: 0)).Message);
        Assert.Contains("width NaN", Assert.Throws<ArgumentOutOfRangeException>(() => new MobileNetV2(10, 0, width: double.NaN)).Message);
    }
}
