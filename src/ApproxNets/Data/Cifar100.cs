using System.Security.Cryptography;

namespace ApproxNets.Data;

/// <summary>
/// Reads CIFAR-100 (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009) in the official binary layout:
/// <c>train.bin</c> of 50,000 and <c>test.bin</c> of 10,000 records of 3,074 bytes (coarse label, fine label, then the red, green and blue
/// planes of 32 x 32), and <c>fine_label_names.txt</c>. The classes are the 100 fine ones.
/// </summary>
/// <remarks>Split: the last 5,000 of the training records are the validation images. The files are shuffled already.</remarks>
internal static class Cifar100
{
    /// <summary>Name of the folder that the official archive unpacks to.</summary>
    public const string FolderName = "cifar-100-binary";

    /// <summary>Bytes of a record: two labels and 3 x 32 x 32 pixels.</summary>
    public const int RecordLength = Labels + CifarRecords.ImageLength;

    /// <summary>The files.</summary>
    public const string TrainingFile = "train.bin", TestFile = "test.bin", NameFile = "fine_label_names.txt";

    /// <summary>Training records are so many times the test records.</summary>
    public const int TrainingParts = 5;

    private const int Labels = 2;
    private const int ClassCount = 100;

    /// <summary>Reads the data set.</summary>
    /// <param name="folder">The folder that holds the files, or its parent (which then holds <see cref="FolderName"/>).</param>
    /// <param name="testImages">n, records of the test file. The training file has 5 n, of which n / 2 are for validation.</param>
    /// <returns>45,000 training, 5,000 validation and 10,000 test images; the sum is that of training, test and name file, in this order.</returns>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file has a wrong size, a fine label is outside 0..99, or there are not 100 class names; the
    /// message names the file and the byte offset.</exception>
    public static ImageDataset Read(string folder, int testImages)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(testImages, 2);
        folder = Datasets.FolderOfFiles("CIFAR-100", folder, FolderName, TrainingFile);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ImageSet all = CifarRecords.Read("CIFAR-100", folder, [TrainingFile], TrainingParts * testImages, Labels, ClassCount, hash);
        ImageSet test = CifarRecords.Read("CIFAR-100", folder, [TestFile], testImages, Labels, ClassCount, hash);
        string[] classes = CifarRecords.ReadClasses("CIFAR-100", folder, NameFile, ClassCount, hash);
        return Datasets.Split("cifar100", classes, all, testImages / 2, test, hash);
    }

    /// <summary>What keeps a folder from being a complete copy: absent files and wrong sizes; null when nothing does.</summary>
    public static string? Missing(string folder, int testImages) => CifarRecords.Missing(
        folder, [(TrainingFile, (long)TrainingParts * testImages * RecordLength), (TestFile, (long)testImages * RecordLength)], [NameFile]);
}
