using System.Buffers.Binary;
using System.Text;
using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Foundation;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Foundation;
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
    public void FlippedBitsOfAStageAreNoticedAndTheStageMadeAgain()
    {
        using var scope = NewDisposeScope();
        var notices = new List<string>();
        var store = new StageStore(_folder) { Notice = notices.Add };
        var network = nn.Linear(3, 2);
        string file = store.Run("stage", Key(1), network, _ => 1).File;
        byte[] whole = File.ReadAllBytes(file);
        for (int i = 0; i < whole.Length; i += 3)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 1;
            File.WriteAllBytes(file, damaged);
            var again = store.Run("stage", Key(1), network, _ => 2);
            Assert.Equal((false, 2), (again.Loaded, again.Result));
            Assert.Equal((i / 3) + 1, notices.Count);
            Assert.Contains(file, notices[^1]);
        }

        File.WriteAllBytes(file, whole[..^5]);
        Assert.False(store.Run("stage", Key(1), network, _ => 3).Loaded);
        Assert.True(store.Run("stage", Key(1), network, _ => 4).Loaded);
    }

    [Fact]
    public void ADamagedShippedStageIsAnErrorThatNamesTheFile()
    {
        using var scope = NewDisposeScope();
        string shipped = Path.Combine(_folder, "shipped");
        var network = nn.Linear(3, 2);
        string file = new StageStore(shipped).Run("stage", Key(1), network, _ => 1).File;
        byte[] damaged = File.ReadAllBytes(file);
        damaged[^1] ^= 1;
        File.WriteAllBytes(file, damaged);
        var store = new StageStore(_folder, shipped);
        Assert.Contains(file, Assert.Throws<InvalidDataException>(() => store.Run("stage", Key(1), network, _ => 2)).Message);
    }

    [Fact]
    public void AShippedFileThatIsNotThatOfTheIndexIsAnError()
    {
        using var scope = NewDisposeScope();
        string root = RepositoryFolder.Find(AppContext.BaseDirectory), shipped = Path.Combine(_folder, "shipped");
        var entry = CheckpointIndex.Read(Path.Combine(root, "data", "checkpoints"))[0];
        string file = Path.Combine(shipped, entry.File), kept = Path.Combine(root, "data", "checkpoints", entry.File);
        Directory.CreateDirectory(shipped);
        File.Copy(Path.Combine(root, "data", "checkpoints", CheckpointIndex.FileName), Path.Combine(shipped, CheckpointIndex.FileName));
        File.WriteAllBytes(file, File.ReadAllBytes(kept));
        CheckpointIndex.Check(file);

        // One digit of the result, which the hash of the weights says nothing about.
        byte[] damaged = File.ReadAllBytes(kept);
        damaged[damaged.AsSpan().IndexOf("validation_accuracy"u8) + 26]++;
        File.WriteAllBytes(file, damaged);
        Assert.Contains(entry.FileSha256, Assert.Throws<InvalidDataException>(() => CheckpointIndex.Check(file)).Message);
        File.Move(file, file + "x");
        Assert.Contains("(none)", Assert.Throws<InvalidDataException>(() => CheckpointIndex.Check(file + "x")).Message);
    }

    [Fact]
    public void StagesAndResultsOfTheFormatBeforeAreRead()
    {
        using var scope = NewDisposeScope();
        var store = new StageStore(_folder) { Notice = Assert.Fail };
        var network = nn.Linear(3, 2);
        string file = store.Run("stage", Key(1), network, _ => 1).File;
        WithoutSum(file, "\"__metadata__\":{");
        Assert.True(store.Run("stage", Key(1), network, _ => 2).Loaded);
        store.Keep("search", Key(1), () => 1);
        WithoutSum(Directory.GetFiles(_folder, "search-*.json")[0], "{");
        Assert.Equal(1, store.Keep("search", Key(1), () => 2));
    }

    [Fact]
    public void AResumeFileOfAFinishedStageIsRemoved()
    {
        using var scope = NewDisposeScope();
        var store = new StageStore(_folder);
        string file = store.Run("stage", Key(1), nn.Linear(3, 2), _ => 1).File;
        File.WriteAllText(file + ".resume", "of a process that was killed before it removed it");
        store.Run("stage", Key(1), nn.Linear(3, 2), _ => 2);
        Assert.Equal([file], Directory.GetFiles(_folder));
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
    public void AKeptResultIsReadAndADamagedOneIsComputedAgain()
    {
        var notices = new List<string>();
        var store = new StageStore(_folder) { Notice = notices.Add };
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
        byte[] whole = File.ReadAllBytes(file);
        for (int i = 0; i < whole.Length; i += 3)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 1;
            File.WriteAllBytes(file, damaged);
            foreach (int seed in new[] { 1, 2 })
            {
                store.Keep("search", Key(seed), Work);
            }

            Assert.Equal((3 + (i / 3), (i / 3) + 1), (runs, notices.Count));
            Assert.Contains(file, notices[^1]);
        }
    }

    [Fact]
    public void ExchangedFilesAreNoticedAndMadeAgain()
    {
        using var scope = NewDisposeScope();
        var notices = new List<string>();
        var store = new StageStore(_folder) { Notice = notices.Add };
        var network = nn.Linear(3, 2);
        string first = store.Run("stage", Key(1), network, _ => 1).File, second = store.Run("stage", Key(2), network, _ => 2).File;
        File.Copy(first, second, overwrite: true);
        Assert.Equal(3, store.Run("stage", Key(2), network, _ => 3).Result);
        Assert.Contains("seed 1", Assert.Single(notices));

        store.Keep("search", Key(1), () => 1);
        store.Keep("search", Key(2), () => 2);
        string[] kept = [.. Directory.GetFiles(_folder, "search-*.json").Order()];
        (string one, string two) = (File.ReadAllText(kept[0]), File.ReadAllText(kept[1]));
        File.WriteAllText(kept[0], two);
        File.WriteAllText(kept[1], one);
        Assert.Equal(3, store.Keep("search", Key(1), () => 3));
        Assert.Equal(2, notices.Count);
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
            Assert.Equal(
                (entry.What, entry.ValidationAccuracy, entry.WeightsSha256, entry.FileSha256),
                (found.What, found.ValidationAccuracy, found.WeightsSha256, found.FileSha256));
            Assert.Equal(entry.Fingerprint, found.Fingerprint);
        });

        // Every stage that another one starts from is there, too.
        var weights = index.Select(entry => entry.WeightsSha256).ToHashSet();
        Assert.All(index.SelectMany(entry => entry.Fingerprint).Where(line => line.StartsWith("from ", StringComparison.Ordinal)),
            line => Assert.Contains(line["from ".Length..], weights));
    }

    [Theory]
    [InlineData("resnet8", 1, 3)]
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
    public void A_stage_that_another_process_makes_is_waited_for_or_refused()
    {
        using var folder = new TemporaryFolder();
        var key = new Fingerprint("test", 1);
        var notices = new List<string>();
        var lease = Lease.TryTake(Path.Combine(folder.Path, StageStore.NameOf("search", key.Sha256) + ".lease"))!;
        Assert.Throws<StageBusyException>(() => new StageStore(folder.Path) { Waits = false }.Keep("search", key, () => 1));

        using var stop = new CancellationTokenSource();
        var waiting = new StageStore(folder.Path)
        {
            Cancellation = stop.Token,
            Notice = text =>
            {
                notices.Add(text);
                stop.Cancel();
            },
        };
        Assert.Throws<OperationCanceledException>(() => waiting.Keep("search", key, () => 1));
        Assert.Contains("another process", Assert.Single(notices), StringComparison.Ordinal);

        // What the other made is taken once it is there.
        var patient = new StageStore(folder.Path)
        {
            Notice = _ =>
            {
                lease.Dispose();
                new StageStore(folder.Path).Keep("search", key, () => 2);
            },
        };
        Assert.Equal(2, patient.Keep<int>("search", key, () => throw new InvalidOperationException("computed twice")));
    }

    [Fact]
    public void A_damaged_stage_that_another_process_made_again_meanwhile_is_taken()
    {
        using var folder = new TemporaryFolder();
        var key = new Fingerprint("test", 1);
        string name = StageStore.NameOf("search", key.Sha256);
        File.WriteAllText(Path.Combine(folder.Path, name + ".json"), "damaged");
        var lease = Lease.TryTake(Path.Combine(folder.Path, name + ".lease"))!;
        var store = new StageStore(folder.Path)
        {
            Notice = text =>
            {
                if (text.Contains("waiting", StringComparison.Ordinal))
                {
                    lease.Dispose();
                    new StageStore(folder.Path) { Notice = _ => { } }.Keep("search", key, () => 2);
                }
            },
        };
        Assert.Equal(2, store.Keep<int>("search", key, () => throw new InvalidOperationException("computed twice")));
    }

    [Fact]
    public void The_claim_of_a_process_that_ended_after_keeping_a_stage_goes_and_that_of_one_at_work_stays()
    {
        using var folder = new TemporaryFolder();
        var key = new Fingerprint("test", 1);
        var store = new StageStore(folder.Path);
        string result = Path.Combine(folder.Path, StageStore.NameOf("search", key.Sha256) + ".lease");
        string stage = Path.Combine(folder.Path, StageStore.NameOf("float", key.Sha256) + ".lease");
        int Search() => store.Keep("search", key, () => 1);
        int Float()
        {
            using var network = nn.Linear(2, 1);
            return store.Run("float", key, network, _ => 2).Result;
        }

        Assert.Equal((1, 2), (Search(), Float()));
        foreach (string lease in (string[])[result, stage])
        {
            File.WriteAllText(lease, LeaseTests.OwnerOfEndedProcess());
        }

        Assert.Equal((1, 2), (Search(), Float()));
        Assert.Empty(Directory.GetFiles(folder.Path, "*.lease"));

        using var atWork = Lease.TryTake(result);
        Assert.Equal(1, Search());
        Assert.True(File.Exists(result));
    }

    [Fact]
    public void AnUnknownProfileIsAnError() => Assert.Contains("smoke", Assert.Throws<ArgumentException>(() => Recipe.For("fast")).Message);

    /// <summary>Takes the sum out of a file of text with a header length, if it has one, before it.</summary>
    private static void WithoutSum(string file, string before)
    {
        string text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
        const string start = "\"sha256\":\"";
        int place = text.IndexOf(before + start, StringComparison.Ordinal) + before.Length, length = start.Length + 66;
        const string last = ",\"checked\":\"sha256\"";
        byte[] bytes = Encoding.Latin1.GetBytes(text.Remove(place, length).Replace(last, "", StringComparison.Ordinal));
        length += text.Contains(last, StringComparison.Ordinal) ? last.Length : 0;
        if (bytes[0] != '{')
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, BinaryPrimitives.ReadInt64LittleEndian(bytes) - length);
        }

        File.WriteAllBytes(file, bytes);
    }

    private static Fingerprint Key(int seed) => new Fingerprint("stage", 1).Add("seed", seed);
}
