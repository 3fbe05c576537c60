using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using ApproxNets.Foundation;

namespace ApproxNets.Data;

/// <summary>
/// Reads Tiny ImageNet (the data set of Stanford's course CS231n: 200 classes of ImageNet, 3 x 64 x 64) in the layout of the official archive:
/// <c>wnids.txt</c> with the class ids in label order, <c>words.txt</c> with their names, <c>train/ID/images/*.JPEG</c>,
/// <c>val/images/*.JPEG</c> and <c>val/val_annotations.txt</c>. The official test images have no labels and are not read.
/// </summary>
/// <remarks>
/// <para>Split: the training images are shuffled once with a fixed seed; the last tenth are the validation images. The official validation
/// images are the test images, in the order of their annotations.</para>
/// <para>Decoding takes seconds, so the pixels are kept in one file beside the folder. It says which files it was made from, by
/// name and length, and is made anew when those change.</para>
/// </remarks>
internal static class TinyImageNet
{
    /// <summary>Name of the folder that the official archive unpacks to.</summary>
    public const string FolderName = "tiny-imagenet-200";

    /// <summary>Training images of a class in the official archive; a copy with less is a subset, and named so.</summary>
    public const int ImagesPerClass = 500;

    /// <summary>Name of the set.</summary>
    public const string Name = "tiny-imagenet";

    /// <summary>Name of a set in which a class has less than <see cref="ImagesPerClass"/> training images.</summary>
    public const string SubsetName = "tiny-imagenet-subset";

    /// <summary>What the file of decoded images is called, after the name of the folder.</summary>
    public const string DecodedSuffix = ".decoded";

    private const int Size = 64;
    private const int ImageLength = 3 * Size * Size;
    private const int MostClasses = 256; // a label is a byte
    private const int ShuffleSeed = 200;
    private const int ReportEvery = 256;
    private const string ClassFile = "wnids.txt", NameFile = "words.txt";
    private static readonly string Annotations = Path.Combine("val", "val_annotations.txt");

    // The file of decoded images: mark, sum of the file, sum of the list of files, number of training and of test images (int32, little
    // endian), labels of both, pixels of both.
    private static readonly byte[] Mark = Encoding.ASCII.GetBytes("approxnets images 1\n");
    private static readonly int SumPlace = Mark.Length, SourcePlace = SumPlace + ContentSum.Unknown.Length;
    private static readonly int CountPlace = SourcePlace + ContentSum.Unknown.Length, LabelPlace = CountPlace + (2 * sizeof(int));

    /// <summary>Reads the data set; decodes it first where that was not done yet.</summary>
    /// <param name="folder">The folder that holds <c>wnids.txt</c>, or its parent (which then holds <see cref="FolderName"/>).</param>
    /// <param name="progress">Receives how many images are decoded.</param>
    /// <param name="cancellation">Stops the decoding; nothing is kept of it.</param>
    /// <returns>The set, named <see cref="SubsetName"/> where it is one; its sum is that of the file of decoded images.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">An image or a list is not what it should be; the message names the file.</exception>
    /// <exception cref="IOException">The decoded images could not be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ImageDataset Read(string folder, IProgress<DecodingProgress>? progress = null, CancellationToken cancellation = default)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(Datasets.FolderOfFiles("Tiny ImageNet", folder, FolderName, ClassFile)));
        string[] ids = ReadIds(folder);
        var training = TrainingFiles(folder, ids);
        var test = TestFiles(folder, ids);
        string source = SourceOf(folder, ids, [.. training, .. test]);
        string decoded = folder + DecodedSuffix;
        if (!File.Exists(decoded) || ReadSource(decoded) != source)
        {
            Decode(decoded, source, training, test, progress, cancellation);
        }

        byte[] file = File.ReadAllBytes(decoded);
        ContentSum.Check(decoded, file, SumPlace);
        long expected = LabelPlace + ((long)(training.Count + test.Count) * (1 + ImageLength));
        if (file.Length != expected)
        {
            throw new InvalidDataException(
                $"'{decoded}': found {file.Length} bytes, expected {expected} of {training.Count} training and {test.Count} test images.");
        }

