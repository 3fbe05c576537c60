using System.Security.Cryptography;
using ApproxNets.Data;
using Xunit;

namespace ApproxNets.Tests.Data;

public sealed class FashionMnistTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Write(bool packed = true)
    {
        SyntheticFashionMnist.Write(_folder[FashionMnist.FolderName], packed);
        return _folder[FashionMnist.FolderName];
    }

    private static ImageDataset Read(string folder) => FashionMnist.Read(folder, SyntheticFashionMnist.TestImages);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ReadsImagesInOrderAndSplitsTheTrainingFile(bool packed)
    {
        ImageDataset set = Read(Write(packed));
        Assert.Equal("fashion-mnist", set.Name);
        Assert.Equal((22, 2, 4), (set.Training.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal((1, 28, 28), (set.Training.Channels, set.Training.Height, set.Training.Width));
        Assert.Equal(10, set.Classes.Count);
        Assert.Equal(("T-shirt/top", "ankle boot"), (set.Classes[0], set.Classes[9]));
        for (int i = 0; i < 24; i++)
        {
            (ImageSet images, int index) = i < 22 ? (set.Training, i) : (set.Validation, i - 22);
            Assert.Equal(i % 10, images.Labels[index]);
            Assert.Equal(SyntheticFashionMnist.Pixel(false, i, 0), images.Image(index)[0]);
            Assert.Equal(SyntheticFashionMnist.Pixel(false, i, 783), images.Image(index)[783]);
        }

        Assert.Equal([3, 4, 5, 6], set.Test.Labels);
        Assert.Equal(SyntheticFashionMnist.Pixel(true, 3, 500), set.Test.Image(3)[500]);
        Assert.Equal(ChannelStatistics.Of(set.Training).Mean, set.Statistics.Mean);
        byte[] all = [.. FashionMnist.Files.SelectMany(SyntheticFashionMnist.FileBytes)];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), set.Sha256);
        Assert.Equal(set.Sha256, Read(_folder.Path).Sha256); // the parent folder
    }

    [Fact]
    public void MissingFilesAreNamed()
    {
        string folder = Write();
        File.Delete(Path.Combine(folder, "t10k-labels-idx1-ubyte.gz"));
        Assert.Contains("t10k-labels-idx1-ubyte", Assert.Throws<FileNotFoundException>(() => Read(folder)).Message);
        Assert.Contains("nowhere", Assert.Throws<DirectoryNotFoundException>(() => Read(_folder["nowhere"])).Message);
        File.WriteAllBytes(Path.Combine(folder, "t10k-labels-idx1-ubyte"), [1]);
        Assert.Equal("t10k-labels-idx1-ubyte has 1 bytes, not 12", FashionMnist.Missing(folder, SyntheticFashionMnist.TestImages));
    }

    [Fact]
    public void LabelOutsideRangeNamesFileAndImage()
    {
        string folder = Write(packed: false), path = Path.Combine(folder, "train-labels-idx1-ubyte");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[8 + 5] = 10;
        File.WriteAllBytes(path, bytes);
        string message = Assert.Throws<InvalidDataException>(() => Read(folder)).Message;
        Assert.Contains("label 10 of image 5", message);
        Assert.Contains("train-labels", message);
    }

    [Fact]
    public void OfficialSizeIsTheDefault() =>
        Assert.Contains("60000 x 28 x 28", Assert.Throws<InvalidDataException>(() => FashionMnist.Read(Write())).Message);

    [Fact]
    public void AugmentationTakesOneChannel()
    {
        ImageDataset set = Read(Write());
        var loader = new BatchLoader(set.Training, set.Statistics, 22, Augmentation.CropAndFlip, seed: 3);
        float Normalised(int pixel) => (float)(((pixel / 255.0) - set.Statistics.Mean[0]) / set.Statistics.StandardDeviation[0]);
        using Batch batch = loader.Epoch(0).Single();
        Assert.Equal([22, 1, 28, 28], batch.Images.shape);
        float[] seen = batch.Images.data<float>().ToArray();
        int moved = 0;
        for (int i = 0; i < 22; i++)
        {
            // One of the 9 x 9 crops, flipped or not, made here by the definition.
            bool Is(int dy, int dx, bool flip)
            {
                for (int p = 0; p < 784; p++)
                {
                    int y = (p / 28) + dy, column = p % 28, x = (flip ? 27 - column : column) + dx;
                    int pixel = y is >= 0 and < 28 && x is >= 0 and < 28 ? set.Training.Image(i)[(y * 28) + x] : 0;
                    if (Math.Abs(seen[(i * 784) + p] - Normalised(pixel)) > 1e-5)
                    {
                        return false;
                    }
                }

                return true;
            }

            var crops =
                from dy in Enumerable.Range(-4, 9)
                from dx in Enumerable.Range(-4, 9)
                from flip in new[] { false, true }
                select (dy, dx, flip);
            var found = crops.Where(c => Is(c.dy, c.dx, c.flip)).ToList();
            Assert.Single(found);
            moved += found[0] == (0, 0, false) ? 0 : 1;
        }

        Assert.True(moved > 15);
    }
}
