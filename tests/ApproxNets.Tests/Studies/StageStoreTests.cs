using ApproxNets.Data;
using ApproxNets.Foundation;
using ApproxNets.Multipliers;
using ApproxNets.Studies;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Studies;

public sealed class StageStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("approxnets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AFinishedStageIsLoadedAndOtherSettingsAreAnotherStage()
    {
        using var scope = NewDisposeScope();
        var store = new StageStore(_folder);
        var network = nn.Linear(3, 2);
        int runs = 0;
        int[] Work(string resume)
        {
            using var gradients = no_grad();
            network.weight!.fill_(++runs);
            File.WriteAllText(resume, "unfinished work");
            return [runs];
        }

        var first = store.Run("stage", new { seed = 1 }, network, Work);
        var other = store.Run("stage", new { seed = 2 }, network, Work);
        var again = store.Run("stage", new { seed = 1 }, network, Work);

        Assert.Equal(2, runs);
        Assert.All(Directory.GetFiles(_folder), file => Assert.EndsWith(".safetensors", file, StringComparison.Ordinal));
        Assert.Equal((false, false, true), (first.Loaded, other.Loaded, again.Loaded));
        Assert.Equal((first.Key, 1), (again.Key, again.Result[0]));
        Assert.NotEqual(first.Key, other.Key);
        Assert.Equal(1, network.weight![0, 0].item<float>());
    }

    [Fact]
    public void ShippedStagesComeFirstAndAreNotWritten()
    {
        using var scope = NewDisposeScope();
        string shipped = Path.Combine(_folder, "shipped"), own = Path.Combine(_folder, "own");
        var network = nn.Linear(3, 2);
        new StageStore(shipped).Run("stage", new { seed = 1 }, network, _ => "shipped");

        var stage = new StageStore(own, shipped).Run("stage", new { seed = 1 }, network, _ => "own");

        Assert.Equal("shipped", stage.Result);
        Assert.False(Directory.Exists(own));
    }

    [Fact]
    public void ADamagedStageIsAnErrorThatNamesTheFile()
    {
        using var scope = NewDisposeScope();
        var store = new StageStore(_folder);
        var network = nn.Linear(3, 2);
        string file = store.Run("stage", new { seed = 1 }, network, _ => 1).File;
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^5]);

        Assert.Contains(file, Assert.Throws<InvalidDataException>(() => store.Run("stage", new { seed = 1 }, network, _ => 2)).Message);
    }

    [Fact]
    public void AnInterruptedStageLeavesNothingFinishedBehind()
    {
        using var scope = NewDisposeScope();
        var store = new StageStore(_folder);
        Assert.Throws<OperationCanceledException>(() => store.Run<int>("stage", new { seed = 1 }, nn.Linear(3, 2), _ => throw new OperationCanceledException()));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void AKeptResultIsReadAndADamagedOneIsAnError()
    {
        var store = new StageStore(_folder);
        int runs = 0;
        SearchRecord Work() => new("greedy", 0.5, ++runs, 1.5, [new(["a", "b"], 0.25, 0.4)]);
        var first = store.Keep("search", new { seed = 1 }, Work);
        var again = store.Keep("search", new { seed = 1 }, Work);
        Assert.Equal(1, runs);
        Assert.Equal((first.Method, first.ExactAccuracy, first.Evaluations), (again.Method, again.ExactAccuracy, again.Evaluations));
        Assert.Equal(["a", "b"], again.Cheapest(0.1)!);
        Assert.Null(again.Cheapest(0.09));
        store.Keep("search", new { seed = 2 }, Work);
        Assert.Equal(2, runs);

        string file = Directory.GetFiles(_folder, "search-*.json")[0];
        File.WriteAllText(file, File.ReadAllText(file)[..^9]);
        Assert.Contains(file, Assert.Throws<InvalidDataException>(() =>
            new[] { 1, 2 }.Select(seed => store.Keep("search", new { seed }, Work)).ToList()).Message);
    }

    [Theory]
    [InlineData(false, 0.8)]
    [InlineData(true, 1.5)]
    public void TheFullRecipeFindsTheShippedCheckpoints(bool clipped, double lambda)
    {
        // Changing a recipe or an option type would orphan the shipped checkpoints without a word: every user would train anew.
        // The images do not matter here, their number and the checksum do; cancelled, so that a miss fails at once.
        string root = RepositoryFolder.Find(AppContext.BaseDirectory);
        var images = new ImageSet(new byte[45_000 * 3072], new byte[45_000], 3, 32, 32);
        var data = new ImageDataset(
            "cifar10", [.. Enumerable.Range(0, 10).Select(i => i.ToString())], images, images.Take(10), images.Take(10), new ChannelStatistics([0.5, 0.5, 0.5], [0.2, 0.2, 0.2]),
            "150dccbe3e7430f95873fdc34d622a4def9340f62d09a664e945b12e08316a47");
        var store = new StageStore(_folder, Path.Combine(root, "data", "checkpoints"));
        var recipe = StudyRecipe.For("full", 1) with { ClippedRanges = clipped };
        var study = new Study(data, recipe, Signedness.Signed, store) { Cancellation = new CancellationToken(canceled: true) };

        var (model, stage) = study.Searched(recipe.Agn with { Lambda = lambda });

        using (model)
        {
            Assert.True(stage.Loaded);
            Assert.Equal(model.Layers.Count, stage.Result.Sigmas.Count);
            Assert.Equal(60, study.Float().Stage.Result.Epochs.Count);
        }
    }

    [Fact]
    public void AnUnknownProfileIsAnError() => Assert.Contains("smoke", Assert.Throws<ArgumentException>(() => StudyRecipe.For("fast", 1)).Message);
}
