using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Models;

/// <summary>What holds for every network.</summary>
internal static class NetworkAssert
{
    public static long Parameters(nn.Module network, string prefix = "") =>
        network.named_parameters().Where(p => p.name.StartsWith(prefix, StringComparison.Ordinal)).Sum(p => p.parameter.numel());

    /// <summary>A black image and a random one give finite scores, which differ.</summary>
    public static void Forward(nn.Module<Tensor, Tensor> network, int classes, params long[] imageShape)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(2);
        network.eval();
        var scores = network.call(cat([zeros([1, .. imageShape]), randn([1, .. imageShape], generator: random)]));
        Assert.Equal([2, classes], scores.shape);
        Assert.True(scores.isfinite().all().item<bool>());
        Assert.NotEqual(TinyProblem.Bytes(scores[0]), TinyProblem.Bytes(scores[1]));
    }

    /// <summary>
    /// Conversion finds the expected layers, adds only sigma and observer to the names, leaves the output as it was, and the quantised
    /// network learns ranges and then gives about the scores of the float one.
    /// </summary>
    public static void Converts(nn.Module<Tensor, Tensor> network, int convolutions, int linears, params long[] imageShape)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(3);
        var x = randn([2, .. imageShape], generator: random);
        network.eval();
        var before = network.call(x);
        string[] names = [.. network.state_dict().Keys];

        using var model = ApproxModel.Convert(network, new QuantizationOptions(Signedness.Signed), imageShape);
        Assert.Equal(convolutions, model.Layers.Count(l => l is ApproxConv2d));
        Assert.Equal(linears, model.Layers.Count(l => l is ApproxLinear));
        Assert.DoesNotContain(network.modules(), m => m is Conv2d or Linear);
        string[] added = [.. model.Layers.SelectMany(l => new[] { ".sigma", ".observer.least", ".observer.greatest" }, (l, s) => l.Path + s)];
        Assert.Equal(names.Concat(added).Order(StringComparer.Ordinal), network.state_dict().Keys.Order(StringComparer.Ordinal));
        Assert.All(model.Opcounts, c => Assert.True(c > 0));
        Assert.Equal(TinyProblem.Bytes(before), TinyProblem.Bytes(network.call(x)));

        model.UseQuantized();
        foreach (var layer in model.Layers)
        {
            layer.train(); // the ranges alone: dropout and batch normalisation stay in evaluation mode
        }

        network.call(x);
        network.eval();
        var quantised = network.call(x);
        double error = (quantised - before).norm().item<float>() / before.norm().item<float>();
        Assert.True(error is > 0 and < 0.3, $"found a relative error of {error} of the quantised scores");
    }

    /// <summary>The same seed gives the same weights whatever the global generator did; another seed gives others.</summary>
    public static void DependsOnTheSeedAlone(Func<int, nn.Module> make)
    {
        manual_seed(1);
        using var first = make(7);
        manual_seed(2);
        using var again = make(7);
        using var other = make(8);
        Assert.Equal(TinyProblem.Fingerprint(first), TinyProblem.Fingerprint(again));
        foreach (var ((name, a), (_, b)) in first.named_parameters().Zip(other.named_parameters()).Where(p => p.First.parameter.dim() > 1))
        {
            Assert.False(TinyProblem.Bytes(a).SequenceEqual(TinyProblem.Bytes(b)), name);
        }
    }
}
