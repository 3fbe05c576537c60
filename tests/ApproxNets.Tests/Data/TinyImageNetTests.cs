using ApproxNets.Data;
using StbImageWriteSharp;
using Xunit;

namespace ApproxNets.Tests.Data;

/// <summary>Three classes of ten training images and six test images in the official layout; the red of every image tells which it is.</summary>
public sealed class TinyImageNetTests : IDisposable
{
    private const int Classes = 3, PerClass = 10, Test = 6;
    private static readonly string[] Ids = ["n03", "n01", "n02"];

    private readonly TemporaryFolder _folder = new();

    public TinyImageNetTests() => WriteSet(Set);

    public void Dispose() => _folder.Dispose();

    private string Set => _folder[TinyImageNet.FolderName];

    private string Decoded => Set + TinyImageNet.DecodedSuffix;

    private string Image(int label, int number) => Path.Combine(Set, "train", Ids[label], "images", $"{Ids[label]}_{number}.JPEG");

    private static void WriteSet(string folder)
    {
        for (int label = 0; label < Classes; label++)
        {
            string images = Path.Combine(folder, "train", Ids[label], "images");
            Directory.CreateDirectory(images);
            for (int i = 0; i < PerClass; i++)
            {
                WriteImage(Path.Combine(images, $"{Ids[label]}_{i}.JPEG"), Red(label, i));
            }
        }

        string validation = Path.Combine(folder, "val");
        Directory.CreateDirectory(Path.Combine(validation, "images"));
        for (int i = 0; i < Test; i++)
        {
            WriteImage(Path.Combine(validation, "images", $"val_{i}.JPEG"), 250 - i);
        }

        File.WriteAllLines(Path.Combine(validation, "val_annotations.txt"), Enumerable.Range(0, Test).Select(i => $"val_{i}.JPEG\t{Ids[i % Classes]}\t0\t0\t63\t63"));
        File.WriteAllLines(Path.Combine(folder, "wnids.txt"), Ids);
        File.WriteAllLines(Path.Combine(folder, "words.txt"), Ids.Select(id => $"{id}\tname of {id}, another"));
    }

    private static int Red(int label, int number) => (60 * label) + (4 * number);

    private static void WriteImage(string path, int red, int size = 64)
    {
        byte[] pixels = [.. Enumerable.Range(0, size * size).SelectMany(_ => new[] { (byte)red, (byte)100, (byte)200 })];
        using var file = File.Create(path);
        new ImageWriter().WriteJpg(pixels, size, size, ColorComponents.RedGreenBlue, file, 100);
    }

    private static ImageDataset Read(string folder) => TinyImageNet.Read(folder, cancellation: TestContext.Current.CancellationToken);

    [Fact]
    public void ReadsEveryImageOnceWithItsLabel()
    {
        ImageDataset set = Read(_folder.Path);
        Assert.Equal(["name of n03", "name of n01", "name of n02"], set.Classes);
        Assert.Equal((27, 3, 6), (set.Training.Count, set.Validation.Count, set.Test.Count));
        Assert.Equal((3, 64, 64), (set.Test.Channels, set.Test.Height, set.Test.Width));
        var found = new List<int>();
        foreach (ImageSet part in (ImageSet[])[set.Training, set.Validation])
        {
            for (int i = 0; i < part.Count; i++)
            {
                // A flat image is off by a level or two.
                int number = (int)Math.Round((part.Image(i)[0] - Red(part.Labels[i], 0)) / 4.0);
                Assert.InRange(part.Image(i)[0], Red(part.Labels[i], number) - 2, Red(part.Labels[i], number) + 2);
                Assert.InRange(part.Image(i)[^1], 198, 202);
                found.Add((PerClass * part.Labels[i]) + number);
            }
        }

        Assert.NotEqual(Enumerable.Range(0, Classes * PerClass), found); // shuffled
        Assert.Equal(Enumerable.Range(0, Classes * PerClass), found.Order());
        Assert.Equal([0, 1, 2, 0, 1, 2], set.Test.Labels);
        Assert.All(Enumerable.Range(0, Test), i => Assert.InRange(set.Test.Image(i)[0], 248 - i, 252 - i));
        Assert.Equal(ChannelStatistics.Of(set.Training).Mean, set.Statistics.Mean);
    }

