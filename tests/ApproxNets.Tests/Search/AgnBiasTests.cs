using ApproxNets.Foundation;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Tests.Layers;
using ApproxNets.Tests.Training;
using Xunit;
using static TorchSharp.torch;

#pragma warning disable xUnit1051 // the calls last milliseconds, and those that are cancelled have tokens of their own
namespace ApproxNets.Tests.Search;

public sealed class AgnBiasTests
{
    private static readonly AgnOptions Options = new(0.5, 0.1, 0.5) { Bias = new AgnBias(0.2, 0.4) };

    [Fact]
    public void RewardIsByHand()
    {
        using var scope = NewDisposeScope();
        using var model = TinyProblem.Model(1);
        Tensor[] biases = [tensor(-0.3f, requires_grad: true), tensor(0.7f, requires_grad: true)];
        var reward = AgnSearch.Reward(model, biases, 0.4);
        reward.backward();

        // Opcounts 4 x 64 x 27 and 2 x 4.
        Assert.Equal(((6912 * 0.3) + (8 * 0.4)) / 6920, reward.item<float>(), 1e-6);
        Assert.Equal(-6912.0 / 6920, biases[0].grad!.item<float>(), 1e-6);
        Assert.Equal(0, biases[1].grad!.item<float>());
    }

    // y~ = y + std(y) (|beta| s + |sigma| eps), and d/dbeta of sum g y~ is sign(beta) std(y) sum g s.
    [Theory]
    [InlineData(BiasDraw.Step, 0.3f)]
    [InlineData(BiasDraw.Image, -0.3f)]
    [InlineData(BiasDraw.ImageAndChannel, 0.3f)]
    public void OutputIsShiftedByTheSignsAndTheGradientSumsThem(BiasDraw draw, float beta)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        var layer = new ApproxConv2d("c", nn.Conv2d(3, 4, 3), new QuantizationOptions(Signedness.Signed));
        var x = randn([6, 3, 8, 8], generator: random);
        layer.With(new QuantizedArithmetic(), x);
        layer.eval();
        var tolerance = tensor(beta, requires_grad: true);
        Tensor clean, plain, shifted;
        using (no_grad())
        {
            clean = layer.call(x);
            plain = layer.With(new NoiseArithmetic(5), x);
        }

        shifted = layer.With(new NoiseArithmetic(5, tolerance, draw), x);
        float deviation = clean.std().item<float>();
        var signs = shifted.detach().sub(plain).div(deviation * 0.3f);
        Assert.True(signs.abs().allclose(ones_like(signs), atol: 1e-4));

        // As many different signs as the draw has units: 1, 6 and 24.
        int units = draw switch { BiasDraw.Step => 1, BiasDraw.Image => 6, _ => 24 };
        var drawn = new float[units];
        GaussianNoise.Signs(drawn, ~5);
        long[] of = [units == 1 ? 1 : 6, units == 24 ? 4 : 1, 1, 1];
        Assert.True(signs.allclose(tensor(drawn).view(of).expand(signs.shape), atol: 1e-4));

        var direction = randn(shifted.shape, generator: random);
        shifted.mul(direction).sum().backward();
        double expected = Math.Sign(beta) * deviation * direction.mul(signs).sum().item<float>();
        Assert.Equal(expected, tolerance.grad!.item<float>(), 1e-3 * (1 + Math.Abs(expected)));
    }

    // Batch normalisation in training takes out what the whole batch has in common.
    [Theory]
    [InlineData(BiasDraw.Step, false)]
    [InlineData(BiasDraw.Image, true)]
    [InlineData(BiasDraw.ImageAndChannel, true)]
    public void OnlySignsThatDifferInABatchReachTheLoss(BiasDraw draw, bool reaches)
    {
        using var scope = NewDisposeScope();
        using var model = TinyProblem.Model(1);
        TinyProblem.Observe(model);
        model.UseNoise(0);
        model.Network.train();
        var tolerance = tensor(0.3f, requires_grad: true);
        model.Layers[0].Arithmetic = new NoiseArithmetic(0, tolerance, draw);
        var labels = arange(20).remainder(2);
        nn.functional.cross_entropy(model.Network.call(TinyProblem.Batch()), labels).backward();
        Assert.Equal(reaches, Math.Abs(tolerance.grad!.item<float>()) > 1e-4);
    }

    [Fact]
    public void SearchLearnsTolerancesAndLeavesTheNetworkAsItWas()
    {
        using var model = TinyProblem.Model(1);
        string[] names = [.. model.Network.state_dict().Keys];
        var result = AgnSearch.Run(model, TinyProblem.Data(), Options, TinyProblem.Options(3));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(2, result.Biases.Count);
        Assert.Equal(2, result.Sigmas.Count);
        Assert.All(result.History, row => Assert.Equal(2, row.Count));
        Assert.All(result.Training.Epochs, e => Assert.Equal(4, e.Measured.Count));
        Assert.Equal(result.Biases, result.Training.Epochs[^1].Measured.Skip(2));
        Assert.True(Math.Abs(result.Biases[0] - 0.2) > 1e-3, "nothing was learnt");
        Assert.Equal(names, model.Network.state_dict().Keys);
        Assert.All(model.Layers, l => Assert.IsType<QuantizedArithmetic>(l.Arithmetic));

        // The finalised wrapper has not taken the network with it.
        using var scope = NewDisposeScope();
        Assert.Equal([20, 2], model.Network.call(TinyProblem.Batch()).shape);
    }

    [Fact]
    public void ResumedSearchEqualsTheUninterruptedOne()
    {
        using var folder = new TemporaryFolder("agn-bias");
        string file = folder["resume.safetensors"];
        var data = TinyProblem.Data();
        using var whole = TinyProblem.Model(1);
        var expected = AgnSearch.Run(whole, data, Options, TinyProblem.Options(4));

        using var source = new CancellationTokenSource();
        using var begun = TinyProblem.Model(1);
        Assert.Throws<OperationCanceledException>(() => AgnSearch.Run(
            begun, data, Options, TinyProblem.Options(4), new() { ResumeFile = file, Progress = Callback.CancelAfter(2, source), Cancellation = source.Token }));
        Assert.All(begun.Layers, l => Assert.IsType<QuantizedArithmetic>(l.Arithmetic));

        using var resumed = TinyProblem.Model(99);
        var actual = AgnSearch.Run(resumed, data, Options, TinyProblem.Options(4), new() { ResumeFile = file });
        Assert.Equal(TinyProblem.Fingerprint(whole.Network), TinyProblem.Fingerprint(resumed.Network));
        Assert.Equal(expected.Biases, actual.Biases);
        Assert.Equal(expected.Sigmas, actual.Sigmas);
    }

    [Fact]
    public void WhatIsOffDoesNotShowInTheSettings() =>
        Assert.Equal("agn 1\nlambda 0.2\ninitial-sigma 0.1\nmax-sigma 0.5\n", new Fingerprint("agn", 1).Add(new AgnOptions().AddTo).Text);

    public static TheoryData<AgnBias> Bad =>
    [
        new AgnBias(0),
        new AgnBias(double.NaN),
        new AgnBias(0.6, 0.5),
        new AgnBias(0.1, double.PositiveInfinity),
        new AgnBias(0.1, 0.5, (BiasDraw)7),
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public void OptionsOutOfRangeAreErrors(AgnBias bias)
    {
        using var model = TinyProblem.Model(1);
        Assert.Contains("bias", Assert.Throws<ArgumentException>(() => AgnSearch.Run(
            model, TinyProblem.Data(), new AgnOptions() { Bias = bias }, TinyProblem.Options(1))).Message);
    }
}
