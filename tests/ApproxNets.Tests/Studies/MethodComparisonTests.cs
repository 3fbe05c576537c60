using ApproxNets.Data;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Studies;
using Xunit;

namespace ApproxNets.Tests.Studies;

public sealed class MethodComparisonTests : IDisposable
{
    private static readonly MultiplierLibrary Library = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed);

    private readonly string _folder = Directory.CreateTempSubdirectory("approxnets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AllMethodsShareTheBudgetAndAFinishedComparisonIsRead()
    {
        string[] methods = ["agn", "agn-bias", "agn-measured", "agn-savings", "cpsat", "uniform", "greedy", "nsga2", "random"];
        var first = Run(methods);
        Assert.Equal(methods, first.Select(r => r.Method).Distinct());
        Assert.All(first, r => Assert.Equal(2, r.TrainingEpochs)); // one of search and one of retraining, or two of retraining
        Assert.All(first, r => Assert.Equal(5, r.Multipliers.Count));
        Assert.All(first, r => Assert.InRange(r.Savings, 0, 1));
        Assert.All(first, r => Assert.InRange(r.Top1!.Value, 0, 100));
        Assert.All(first, r => Assert.Equal(r.Lambda is null, r.Method is "uniform" or "greedy" or "nsga2" or "random"));

        // The integer program has the matching's degradation at its disposal, and the uniform assignment was asked for its savings.
        var agn = first.Single(r => r.Method == "agn");
        Assert.True(first.Single(r => r.Method == "cpsat").Savings >= agn.Savings - 1e-9);
        Assert.True(first.Single(r => r.Method == "uniform").Savings >= agn.Savings - 1e-9);
        Assert.InRange(first.Single(r => r.Method == "agn-savings").Savings, 0.6 - 1e-9, 0.7);
        Assert.All(first, r => Assert.Equal(r.Method == "agn-savings" ? 0.6 : null, r.Target));

        string[] files = [.. Directory.GetFiles(_folder).Order()];
        var again = Run(methods);
        Assert.Equal(files, Directory.GetFiles(_folder).Order());
        static (string, double, double, double?) Plain(AssignmentResult r) => (r.Method, r.Savings, r.Top1BeforeRetraining, r.Top1);
        Assert.Equal(first.Select(Plain), again.Select(Plain));
    }

    [Fact]
    public void UnknownMethodIsAnError() =>
        Assert.Contains("'annealing'", Assert.Throws<ArgumentException>(() => Run(["annealing"])).Message);

    [Fact]
    public void UniformNeedsAMethodToMatch() =>
        Assert.Contains("'uniform' first", Assert.Throws<ArgumentException>(() => Run(["uniform", "agn"])).Message);

    [Fact]
    public void UniformRowsMeasureEveryWayOfRetraining()
    {
        var multiplier = Library.Multipliers.Where(m => !m.IsExact).MinBy(m => m.RelativePower)!;
        var row = UniformStudy.Rows(Study(), Library, [multiplier], differences: true).Single();
        Assert.Equal((multiplier.Name, 1 - multiplier.RelativePower), (row.Multiplier, row.Savings));
        Assert.True(row.PredictedDeviation > 0);
        double[] all = [row.BeforeRetraining, row.Behavioural, row.BehaviouralDifference!.Value, row.Gaussian, row.AccurateOnly];
        Assert.All(all, accuracy => Assert.InRange(accuracy, 0, 100));
        Assert.Single(Directory.GetFiles(_folder, "noise-*"));
        Assert.Single(Directory.GetFiles(_folder, "exact-*"));
        Assert.Equal(2, Directory.GetFiles(_folder, "retrained-*").Length);
    }

    [Fact]
    public void ClippedRangesAreStagesOfTheirOwnAndSpendMoreCodes()
    {
        var (extremes, first) = Study().Quantized();
        var (clipped, second) = Study(clipped: true).Quantized();
        Assert.NotEqual(first.Key, second.Key);
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
        var alone = Study().Quantized().Stage;
        var taught = Study(teacher: "resnet8");
        var (model, stage) = taught.Quantized();

        Assert.NotEqual(alone.Key, stage.Key);
        Assert.Equal(2, Directory.GetFiles(_folder, "float-lenet5-*").Length);
        string teacher = Path.GetFileNameWithoutExtension(Assert.Single(Directory.GetFiles(_folder, "float-resnet8-*")));

        // The same teacher as of a study of that network, and loaded like any stage.
        var recipe = StudyRecipe.For("smoke", 1);
        Assert.Equal(teacher, new Study(taught.Data, recipe, Signedness.Signed, new StageStore(_folder)).Float().Stage.Key);
        Assert.True(Study(teacher: "resnet8").Quantized().Stage.Loaded);

        // A teacher of little weight is another training.
        Assert.NotEqual(stage.Key, Study(teacher: "resnet8", weight: 0.1).Quantized().Stage.Key);
        model.Dispose();
    }

    [Fact]
    public void ANetworkMayTeachItsOwnLaterStages()
    {
        Assert.NotEqual(Study().Quantized().Stage.Key, Study(teacher: "lenet5").Quantized().Stage.Key);
        Assert.Single(Directory.GetFiles(_folder, "float-*"));

        // From the same weights, retraining has another loss than without a teacher.
        double Loss(Study study)
        {
            var (model, parent) = Study(teacher: "lenet5").Quantized();
            return study.Retrain(model, parent.Key, Assignment.Uniform(Library.Exact, model.Layers.Count)).Result.Epochs[0].Loss;
        }

        double taught = Loss(Study(teacher: "lenet5"));
        Directory.GetFiles(_folder, "retrained-*").ToList().ForEach(File.Delete);
        Assert.NotEqual(taught, Loss(Study()));
    }

    private IReadOnlyList<AssignmentResult> Run(string[] methods) => new MethodComparison(Study(), Library, new([1], [1], 8, 32) { Methods = methods, Savings = [0.6] }).Run();

    private Study Study(bool clipped = false, string? teacher = null, double weight = 0.9)
    {
        var recipe = StudyRecipe.For("smoke", 1, "lenet5") with { ClippedRanges = clipped, Teacher = teacher, Distillation = new(weight) };
        return new Study(Datasets.Load("shapes", 1, recipe.Images), recipe, Signedness.Signed, new StageStore(_folder));
    }
}
