using System.Security.Cryptography;
using ApproxNets.Data;
using Xunit;

namespace ApproxNets.Tests.Data;

public sealed class Cifar10Tests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public Cifar10Tests() => SyntheticCifar10.Write(_folder[Cifar10.FolderName]);

    public void Dispose() => _folder.Dispose();

    private ImageDataset Read() => Cifar10.Read(_folder[Cifar10.FolderName], SyntheticCifar10.Records);

    private string FileOf(string name) => _folder[Cifar10.FolderName, name];

    [Fact]
    public void ReadsRecordsInOrderAndSplitsTheLastFile()
    {
        ImageDataset set = Read();
        Assert.Equal("cifar10", set.Name);
        Assert.Equal((18, 2, 4), (set.Training.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal((3, 32, 32), (set.Training.Channels, set.Training.Height, set.Training.Width));
        Assert.Equal(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"], set.Classes);
        for (int i = 0; i < 20; i++)
        {
            (ImageSet images, int index) = i < 18 ? (set.Training, i) : (set.Validation, i - 18);
            int file = i / 4, record = i % 4;
            Assert.Equal((file + record) % 10, images.Labels[index]);
            Assert.Equal(SyntheticCifar10.Pixel(file, record, 0), images.Image(index)[0]);
            Assert.Equal(SyntheticCifar10.Pixel(file, record, 3071), images.Image(index)[3071]);
        }

        Assert.Equal(SyntheticCifar10.Pixel(5, 3, 1024), set.Test.Image(3)[1024]);
        Assert.Equal(ChannelStatistics.Of(set.Training).Mean, set.Statistics.Mean);
    }

    [Fact]
    public void SumIsOfAllFilesInOrder()
    {
        byte[] all = [.. SyntheticCifar10.Files.SelectMany(f => File.ReadAllBytes(FileOf(f))), .. File.ReadAllBytes(FileOf(Cifar10.MetaFile))];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), Read().Sha256);
    }

    [Fact]
    public void AcceptsTheParentFolder() =>
        Assert.Equal(Read().Sha256, Cifar10.Read(_folder.Path, SyntheticCifar10.Records).Sha256);

    [Theory]
    [InlineData(-1, "truncated at byte offset 12291")]
    [InlineData(1, "surplus from byte offset 12292")]
    public void WrongSizeNamesFileAndOffset(int change, string expected)
    {
        byte[] bytes = SyntheticCifar10.FileBytes(2, SyntheticCifar10.Records);
        Array.Resize(ref bytes, bytes.Length + change);
        File.WriteAllBytes(FileOf("data_batch_3.bin"), bytes);
        var error = Assert.Throws<InvalidDataException>(() => Read());
        Assert.Contains("data_batch_3.bin", error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void LabelOutsideRangeNamesFileAndOffset()
    {
        byte[] bytes = SyntheticCifar10.FileBytes(5, SyntheticCifar10.Records);
        bytes[2 * Cifar10.RecordLength] = 10;
        File.WriteAllBytes(FileOf("test_batch.bin"), bytes);
        var error = Assert.Throws<InvalidDataException>(() => Read());
        Assert.Contains("label 10 at byte offset 6146", error.Message);
        Assert.Contains("test_batch.bin", error.Message);
    }

    [Fact]
    public void MissingFilesAreNamed()
    {
        File.Delete(FileOf("data_batch_4.bin"));
        Assert.Contains("data_batch_4.bin", Assert.Throws<FileNotFoundException>(() => Read()).Message);
        Assert.Contains("nowhere", Assert.Throws<DirectoryNotFoundException>(() => Cifar10.Read(_folder["nowhere"])).Message);
    }

    [Fact]
    public void WrongNumberOfClassNamesIsAnError()
    {
        File.WriteAllText(FileOf(Cifar10.MetaFile), "airplane\nautomobile\n");
        var error = Assert.Throws<InvalidDataException>(() => Read());
        Assert.Contains("2 class names", error.Message);
        Assert.Contains(Cifar10.MetaFile, error.Message);
    }

    [Fact]
    public void OfficialSizeIsTheDefault()
    {
        var error = Assert.Throws<InvalidDataException>(() => Cifar10.Read(_folder.Path));
        Assert.Contains("expected 30730000", error.Message);
    }
}
