using System.Security.Cryptography;

namespace ApproxNets.Data;

/// <summary>
/// Reads Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
/// Algorithms", 2017, arXiv 1708.07747): grey 28 x 28 images of ten kinds of clothing, in the four IDX files of MNIST, each packed
/// with gzip (<c>train-images-idx3-ubyte.gz</c>) or not (<c>train-images-idx3-ubyte</c>).
/// </summary>
/// <remarks>
/// Split: the last 5,000 of the 60,000 training images are the validation images, the 55,000 before them the training images. The
/// files are shuffled already, so the split mixes all classes.
/// </remarks>
internal static class FashionMnist
{
    /// <summary>Name of the folder of the files.</summary>
    public const string FolderName = "fashion-mnist";

    /// <summary>Training images of the files are so many times the test images.</summary>
    public const int TrainingParts = 6;

    /// <summary>Images of the test file.</summary>
    public const int TestImages = 10_000;

    /// <summary>The files, unpacked: training images and labels, test images and labels.</summary>
    public static readonly string[] Files =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

    private const int Size = 28;

    // Label order as in the data set's own documentation.
    private static readonly string[] ClassNames =
        ["T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

    /// <summary>Reads the data set.</summary>
    /// <param name="folder">The folder that holds the files, or its parent (which then holds <see cref="FolderName"/>).</param>
    /// <param name="testImages">n, images of the test file. The training file has 6 n, of which n / 2 are for validation.</param>
    /// <returns>55,000 training, 5,000 validation and 10,000 test images; the sum is that of the four files unpacked, in the order
    /// training images, training labels, test images, test labels, so it does not depend on how they are packed.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or has a wrong size, or a label is outside 0..9; the message names the
    /// file.</exception>
    public static ImageDataset Read(string folder, int testImages = TestImages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(testImages, 2);
        folder = Datasets.FolderOfFiles("Fashion-MNIST", folder, FolderName, Files[0] + ".gz");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ImageSet all = ReadImages(folder, Files[0], Files[1], TrainingParts * testImages, hash);
        ImageSet test = ReadImages(folder, Files[2], Files[3], testImages, hash);
        return Datasets.Split("fashion-mnist", ClassNames, all, testImages / 2, test, hash);
    }

    /// <summary>What keeps a folder from being a complete copy: absent files, and wrong sizes of unpacked ones; null when nothing
    /// does.</summary>
    public static string? Missing(string folder, int testImages)
    {
        int trainingImages = TrainingParts * testImages;
        long[] lengths =
        [
            IdxFile.LengthOf(trainingImages, Size, Size), IdxFile.LengthOf(trainingImages),
            IdxFile.LengthOf(testImages, Size, Size), IdxFile.LengthOf(testImages),
        ];
        var faults = new List<string>();
        foreach (var (file, expected) in Files.Zip(lengths))
        {
            if (Find(folder, file) is not { } path)
            {
                faults.Add($"{file}.gz is missing");
            }
            else if (!path.EndsWith(".gz", StringComparison.Ordinal) && new FileInfo(path).Length is long found && found != expected)
            {
                faults.Add($"{file} has {found} bytes, not {expected}");
            }
        }

        return faults.Count == 0 ? null : string.Join("; ", faults);
    }

    private static string? Find(string folder, string file) =>
        new[] { Path.Combine(folder, file + ".gz"), Path.Combine(folder, file) }.FirstOrDefault(File.Exists);

    private static ImageSet ReadImages(string folder, string imageFile, string labelFile, int count, IncrementalHash hash)
    {
        byte[] pixels = IdxFile.Read(Require(folder, imageFile), hash, count, Size, Size);
        string path = Require(folder, labelFile);
        byte[] labels = IdxFile.Read(path, hash, count);
        int wrong = labels.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)(ClassNames.Length - 1));
        return wrong < 0
            ? new ImageSet(pixels, labels, 1, Size, Size)
            : throw new InvalidDataException($"Fashion-MNIST: found label {labels[wrong]} of image {wrong} in '{path}', expected 0..9.");
    }

    private static string Require(string folder, string file) => Find(folder, file)
        ?? throw new FileNotFoundException(
            $"Fashion-MNIST: found neither {file}.gz nor {file} in '{folder}', expected one of them.", Path.Combine(folder, file + ".gz"));
}