    [Fact]
    public void ASetOfFewImagesIsNamedASubset()
    {
        Assert.Equal("tiny-imagenet-subset", Read(Set).Name);
        Assert.Null(TinyImageNet.Missing(Set));
        Assert.Equal("class n03 has 10 training images, not 500", TinyImageNet.MissingOfAll(Set));
        for (int label = 0; label < Classes; label++)
        {
            for (int i = PerClass; i < TinyImageNet.ImagesPerClass; i++)
            {
                File.Copy(Image(label, i % PerClass), Image(label, i));
            }
        }

        Assert.Null(TinyImageNet.MissingOfAll(Set));
        ImageDataset set = Read(Set);
        Assert.Equal(("tiny-imagenet", 1350, 150), (set.Name, set.Training.Count, set.Validation.Count)); // the change was seen
    }

    [Fact]
    public void DecodesOnce()
    {
        var reports = new List<DecodingProgress>();
        ImageDataset first = TinyImageNet.Read(Set, new Reports(reports), TestContext.Current.CancellationToken);
        Assert.Equal((36, 36), (reports[^1].Images, reports[^1].Total));
        byte[] bytes = File.ReadAllBytes(Decoded);
        reports.Clear();
        byte[] image = File.ReadAllBytes(Image(0, 0));
        File.WriteAllBytes(Image(0, 0), new byte[image.Length]); // of the same length: not looked at again
        ImageDataset second = TinyImageNet.Read(Set, new Reports(reports), TestContext.Current.CancellationToken);
        Assert.Empty(reports);
        Assert.Equal(first.Sha256, second.Sha256);
        Assert.True(first.Training.Pixels.Span.SequenceEqual(second.Training.Pixels.Span));

        File.WriteAllBytes(Image(0, 0), image);
        File.Delete(Decoded);
        Assert.Equal(first.Sha256, Read(Set).Sha256);
        Assert.Equal(bytes, File.ReadAllBytes(Decoded));
    }

    [Fact]
    public void DamagedDecodedImagesAreRefused()
    {
        Read(Set);
        byte[] whole = File.ReadAllBytes(Decoded);
        foreach (byte[] damaged in (byte[][])[whole[..^1], [.. whole, 0], [.. whole[..^9], (byte)(whole[^9] ^ 1), .. whole[^8..]], whole[..10]])
        {
            File.WriteAllBytes(Decoded, damaged);
            Assert.Contains(Decoded, Assert.Throws<InvalidDataException>(() => Read(Set)).Message);
        }
    }

    [Fact]
    public void CancellationLeavesNothing()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        Assert.Throws<OperationCanceledException>(() => TinyImageNet.Read(Set, cancellation: cancellation.Token));
        Assert.Equal([Set], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void WrongImagesAndListsAreNamed()
    {
        WriteImage(Image(1, 3), 9, size: 32);
        string message = Assert.Throws<InvalidDataException>(() => Read(Set)).Message;
        Assert.Contains(Image(1, 3), message);
        Assert.Contains("found 32 x 32 pixels", message);
        WriteImage(Image(1, 3), 9);

        string annotations = Path.Combine(Set, "val", "val_annotations.txt"), text = File.ReadAllText(annotations);
        File.WriteAllText(annotations, text + "val_0.JPEG\tn09\t0\n");
        Assert.Contains("'val_0.JPEG\tn09\t0' in line 7", Assert.Throws<InvalidDataException>(() => Read(Set)).Message);
        File.WriteAllText(annotations, text.Replace("val_2.JPEG", "../val_2.JPEG", StringComparison.Ordinal));
        Assert.Contains("in line 3", Assert.Throws<InvalidDataException>(() => Read(Set)).Message);
        File.WriteAllText(annotations, text.Replace("val_2.JPEG", "val_9.JPEG", StringComparison.Ordinal));
        Assert.Contains("val_9.JPEG", Assert.Throws<FileNotFoundException>(() => Read(Set)).Message);
        File.WriteAllText(annotations, text);

        File.WriteAllText(Path.Combine(Set, "words.txt"), "n01\tone\n");
        Assert.Contains("class n03", Assert.Throws<InvalidDataException>(() => Read(Set)).Message);
        File.WriteAllText(Path.Combine(Set, "wnids.txt"), "../n01\nn02\n");
        Assert.Contains("wnids.txt", Assert.Throws<InvalidDataException>(() => Read(Set)).Message);
        File.Delete(Path.Combine(Set, "wnids.txt"));
        Assert.Equal("wnids.txt is missing", TinyImageNet.Missing(Set));
    }

    private sealed class Reports(List<DecodingProgress> all) : IProgress<DecodingProgress>
    {
        public void Report(DecodingProgress value) => all.Add(value);
    }
}
