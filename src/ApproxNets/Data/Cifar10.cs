using System.Security.Cryptography;

namespace ApproxNets.Data;

/// <summary>
/// Reads CIFAR-10 (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009) in the official binary
/// layout: <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c> and <c>test_batch.bin</c>, each of 10,000 records of 3,073
/// bytes (label, then the red, green and blue planes of 32 x 32), and <c>batches.meta.txt</c> with the class names.
/// </summary>
/// <remarks>
/// Split: the last 5,000 of the 50,000 training records (the second half of <c>data_batch_5.bin</c>) are the validation
/// images, the 45,000 before them the training images. The files are shuffled already, so the split mixes all classes.
/// </remarks>
internal static class Cifar10
{
    /// <summary>Name of the folder that the official archive unpacks to.</summary>
    public const string FolderName = "cifar-10-batches-bin";

    /// <summary>File with the class names.</summary>
    public const string MetaFile = "batches.meta.txt";

    /// <summary>Bytes of a record: one label and 3 x 32 x 32 pixels.</summary>
    public const int RecordLength = 1 + CifarRecords.ImageLength;

    /// <summary>Records of each file.</summary>
    public const int RecordsPerFile = 10_000;

    /// <summary>The files with training images, in order.</summary>
    public static readonly string[] TrainingFiles =
        ["data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"];

    /// <summary>The file with the test images.</summary>
    public const string TestFile = "test_batch.bin";

    private const int ClassCount = 10;

    /// <summary>Reads the data set.</summary>
    /// <param name="folder">The folder that holds the files, or its parent (which then holds <see cref="FolderName"/>).</param>
    /// <param name="recordsPerFile">Records of every file; the validation images are half a file.</param>
    /// <returns>45,000 training, 5,000 validation and 10,000 test images; the sum is that of the six record files and the
    /// file with the class names, in this order.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file has a wrong size, a label is outside 0..9, or there are not ten class
    /// names; the message names the file and the byte offset.</exception>
    public static ImageDataset Read(string folder, int recordsPerFile = RecordsPerFile)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(recordsPerFile, 2);
        folder = Datasets.FolderOfFiles("CIFAR-10", folder, FolderName, TrainingFiles[0]);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ImageSet all = CifarRecords.Read("CIFAR-10", folder, TrainingFiles, recordsPerFile, 1, ClassCount, hash);
        ImageSet test = CifarRecords.Read("CIFAR-10", folder, [TestFile], recordsPerFile, 1, ClassCount, hash);
        string[] classes = CifarRecords.ReadClasses("CIFAR-10", folder, MetaFile, ClassCount, hash);
        return Datasets.Split("cifar10", classes, all, recordsPerFile / 2, test, hash);
    }

    /// <summary>What keeps a folder from being a complete copy: absent files and wrong sizes; null when nothing does.</summary>
    public static string? Missing(string folder, int recordsPerFile) => CifarRecords.Missing(
        folder, [.. TrainingFiles.Append(TestFile).Select(file => (file, (long)recordsPerFile * RecordLength))], [MetaFile]);
}