        int pixels = LabelPlace + training.Count + test.Count;
        int split = training.Count - (training.Count / 10);
        ImageSet Part(int first, int count) => new(
            file.AsMemory(pixels + (first * ImageLength), count * ImageLength), file[(LabelPlace + first)..(LabelPlace + first + count)], 3, Size, Size);
        ImageSet seen = Part(0, split);
        return new ImageDataset(
            IsSubset(training, ids.Length) ? SubsetName : Name, ReadNames(folder, ids), seen, Part(split, training.Count - split),
            Part(training.Count, test.Count), ChannelStatistics.Of(seen), Encoding.ASCII.GetString(file, SumPlace, ContentSum.Unknown.Length));
    }

    /// <summary>What keeps a folder from being readable; null when nothing does. Looks at the lists and at the classes' folders.</summary>
    public static string? Missing(string folder)
    {
        string[] absent = [.. new[] { ClassFile, NameFile, Annotations }.Where(file => !File.Exists(Path.Combine(folder, file)))];
        if (absent.Length > 0)
        {
            return string.Join("; ", absent.Select(file => $"{file} is missing"));
        }

        string[] without = [.. File.ReadLines(Path.Combine(folder, ClassFile)).Where(id => id.Length > 0 && !Directory.Exists(ImagesOf(folder, id)))];
        return without.Length == 0 ? null : $"{without.Length} classes have no folder of images, the first is {without[0]}";
    }

    /// <summary>As <see cref="Missing"/>, and what keeps it from being all of the official set.</summary>
    public static string? MissingOfAll(string folder)
    {
        if (Missing(folder) is { } missing)
        {
            return missing;
        }

        foreach (string id in File.ReadLines(Path.Combine(folder, ClassFile)).Where(id => id.Length > 0))
        {
            int found = Directory.GetFiles(ImagesOf(folder, id), "*.JPEG").Length;
            if (found < ImagesPerClass)
            {
                return $"class {id} has {found} training images, not {ImagesPerClass}";
            }
        }

        return null;
    }

    private static string ImagesOf(string folder, string id) => Path.Combine(folder, "train", id, "images");

    private static bool IsSubset(List<(string Path, byte Label)> training, int classes) =>
        training.CountBy(image => image.Label).Count(found => found.Value >= ImagesPerClass) < classes;

    private static string[] ReadIds(string folder)
    {
        string path = Existing(Path.Combine(folder, ClassFile));
        string[] ids = [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        return ids.Length is >= 2 and <= MostClasses && ids.Distinct().Count() == ids.Length && ids.All(id => id.All(char.IsAsciiLetterOrDigit))
            ? ids
            : throw new InvalidDataException($"'{path}': found {ids.Length} class ids, expected 2 to {MostClasses} of letters and digits, one a line, all different.");
    }

    /// <summary>The first name of every class: "goldfish" of "goldfish, Carassius auratus".</summary>
    private static string[] ReadNames(string folder, string[] ids)
    {
        string path = Existing(Path.Combine(folder, NameFile));
        var names = new Dictionary<string, string>();
        foreach (string[] fields in File.ReadLines(path).Select(line => line.Split('\t')).Where(fields => fields.Length == 2))
        {
            names[fields[0]] = fields[1].Split(',')[0].Trim();
        }

        return [.. ids.Select(id => names.TryGetValue(id, out string? name)
            ? name
            : throw new InvalidDataException($"'{path}': found no name of class {id}, expected one of every id of {ClassFile}."))];
    }

    private static List<(string Path, byte Label)> TrainingFiles(string folder, string[] ids)
    {
        var files = new List<(string Path, byte Label)>();
        for (int label = 0; label < ids.Length; label++)
        {
            string images = ImagesOf(folder, ids[label]);
            string[] found = Directory.Exists(images) ? Directory.GetFiles(images, "*.JPEG") : [];
            if (found.Length == 0)
            {
                throw new FileNotFoundException($"Tiny ImageNet: found no images in '{images}', expected those of class {ids[label]}.", images);
            }

            Array.Sort(found, StringComparer.Ordinal);
            files.AddRange(found.Select(path => (path, (byte)label)));
        }

        var random = new SplitMix64(ShuffleSeed);
        for (int i = files.Count - 1; i > 0; i--)
        {
            int j = random.Below(i + 1);
            (files[i], files[j]) = (files[j], files[i]);
        }

        return files;
    }

    private static List<(string Path, byte Label)> TestFiles(string folder, string[] ids)
    {
        string path = Existing(Path.Combine(folder, Annotations));
        var labels = ids.Index().ToDictionary(id => id.Item, id => (byte)id.Index);
        var files = new List<(string Path, byte Label)>();
        foreach (var (number, line) in File.ReadLines(path).Index().Where(line => line.Item.Length > 0))
        {
            string[] fields = line.Split('\t');
            if (fields.Length < 2 || !labels.TryGetValue(fields[1], out byte label) || Path.GetFileName(fields[0]) != fields[0] || fields[0].Length == 0)
            {
                throw new InvalidDataException($"'{path}': found '{line}' in line {number + 1}, expected a file name, a tab and an id of {ClassFile}.");
            }

            files.Add((Path.Combine(folder, "val", "images", fields[0]), label));
        }

        return files.Count > 0 ? files : throw new InvalidDataException($"'{path}': found no images, expected one a line.");
    }

    /// <summary>A sum of what the decoded images depend on, short of the images' content: a change of them without one of length is not seen.</summary>
    private static string SourceOf(string folder, string[] ids, IReadOnlyList<(string Path, byte Label)> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Join('\n', ids) + "\n"));
        foreach (var (path, label) in files)
        {
            string name = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{name} {label} {new FileInfo(Existing(path)).Length}\n")));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>What a file of decoded images says it was made from.</summary>
    private static string ReadSource(string path)
    {
        using FileStream file = File.OpenRead(path);
        var start = new byte[CountPlace];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan().StartsWith(Mark)
            ? Encoding.ASCII.GetString(start, SourcePlace, ContentSum.Unknown.Length)
            : throw new InvalidDataException($"'{path}': found no file of decoded images, expected one or none. Without it the images are decoded anew.");
    }

    private static void Decode(
        string target, string source, List<(string Path, byte Label)> training, List<(string Path, byte Label)> test,
        IProgress<DecodingProgress>? progress, CancellationToken cancellation)
    {
        var start = System.Diagnostics.Stopwatch.StartNew();
        (string Path, byte Label)[] all = [.. training, .. test];
        var head = new byte[LabelPlace + all.Length];
        Mark.CopyTo(head, 0);
        Encoding.ASCII.GetBytes(ContentSum.Unknown + source, head.AsSpan(SumPlace));
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(CountPlace), training.Count);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(CountPlace + sizeof(int)), test.Count);
        var pixels = new byte[all.Length * ImageLength];
        for (int i = 0; i < all.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            head[LabelPlace + i] = all[i].Label;
            JpegImage.Decode(all[i].Path, File.ReadAllBytes(all[i].Path), Size, pixels.AsSpan(i * ImageLength, ImageLength));
            if ((i + 1) % ReportEvery == 0 || i + 1 == all.Length)
            {
                progress?.Report(new(i + 1, all.Length, start.Elapsed));
            }
        }

        ContentSum.Set(head, SumPlace, [pixels]);
        AtomicFile.Write(target, stream =>
        {
            stream.Write(head);
            stream.Write(pixels);
        });
    }

    private static string Existing(string path) => File.Exists(path)
        ? path
        : throw new FileNotFoundException($"Tiny ImageNet: found no file '{path}', expected the official layout ({FolderName}).", path);
}

/// <summary>How far the images of a data set are decoded.</summary>
/// <param name="Images">Images decoded.</param>
/// <param name="Total">Images in all.</param>
/// <param name="Elapsed">Time since the first.</param>
public sealed record DecodingProgress(int Images, int Total, TimeSpan Elapsed);
