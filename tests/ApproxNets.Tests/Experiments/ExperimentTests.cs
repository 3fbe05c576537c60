using ApproxNets.Experiments;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Experiments;

public sealed class ExperimentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("approxnets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AllStagesRunOnceAndAreLoadedThen()
    {
        var experiment = Open("resnet8");
        var searched = experiment.Searched();
        Assert.Equal(searched.Model.Layers.Count, searched.Result.Sigmas.Count);
        var assignment = Matching.Match(experiment.Errors(searched.Model), searched.Result.Sigmas).ToAssignment();
        var retrained = experiment.Retrained(searched.Stage, assignment);
        var careful = Assignment.Uniform(experiment.Library.Exact, searched.Model.Opcounts);
        var tuned = experiment.FineTuned(searched.Stage, [careful, assignment]);
        var norms = experiment.FineTuned(searched.Stage, [careful, assignment], FineTuning.NormOnly);
        var statistics = experiment.FineTuned(searched.Stage, [careful, assignment], FineTuning.Statistics);
        var taught = experiment.FineTuned(searched.Stage, [careful, assignment], FineTuning.Taught);
        var noise = experiment.TrainedUnderNoise(searched.Result.Sigmas, experiment.Recipe.Retraining);
        Stage[] stages = [experiment.Float().Stage, experiment.Quantized().Stage, searched.Stage, retrained.Stage, tuned.Stage, norms.Stage, statistics.Stage, taught.Stage, noise.Stage];
        Assert.Equal(stages.Length, stages.Select(s => s.Name).Distinct().Count());
        Assert.Equal(stages.Length, stages.Select(s => s.WeightsSha256).Distinct().Count());
        Assert.Equal(0, tuned.Net.Active);

        var again = Open("resnet8", progress: new Unexpected());
        var loaded = again.Searched();
        Stage[] second =
        [
            again.Float().Stage, again.Quantized().Stage, loaded.Stage, again.Retrained(loaded.Stage, assignment).Stage,
            again.FineTuned(loaded.Stage, [careful, assignment]).Stage, again.FineTuned(loaded.Stage, [careful, assignment], FineTuning.NormOnly).Stage,
            again.FineTuned(loaded.Stage, [careful, assignment], FineTuning.Statistics).Stage,
            again.FineTuned(loaded.Stage, [careful, assignment], FineTuning.Taught).Stage,
            again.TrainedUnderNoise(loaded.Result.Sigmas, again.Recipe.Retraining).Stage,
        ];
        Assert.All(second, stage => Assert.True(stage.Loaded));
        Assert.Equal(stages.Select(s => s.WeightsSha256), second.Select(s => s.WeightsSha256));
        Assert.Equal(searched.Result.Sigmas, loaded.Result.Sigmas);
    }

    [Fact]
    public void AStageStartsFromWhatItsKeySaysWhateverHappenedToAModelBefore()
    {
        // Retraining in a loop, as one tries two thresholds: the second result must not start from the first.
        var experiment = Open();
        var quantized = experiment.Quantized();
        var coarse = Assignment.Uniform(experiment.Library.Multipliers.Where(m => !m.IsExact).MinBy(m => m.RelativePower)!, quantized.Model.Opcounts);
        var exact = Assignment.Uniform(experiment.Library.Exact, quantized.Model.Opcounts);
        using (no_grad())
        {
            quantized.Model.Layers[0].Weight.mul_(0);
        }

        experiment.Retrained(quantized.Stage, coarse);
        string second = experiment.Retrained(quantized.Stage, exact).Stage.WeightsSha256;

        string other = Path.Combine(_folder, "other");
        var alone = Open(folder: other);
        Assert.Equal(second, alone.Retrained(alone.Quantized().Stage, exact).Stage.WeightsSha256);
    }

    [Fact]
    public void OtherWeightsAreAnotherStart()
    {
        // The same settings from a start that was trained otherwise, as on another machine: another stage, found as such.
        var experiment = Open();
        var quantized = experiment.Quantized().Stage;
        var exact = Assignment.Uniform(experiment.Library.Exact, experiment.Quantized().Model.Opcounts);
        var first = experiment.Retrained(quantized, exact).Stage;
        var longer = experiment.TrainedExactly(experiment.Recipe.Retraining).Stage;
        var second = experiment.Retrained(longer, exact).Stage;
        Assert.False(second.Loaded);
        Assert.NotEqual(first.Name, second.Name);
    }

    [Fact]
    public void AStageWhoseFileWasChangedIsMadeAgainToTheSameWeights()
    {
        var experiment = Open();
        var quantized = experiment.Quantized().Stage;
        byte[] bytes = File.ReadAllBytes(quantized.File);
        bytes[^9] ^= 1;
        File.WriteAllBytes(quantized.File, bytes);
        Assert.Contains(quantized.File, Assert.Throws<InvalidDataException>(() => experiment.Load(quantized)).Message);
        var again = experiment.Quantized().Stage;
        Assert.Equal((quantized.File, quantized.WeightsSha256, false), (again.File, again.WeightsSha256, again.Loaded));
    }

    [Fact]
    public void AnExperimentOpensByNames()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var experiment = Experiment.Open(
            profile: "smoke", network: "lenet5", scheme: "unsigned", lambda: 0.4, seed: 7, cancellation: cancellation);
        Assert.Equal(("shapes", "lenet5", Signedness.Unsigned, 0.4, 7),
            (experiment.Data.Name, experiment.Recipe.Network, experiment.Scheme, experiment.Recipe.Agn.Lambda, experiment.Recipe.Float.Seed));
        Assert.Contains("'foo'", Assert.Throws<ArgumentException>(() => Experiment.Open(profile: "smoke", scheme: "foo", cancellation: cancellation)).Message);
        Assert.Contains("'foo'", Assert.Throws<DirectoryNotFoundException>(() => Experiment.Open(profile: "smoke", library: "foo", cancellation: cancellation)).Message);
        Assert.Contains("'foo'", Assert.Throws<ArgumentException>(() => Experiment.Open(dataset: "foo", profile: "smoke", cancellation: cancellation)).Message);
    }

    [Fact]
    public void ClippedRangesAreStagesOfTheirOwnAndSpendMoreCodes()
    {
        var (extremes, first) = Open().Quantized();
        var (clipped, second) = Open(clipped: true).Quantized();
        Assert.NotEqual(first.Name, second.Name);
        Assert.Equal(2, Directory.GetFiles(_folder, "qat-*").Length);
        Assert.Single(Directory.GetFiles(_folder, "float-*"));
        Assert.All(extremes.Layers.Zip(clipped.Layers).Skip(1), pair =>
            Assert.True(pair.Second.ActivationParameters.Scale < pair.First.ActivationParameters.Scale));
        Assert.All(extremes.Layers, layer => Assert.Single(layer.OutputScale().Distinct()));
        Assert.All(clipped.Layers, layer => Assert.True(layer.OutputScale().Distinct().Count() > 1));
        Assert.False(QuantizationOptions.Clipped(Signedness.Unsigned).PerChannelWeights);
    }

    [Fact]
    public void ATeacherMakesStagesOfTheirOwn()
    {
        var alone = Open().Quantized().Stage;
        var taught = Open(teacher: "resnet8").Quantized();
        Assert.NotEqual(alone.Name, taught.Stage.Name);
        Assert.Equal(2, Directory.GetFiles(_folder, "float-lenet5-*").Length);
        string teacher = Path.GetFileNameWithoutExtension(Assert.Single(Directory.GetFiles(_folder, "float-resnet8-*")));

        // The same teacher as of an experiment with that network, and loaded like any stage.
        Assert.Equal(teacher, Open("resnet8").Float().Stage.Name);
        Assert.True(Open(teacher: "resnet8").Quantized().Stage.Loaded);

        // A teacher of little weight is another training.
        Assert.NotEqual(taught.Stage.Name, Open(teacher: "resnet8", weight: 0.1).Quantized().Stage.Name);
    }

    [Fact]
    public void KeptAnswersTeachAllStagesAndAreAskedForOnce()
    {
        Experiment Taught(int views) => Open() is var alone ? alone.With(alone.Recipe with { TeacherViews = views, Teachers = ["lenet5", "resnet8"] }) : null!;
        var alone = Open().Quantized().Stage;
        var taught = Taught(2).Quantized();
        string answers = Assert.Single(Directory.GetFiles(_folder, "*.answers"));
        Assert.StartsWith("lenet5+resnet8-smoke-2-shapes-", Path.GetFileName(answers), StringComparison.Ordinal);
        Assert.NotEqual(alone.Name, taught.Stage.Name);
        Assert.Equal(2, Directory.GetFiles(_folder, "float-lenet5-*").Length);
        Assert.Single(Directory.GetFiles(_folder, "float-resnet8-*"));

        // The teachers are not asked again: they are not even there.
        Array.ForEach(Directory.GetFiles(_folder, "float-resnet8-*"), File.Delete);
        Assert.True(Taught(2).Quantized().Stage.Loaded);
        Assert.Empty(Directory.GetFiles(_folder, "float-resnet8-*"));

        // More views are other answers, and so another training.
        Assert.NotEqual(taught.Stage.Name, Taught(4).Quantized().Stage.Name);
        Assert.Equal(2, Directory.GetFiles(_folder, "*.answers").Length);
    }

    [Fact]
    public void ANetworkMayTeachItsOwnLaterStages()
    {
        var taught = Open(teacher: "lenet5");
        var quantized = taught.Quantized();
        Assert.NotEqual(Open().Quantized().Stage.Name, quantized.Stage.Name);
        Assert.Single(Directory.GetFiles(_folder, "float-*"));

        // From the same weights, retraining has another loss than without a teacher.
        var exact = Assignment.Uniform(taught.Library.Exact, quantized.Model.Opcounts);
        Assert.NotEqual(
            taught.Retrained(quantized.Stage, exact).Result.Epochs[0].Loss, Open().Retrained(quantized.Stage, exact).Result.Epochs[0].Loss);
    }

    [Fact]
    public void EveryVariantOfFineTuningGivesItsModels()
    {
        // No batch normalisation: the points have biases, and there are no statistics.
        var experiment = Open();
        var quantized = experiment.Quantized();
        var exact = Assignment.Uniform(experiment.Library.Exact, quantized.Model.Opcounts);
        var coarse = Assignment.Uniform(experiment.Library.Multipliers.Where(m => !m.IsExact).MinBy(m => m.RelativePower)!, quantized.Model.Opcounts);
        foreach (var variant in Enum.GetValues<FineTuning>().Except([FineTuning.Statistics]))
        {
            var models = experiment.PointModels(quantized.Stage, [exact, coarse], variant)
                .Select(m => (Name: m.Assignment.Multipliers[0].Name, Network: m.Network)).ToList();
            Assert.Equal([exact.Multipliers[0].Name, coarse.Multipliers[0].Name], models.Select(m => m.Name));
            Assert.Equal(variant != FineTuning.Separate, ReferenceEquals(models[0].Network, models[1].Network));
        }

        Assert.Equal(quantized.Stage.WeightsSha256, experiment.FineTuned(quantized.Stage, [exact], FineTuning.None).Stage.WeightsSha256);
        Assert.Throws<ArgumentException>(() => experiment.FineTuned(quantized.Stage, [exact], FineTuning.Separate));
        Assert.Throws<ArgumentException>(() => experiment.FineTuned(quantized.Stage, [exact], FineTuning.Statistics));
        Assert.Equal(6, Enum.GetValues<FineTuning>().Select(v => v.Word()).Distinct().Count());
    }

    private Experiment Open(
        string network = "lenet5", bool clipped = false, string? teacher = null, double weight = 0.9, string? folder = null,
        IProgress<TrainingProgress>? progress = null) => SmokeExperiment.Open(folder ?? _folder, network, clipped, teacher, weight, progress);

    private sealed class Unexpected : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => Assert.Fail($"Found a training of {value.Stage}, expected the stage to be loaded.");
    }
}
