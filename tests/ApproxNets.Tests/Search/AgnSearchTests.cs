using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Tests.Layers;
using ApproxNets.Tests.Training;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

#pragma warning disable xUnit1051 // the calls last milliseconds, and those that are cancelled have tokens of their own
namespace ApproxNets.Tests.Search;

public sealed class AgnSearchTests
{
    // Opcounts of the tiny network: 4 x 64 outputs of 27 products, 2 of 4.
    private const double Convolution = 6912, Linear = 8;

    [Theory]
    [InlineData(0.2f, 0.4f, 0.2, 0.4, 1, 1)]
    [InlineData(-0.2f, 0.9f, 0.2, 0.5, -1, 0)]
    [InlineData(0.6f, -0.1f, 0.5, 0.1, 0, -1)]
    [InlineData(7f, -7f, 0.5, 0.5, 0, 0)]
    public void RewardIsByHand(float first, float second, double firstTerm, double secondTerm, double firstSign, double secondSign)
    {
        using var scope = NewDisposeScope();
        using var model = TinyProblem.Model(1);
        using (no_grad())
        {
            model.Layers[0].Sigma.fill_(first);
            model.Layers[1].Sigma.fill_(second);
        }

        var reward = AgnSearch.NoiseReward(model, 0.5);
        reward.backward();
        double total = Convolution + Linear;
        Assert.Equal(((Convolution * firstTerm) + (Linear * secondTerm)) / total, reward.item<float>(), 1e-6);
        Assert.Equal(firstSign * Convolution / total, model.Layers[0].Sigma.grad!.item<float>(), 1e-6);
        Assert.Equal(secondSign * Linear / total, model.Layers[1].Sigma.grad!.item<float>(), 1e-6);
    }

    [Fact]
    public void RewardLeavesOnlyItselfAlive()
    {
        using var model = TinyProblem.Model(1);
        long before = LiveTensors.Settled();
        using var reward = AgnSearch.NoiseReward(model, 0.5);
        Assert.Equal(before + 1, Tensor.TotalCount);
    }

    [Fact]
    public void WithoutRewardNoiseShrinksAndWithMuchRewardItGrows()
    {
        // No batch normalisation and no average over positions: noise on the scores hurts.
        static ApproxModel Scores()
        {
            var network = nn.Sequential(nn.Flatten(), nn.Linear(192, 2));
            using var random = new Generator(3);
            using var gradients = no_grad();
            network.parameters().ToList().ForEach(p => p.normal_(0, 0.05, random));
            return ApproxModel.Convert(network, new QuantizationOptions(Signedness.Signed), 3, 8, 8);
        }

        using var first = Scores();
        var without = AgnSearch.Run(first, TinyProblem.Data(), new AgnOptions(0, 1, 1), TinyProblem.Options(8));
        Assert.True(without.Sigmas[0] < 0.9, $"found {without.Sigmas[0]}");

        using var second = Scores();
        var with = AgnSearch.Run(second, TinyProblem.Data(), new AgnOptions(5, 0.1, 0.5), TinyProblem.Options(8));
        Assert.True(with.Sigmas[0] > 0.45, $"found {with.Sigmas[0]}");
        Assert.True(with.Training.Epochs[^1].Loss < -1, "the reward is part of the loss"); // 5 x 0.5 less a cross-entropy that is small
    }

    [Fact]
    public void EndsQuantisedWithOneRowPerEpoch()
    {
        using var model = TinyProblem.Model(1);
        TinyProblem.Observe(model);
        var result = AgnSearch.Run(model, TinyProblem.Data(), new AgnOptions(0.2, 0.07, 0.5), TinyProblem.Options(3));
        Assert.All(model.Layers, l => Assert.IsType<QuantizedArithmetic>(l.Arithmetic));
        Assert.False(model.Network.training);
        Assert.Equal(4, result.History.Count);
        Assert.Equal([0.07f, 0.07f], result.History[0].Select(s => (float)s));
        Assert.Equal(result.Sigmas, result.History[^1]);
        Assert.Equal(model.Layers.Select(l => (double)Math.Abs(l.Sigma.item<float>())), result.Sigmas);
        Assert.Equal(4, result.History.Select(row => row[0]).Distinct().Count());
        Assert.Equal(3, result.Training.Epochs.Count);
    }

    [Fact]
    public void ResumedSearchEqualsTheUninterruptedOne()
    {
        using var folder = new TemporaryFolder("agn");
        string file = folder["resume.safetensors"];
        var data = TinyProblem.Data();
        var agn = new AgnOptions(0.5, 0.1, 0.5);
        using var whole = TinyProblem.Model(1);
        var expected = AgnSearch.Run(whole, data, agn, TinyProblem.Options(4));

        using var source = new CancellationTokenSource();
        using var begun = TinyProblem.Model(1);
        Assert.Throws<OperationCanceledException>(() => AgnSearch.Run(
            begun, data, agn, TinyProblem.Options(4), new() { ResumeFile = file, Progress = Callback.CancelAfter(2, source), Cancellation = source.Token }));

        // The file is of this search only: other rewards mean other sigmas.
        using var resumed = TinyProblem.Model(99);
        Assert.Contains("lambda 0.6", Assert.Throws<InvalidDataException>(() => AgnSearch.Run(resumed, data, agn with { Lambda = 0.6 }, TinyProblem.Options(4), new() { ResumeFile = file })).Message);
        var actual = AgnSearch.Run(resumed, data, agn, TinyProblem.Options(4), new() { ResumeFile = file });

        Assert.Equal(TinyProblem.Fingerprint(whole.Network), TinyProblem.Fingerprint(resumed.Network));
        Assert.Equal(expected.Sigmas, actual.Sigmas);
        Assert.Equal(5, actual.History.Count);
        Assert.Equal(expected.History, actual.History);
        static (int, double, double, double) Plain(EpochRecord e) => (e.Epoch, e.Loss, e.Accuracy, e.ValidationAccuracy);
        Assert.Equal(expected.Training.Epochs.Select(Plain), actual.Training.Epochs.Select(Plain));
    }

    [Fact]
    public void SeedDecidesTheResult()
    {
        string Run(int seed)
        {
            using var model = TinyProblem.Model(1);
            AgnSearch.Run(model, TinyProblem.Data(), new AgnOptions(), TinyProblem.Options(2, seed));
            return TinyProblem.Fingerprint(model.Network);
        }

        string first = Run(1);
        Assert.Equal(first, Run(1));
        Assert.NotEqual(first, Run(2));
    }

    public static TheoryData<AgnOptions> Bad =>
    [
        new AgnOptions(-0.1),
        new AgnOptions(double.NaN),
        new AgnOptions(double.PositiveInfinity),
        new AgnOptions(0.2, 0),
        new AgnOptions(0.2, -0.1),
        new AgnOptions(0.2, double.NaN),
        new AgnOptions(0.2, 0.6, 0.5),
        new AgnOptions(0.2, 0.1, double.NaN),
        new AgnOptions(0.2, 0.1, double.PositiveInfinity),
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public void OptionsOutOfRangeAreErrors(AgnOptions options)
    {
        using var model = TinyProblem.Model(1);
        Assert.Contains("AGN", Assert.Throws<ArgumentException>(() => AgnSearch.Run(model, TinyProblem.Data(), options, TinyProblem.Options(1))).Message);
        Assert.All(model.Layers, l => Assert.IsType<FloatArithmetic>(l.Arithmetic));
    }
}
