using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Foundation;
using ApproxNets.Multipliers;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Experiments;

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

        var first = store.Run("stage", Key(1), network, Work);
        var other = store.Run("stage", Key(2), network, Work);
        var again = store.Run("stage", Key(1), network, Work);

        Assert.Equal(2, runs);
        Assert.All(Directory.GetFiles(_folder), file => Assert.EndsWith(".safetensors", file, StringComparison.Ordinal));
        Assert.Equal((false, false, true), (first.Loaded, other.Loaded, again.Loaded));
        Assert.Equal((first.Name, 1), (again.Name, again.Result[0]));
        Assert.NotEqual(first.Name, other.Name);
        Assert.Equal(1, network.weight![0, 0].item<float>());
    }

    [Fact]
    public void ShippedStagesComeFirstAndAreNotWritten()
    {
        using var scope = NewDisposeScope();
        string shipped = Path.Combine(_folder, "shipped"), own = Path.Combine(_folder, "own");
        var network = nn.Linear(3, 2);
        new StageStore(shipped).Run("stage", Key(1), network, _ => "shipped");

        var stage = new StageStore(own, shipped).Run("stage", Key(1), network, _ => "own");

        Assert.Equal("shipped", stage.Result);
        Assert.False(Directory.Exists(own));
    }

    [Fact]
    public void ADamagedStageIsAnErrorThatNamesTheFile()
    {
        using var scope = NewDisposeScope();
        var store = new StageStore(_folder);
        var network = nn.Linear(3, 2);
        string file = store.Run("stage", Key(1), network, _ => 1).File;
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^5]);

        Assert.Contains(file, Assert.Throws<InvalidDataException>(() => store.Run("stage", Key(1), network, _ => 2)).Message);
    }

    [Fact]
    public void AnInterruptedStageLeavesNothingFinishedBehind()
    {
        using var scope = NewDisposeScope();
        var store = new StageStore(_folder);
        Assert.Throws<OperationCanceledException>(() => store.Run<int>("stage", Key(1), nn.Linear(3, 2), _ => throw new OperationCanceledException()));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void AKeptResultIsReadAndADamagedOneIsAnError()
    {
        var store = new StageStore(_folder);
        int runs = 0;
        int[] Work() => [++runs, 7];
        var first = store.Keep("search", Key(1), Work);
        var again = store.Keep("search", Key(1), Work);
        Assert.Equal(1, runs);
        Assert.Equal([1, 7], first);
        Assert.Equal(first, again);
        store.Keep("search", Key(2), Work);
        Assert.Equal(2, runs);

        string file = Directory.GetFiles(_folder, "search-*.json")[0];
        File.WriteAllText(file, File.ReadAllText(file)[..^9]);
        Assert.Contains(file, Assert.Throws<InvalidDataException>(() =>
            new[] { 1, 2 }.Select(seed => store.Keep("search", Key(seed), Work)).ToList()).Message);
    }

    [Fact]
    public void ExchangedFilesAreErrors()
    {
        using var scope = NewDisposeScope();
        var store = new StageStore(_folder);
        var network = nn.Linear(3, 2);
        string first = store.Run("stage", Key(1), network, _ => 1).File, second = store.Run("stage", Key(2), network, _ => 2).File;
        File.Copy(first, second, overwrite: true);
        Assert.Contains("seed 1", Assert.Throws<InvalidDataException>(() => store.Run("stage", Key(2), network, _ => 3)).Message);

        store.Keep("search", Key(1), () => 1);
        store.Keep("search", Key(2), () => 2);
        string[] kept = [.. Directory.GetFiles(_folder, "search-*.json").Order()];
        (string one, string two) = (File.ReadAllText(kept[0]), File.ReadAllText(kept[1]));
        File.WriteAllText(kept[0], two);
        File.WriteAllText(kept[1], one);
        Assert.Throws<InvalidDataException>(() => store.Keep("search", Key(1), () => 3));
    }

    [Fact]
    public void ShippedAnswersAreWhatTheirNameSays()
    {
        string folder = Path.Combine(RepositoryFolder.Find(AppContext.BaseDirectory), "data", "checkpoints");
        var recipe = Recipe.For("full", "resnet32");
        string file = Assert.Single(Directory.GetFiles(folder, "*.answers"));
        string[] parts = Path.GetFileNameWithoutExtension(file).Split('-');
        Assert.Equal([string.Join('+', recipe.Teachers), "full", $"{recipe.TeacherViews}", "cifar10"], parts[..^1]);
        using var scope = NewDisposeScope();
        var (tensors, metadata) = SafeTensors.Read(file);
        Assert.StartsWith(parts[^1], metadata["data"], StringComparison.Ordinal);
        Assert.Equal([recipe.TeacherViews, 45_000, 10], Assert.Single(tensors).Value.shape);
        Assert.All(metadata["stages"].Split(' ').Zip(recipe.Teachers), pair => Assert.StartsWith($"float-{pair.Second}-cifar10-", pair.First, StringComparison.Ordinal));
    }

    [Fact]
    public void TheIndexOfShippedCheckpointsSaysWhatTheyAre()
    {
        string folder = Path.Combine(RepositoryFolder.Find(AppContext.BaseDirectory), "data", "checkpoints");
        var index = CheckpointIndex.Read(folder);
        Assert.NotEmpty(index);
        Assert.Equal(
            Directory.GetFiles(folder, "*.safetensors").Select(Path.GetFileName).Order(StringComparer.Ordinal),
            index.Select(entry => entry.File));
        Assert.All(index, entry =>
        {
            var found = CheckpointIndex.Of(Path.Combine(folder, entry.File));
            Assert.Equal((entry.What, entry.ValidationAccuracy, entry.WeightsSha256), (found.What, found.ValidationAccuracy, found.WeightsSha256));
            Assert.Equal(entry.Fingerprint, found.Fingerprint);
        });

        // Every stage that another one starts from is there, too.
        var weights = index.Select(entry => entry.WeightsSha256).ToHashSet();
        Assert.All(index.SelectMany(entry => entry.Fingerprint).Where(line => line.StartsWith("from ", StringComparison.Ordinal)),
            line => Assert.Contains(line["from ".Length..], weights));
    }

    [Theory]
    [InlineData("resnet8", 1, 3)]
    [InlineData("resnet8", 2, 3)]
    [InlineData("resnet8", 3, 1.5)]
    [InlineData("resnet14", 1, 1.5)]
    [InlineData("resnet20", 1, 1.5)]
    public void TheFullRecipeFindsTheShippedCheckpoints(string network, int seed, double lambda)
    {
        // Changing a recipe or an algorithm's version would orphan the shipped checkpoints without a word: every user would train anew.
        // The images do not matter here, their number and the checksum do; cancelled, so that a miss fails at once.
        string root = RepositoryFolder.Find(AppContext.BaseDirectory);
        var images = new ImageSet(new byte[45_000 * 3072], new byte[45_000], 3, 32, 32);
        var data = new ImageDataset(
            "cifar10", [.. Enumerable.Range(0, 10).Select(i => i.ToString())], images, images.Take(10), images.Take(10), new ChannelStatistics([0.5, 0.5, 0.5], [0.2, 0.2, 0.2]),
            "150dccbe3e7430f95873fdc34d622a4def9340f62d09a664e945b12e08316a47");
        var store = new StageStore(_folder, Path.Combine(root, "data", "checkpoints"));
        var recipe = Recipe.For("full", network, seed);
        var experiment = new Experiment(data, recipe, MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed), store) { Cancellation = new CancellationToken(canceled: true) };

        var searched = experiment.Searched(recipe.Agn with { Lambda = lambda });

        using (searched.Model)
        {
            Assert.True(searched.Stage.Loaded);
            Assert.Equal(searched.Model.Layers.Count, searched.Result.Sigmas.Count);
            Assert.Equal(recipe.Float.Epochs, experiment.Float().Result.Epochs.Count);
        }
    }

    [Fact]
    public void AnUnknownProfileIsAnError() => Assert.Contains("smoke", Assert.Throws<ArgumentException>(() => Recipe.For("fast")).Message);

    private static Fingerprint Key(int seed) => new Fingerprint("stage", 1).Add("seed", seed);
}
