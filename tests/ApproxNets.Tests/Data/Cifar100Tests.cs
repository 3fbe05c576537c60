using ApproxNets.Data;
using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Data;

/// <summary>Record i of a file has the coarse label 19 - i, the fine label 99 - i, and pixel p is (first + 7 i + p) % 256.</summary>
public sealed class Cifar100Tests : IDisposable
{
    private const int Records = 4;

    private readonly TemporaryFolder _folder = new();

    public Cifar100Tests()
    {
        Directory.CreateDirectory(Set);
        File.WriteAllBytes(Path.Combine(Set, Cifar100.TrainingFile), FileBytes(0, Cifar100.TrainingParts * Records));
        File.WriteAllBytes(Path.Combine(Set, Cifar100.TestFile), FileBytes(100, Records));
        File.WriteAllLines(Path.Combine(Set, Cifar100.NameFile), Enumerable.Range(0, 100).Select(i => $"class{i}"));
    }

    public void Dispose() => _folder.Dispose();

    private string Set => _folder[Cifar100.FolderName];

    private static byte[] FileBytes(int first, int records) => [.. Enumerable.Range(0, records).SelectMany(i =>
        (byte[])[(byte)(19 - i), (byte)(99 - i), .. Enumerable.Range(0, 3072).Select(p => (byte)(first + (7 * i) + p))])];

    [Fact]
    public void ReadsFineLabelsAndPixels()
    {
        ImageDataset set = Cifar100.Read(_folder.Path, Records);
        Assert.Equal(("cifar100", 100, "class99"), (set.Name, set.Classes.Count, set.Classes[99]));
        Assert.Equal((18, 2, 4), (set.Training.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal([99, 98, 97, 96], set.Test.Labels);
        Assert.Equal([81, 80], set.Validation.Labels);
        Assert.Equal((7 * 18) % 256, set.Validation.Image(0)[0]);
        Assert.Equal((100 + 21 + 3071) % 256, set.Test.Image(3)[3071]);
        Assert.Equal(set.Sha256, Cifar100.Read(Set, Records).Sha256);
        Assert.Equal(set.Sha256, Datasets.Load("cifar100", 0, null, DataFolders.Of(_folder.Path, _folder.Path), Records, cancellation: TestContext.Current.CancellationToken).Sha256);
        Assert.Null(Cifar100.Missing(Set, Records));
    }

    [Fact]
    public void WrongFilesAreNamed()
    {
        string test = Path.Combine(Set, Cifar100.TestFile), names = Path.Combine(Set, Cifar100.NameFile);
        byte[] bytes = FileBytes(100, Records);
        File.WriteAllBytes(test, bytes[..^1]);
        Assert.Equal($"test.bin has {bytes.Length - 1} bytes, not {bytes.Length}", Cifar100.Missing(Set, Records));
        Assert.Contains($"truncated at byte offset {bytes.Length - 1}", Assert.Throws<InvalidDataException>(() => Cifar100.Read(Set, Records)).Message);
        bytes[(2 * Cifar100.RecordLength) + 1] = 100;
        File.WriteAllBytes(test, bytes);
        Assert.Contains(
            $"label 100 at byte offset {(2 * Cifar100.RecordLength) + 1} of '{test}' (record 2), expected 0..99",
            Assert.Throws<InvalidDataException>(() => Cifar100.Read(Set, Records)).Message);
        File.WriteAllBytes(test, FileBytes(100, Records));
        File.WriteAllText(names, "one\ntwo\n");
        Assert.Contains("found 2 class names", Assert.Throws<InvalidDataException>(() => Cifar100.Read(Set, Records)).Message);
        File.Delete(names);
        Assert.Equal("fine_label_names.txt is missing", Cifar100.Missing(Set, Records));
        Assert.Contains(names, Assert.Throws<FileNotFoundException>(() => Cifar100.Read(Set, Records)).Message);
    }
}
