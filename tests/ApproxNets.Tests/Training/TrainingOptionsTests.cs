using ApproxNets.Foundation;
using ApproxNets.Training;
using Xunit;

#pragma warning disable xUnit1051 // the calls last milliseconds, and those that are cancelled have tokens of their own
namespace ApproxNets.Tests.Training;

public sealed class TrainingOptionsTests
{
    // 10 epochs of 10 steps; the middle of step k is at (k + 0.5) / 100 of the training.
    [Theory]
    [InlineData(0, 0.025)] // 0.005 / 0.2
    [InlineData(9, 0.475)]
    [InlineData(19, 0.975)]
    [InlineData(20, 0.99375)] // (1 - 0.205) / 0.8
    [InlineData(59, 0.50625)]
    [InlineData(99, 0.00625)]
    public void OneCycleRisesAndFallsLinearly(int step, double share) =>
        Assert.Equal(share, Options(LearningRateSchedule.OneCycle).ScheduleAt(step, 10), 1e-12);

    [Theory]
    [InlineData(0, 0.999938316241)] // (1 + cos(0.005 pi)) / 2
    [InlineData(49, 0.507853658656)] // (1 + cos(0.495 pi)) / 2
    [InlineData(99, 0.000061683759)]
    public void CosineFallsToZero(int step, double share) =>
        Assert.Equal(share, Options(LearningRateSchedule.Cosine).ScheduleAt(step, 10), 1e-10);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(39, 1)]
    [InlineData(40, 0.5)]
    [InlineData(79, 0.5)]
    [InlineData(80, 0.25)]
    [InlineData(99, 0.25)]
    public void StepFallsEveryFewEpochs(int step, double share) =>
        Assert.Equal(share, (Options(LearningRateSchedule.Step) with { StepEpochs = 4, StepFactor = 0.5 }).ScheduleAt(step, 10), 1e-12);

    [Fact]
    public void UnknownScheduleIsAnError() =>
        Assert.Throws<ArgumentException>(() => Options((LearningRateSchedule)9).ScheduleAt(0, 10));

    [Fact]
    public void TheFingerprintNamesWhatCountsAndLeavesOutWhatDoesNot()
    {
        // Written out: a stored result is found by these lines, whatever the properties are called.
        const string Sgd = """
            training 1
            epochs 3
            learning-rate 0.1
            seed 1
            batch 16
            momentum 0.9
            weight-decay 0.0001
            optimizer sgd
            schedule cosine
            precision float32
            channels-last no
            label-smoothing 0
            augment no

            """;
        var options = new TrainingOptions("a name", 3, 0.1, 1) { BatchSize = 16, Augment = false };
        static string Text(TrainingOptions options) => new Fingerprint("training", 1).Add(options.AddTo).Text;
        Assert.Equal(Sgd, Text(options));
        Assert.Equal(Sgd, Text(options with { Stage = "another", MuonLearningRate = 0.3, StepEpochs = 7 }));
        Assert.NotEqual(Sgd, Text(options with { Optimizer = OptimizerKind.Muon }));
        Assert.NotEqual(Text(options with { Schedule = LearningRateSchedule.Step }), Text(options with { Schedule = LearningRateSchedule.Step, StepEpochs = 7 }));
    }

    public static TheoryData<TrainingOptions> Bad =>
    [
        TinyProblem.Options(0),
        TinyProblem.Options(1, learningRate: 0),
        TinyProblem.Options(1, learningRate: -1),
        TinyProblem.Options(1, learningRate: double.NaN),
        TinyProblem.Options(1, learningRate: double.PositiveInfinity),
        TinyProblem.Options(1) with { BatchSize = 0 },
        TinyProblem.Options(1) with { StepEpochs = 0 },
        TinyProblem.Options(1) with { StepFactor = 0 },
        TinyProblem.Options(1) with { StepFactor = double.NaN },
        TinyProblem.Options(1) with { Momentum = 1 },
        TinyProblem.Options(1) with { Momentum = -0.1 },
        TinyProblem.Options(1) with { WeightDecay = -1 },
        TinyProblem.Options(1) with { WeightDecay = double.NaN },
        TinyProblem.Options(1) with { LabelSmoothing = 1 },
    ];

    [Theory]
    [MemberData(nameof(Bad))]
    public void OptionsOutOfRangeAreErrors(TrainingOptions options)
    {
        using var network = TinyProblem.Network(1);
        Assert.Throws<ArgumentException>(() => Trainer.Train(network, TinyProblem.Data(), options));
    }

    private static TrainingOptions Options(LearningRateSchedule schedule) => new("t", 10, 0.4, 0) { Schedule = schedule };
}
