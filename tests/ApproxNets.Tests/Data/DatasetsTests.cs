using ApproxNets.Data;
using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Data;

public sealed class DatasetsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ImageDataset LoadCifar10(DataFolders folders, DatasetOptions? options = null)
        => Datasets.Load("cifar10", 0, options, folders, SyntheticCifar10.Records);

    /// <summary>A repository with a folder in it, and a folder that the variable names.</summary>
    private (string Inner, string Cache, string Named) Layout()
    {
        string inner = _folder["repository", "notebooks"];
        Directory.CreateDirectory(inner);
        File.WriteAllText(_folder["repository", "Notebooks.sln"], "");
        return (inner, _folder["repository", "data", ".cache"], _folder["named"]);
    }

    [Fact]
    public void LooksInTheVariableThenInTheRepository()
    {
        (string inner, string cache, string named) = Layout();
        Assert.Equal([named, cache], DataFolders.Of(named, inner).Folders);
        Assert.Equal([cache], DataFolders.Of(null, inner).Folders);
        Assert.Equal([named], DataFolders.Of("../../named", inner).Folders.Take(1));
        Assert.Empty(DataFolders.Of(" ", _folder.Path).Folders);

        SyntheticCifar10.Write(Path.Combine(cache, Cifar10.FolderName));
        Assert.Equal(18, LoadCifar10(DataFolders.Of(named, inner)).Training.Count);
        SyntheticCifar10.Write(Path.Combine(named, Cifar10.FolderName));
        Assert.StartsWith(named, DataFolders.Of(named, inner).Find(Cifar10.FolderName));
    }

    [Fact]
    public void MissingSetSaysWhereItWasLookedForAndHowToGetIt()
    {
        (string inner, string cache, string named) = Layout();
        string message = Assert.Throws<DirectoryNotFoundException>(() => LoadCifar10(DataFolders.Of(named, inner))).Message;
        Assert.Contains(named, message);
        Assert.Contains(cache, message);
        Assert.Contains("approxnets data fetch cifar10", message);
        message = Assert.Throws<DirectoryNotFoundException>(() => LoadCifar10(DataFolders.Of(null, _folder.Path))).Message;
        Assert.Contains("APPROXNETS_DATA is not set", message);
        Assert.Contains("Notebooks.sln", message);
    }

    [Fact]
    public void IncompleteSetIsAnErrorEvenIfAnotherFolderHasAWholeOne()
    {
        (string inner, string cache, string named) = Layout();
        SyntheticCifar10.Write(Path.Combine(cache, Cifar10.FolderName));
        SyntheticCifar10.Write(Path.Combine(named, Cifar10.FolderName));
        File.Delete(Path.Combine(named, Cifar10.FolderName, "test_batch.bin"));
        Assert.Contains("test_batch.bin", Assert.Throws<FileNotFoundException>(() => LoadCifar10(DataFolders.Of(named, inner))).Message);
    }

    [Fact]
    public void UnknownNameListsTheKnownOnes()
    {
        string message = Assert.Throws<ArgumentException>(() => Datasets.Load("mnist")).Message;
        Assert.Contains("'mnist'", message);
        Assert.Contains(string.Join(", ", Datasets.Names), message);
    }

    [Fact]
    public void FashionMnistIsFoundInTheSystemsFolderAfterTheOthers()
    {
        (string inner, string cache, string named) = Layout();
        string system = _folder["system"];
        ImageDataset Load() => Datasets.Load(
            "fashion-mnist", 0, new DatasetOptions(Training: 3), DataFolders.Of(named, inner, system), SyntheticFashionMnist.TestImages);
        DatasetStatus Status() => Datasets
            .List(DataFolders.Of(named, inner, system), SyntheticFashionMnist.TestImages).Single(s => s.Name == "fashion-mnist");

        string message = Assert.Throws<DirectoryNotFoundException>(Load).Message;
        Assert.All(
            [named, cache, system, "approxnets data fetch fashion-mnist", "apt-get install dataset-fashion-mnist"],
            part => Assert.Contains(part, message));
        Assert.False(Status().IsComplete);
        Assert.Contains("apt-get install dataset-fashion-mnist", Status().Missing);
        Assert.Equal(Path.Combine(named, "fashion-mnist"), Status().Folder);

        SyntheticFashionMnist.Write(Path.Combine(system, "fashion-mnist"), packed: true);
        Assert.Equal((3, 2, 4), (Load().Training.Count, Load().Validation.Count, Load().Test.Count));
        Assert.Equal((Path.Combine(system, "fashion-mnist"), true, null), (Status().Folder, Status().IsComplete, Status().Missing));

        SyntheticFashionMnist.Write(Path.Combine(cache, "fashion-mnist"), packed: false);
        Assert.Equal(Path.Combine(cache, "fashion-mnist"), Status().Folder);
        File.Delete(Path.Combine(cache, "fashion-mnist", "train-labels-idx1-ubyte"));
        Assert.Equal("train-labels-idx1-ubyte.gz is missing", Status().Missing);
        Assert.Throws<FileNotFoundException>(Load);
    }

    [Fact]
    public void LimitsSizes()
    {
        (string inner, string cache, _) = Layout();
        SyntheticCifar10.Write(Path.Combine(cache, Cifar10.FolderName));
        var folders = DataFolders.Of(null, inner);
        ImageDataset all = LoadCifar10(folders), some = LoadCifar10(folders, new DatasetOptions(Training: 5, Test: 1));
        Assert.Equal((5, 2, 1), (some.Training.Count, some.Validation.Count, some.Test.Count));
        Assert.Equal(all.Statistics.Mean, some.Statistics.Mean);
        Assert.Equal(all.Sha256, some.Sha256);
        var tooMany = new DatasetOptions(Training: 19);
        Assert.Contains("19 training", Assert.Throws<ArgumentException>(() => LoadCifar10(folders, tooMany)).Message);
        Assert.Throws<ArgumentException>(() => LoadCifar10(folders, new DatasetOptions(Test: -1)));

        ImageDataset shapes = Datasets.Load("shapes", 4, new DatasetOptions(30, 20, 10));
        Assert.Equal(Shapes.Load(30, 20, 10, 4).Sha256, shapes.Sha256);
    }

    [Fact]
    public void ListsWhatIsThereAndWhatIsMissing()
    {
        (string inner, string cache, string named) = Layout();
        var folders = DataFolders.Of(named, inner);
        DatasetStatus Status() => Datasets.List(folders, SyntheticCifar10.Records).Single(s => s.Name == "cifar10");

        Assert.Equal(Datasets.Names, Datasets.List(folders, SyntheticCifar10.Records).Select(s => s.Name));
        Assert.True(Datasets.List(folders, SyntheticCifar10.Records)[0].IsComplete);
        Assert.False(Status().IsComplete);
        Assert.Equal(Path.Combine(named, Cifar10.FolderName), Status().Folder);
        Assert.Contains(cache, Status().Missing);

        string folder = Path.Combine(cache, Cifar10.FolderName);
        SyntheticCifar10.Write(folder);
        Assert.Equal((folder, true, null), (Status().Folder, Status().IsComplete, Status().Missing));
        File.Delete(Path.Combine(folder, "data_batch_2.bin"));
        File.AppendAllText(Path.Combine(folder, "data_batch_3.bin"), "x");
        Assert.Equal("data_batch_2.bin is missing; data_batch_3.bin has 12293 bytes, not 12292", Status().Missing);
    }
}
