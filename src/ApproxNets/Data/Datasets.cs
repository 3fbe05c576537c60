using System.Security.Cryptography;
using ApproxNets.Foundation;

namespace ApproxNets.Data;

/// <summary>
/// The data sets by name: "shapes" is made in code, the others are looked for in the folder that the environment variable
/// <c>APPROXNETS_DATA</c> names, then in <c>data/.cache</c> of the repository, on Linux then in <c>/usr/share/datasets</c>.
/// </summary>
public static class Datasets
{
    /// <summary>Training images of "shapes" where the options give no number.</summary>
    public const int ShapesTraining = 12_000;

    /// <summary>Validation images of "shapes" where the options give no number.</summary>
    public const int ShapesValidation = 2_000;

    /// <summary>Test images of "shapes" where the options give no number.</summary>
    public const int ShapesTest = 4_000;

    /// <summary>The names that <see cref="Load(string, int, DatasetOptions?)"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["shapes", "cifar10", "cifar100", "fashion-mnist", TinyImageNet.Name];

    /// <summary>Loads a data set. A set that is missing is an error: no other takes its place.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="seed">Seed of "shapes"; the files and the split of the others are fixed.</param>
    /// <param name="options">How many images to use. Statistics and sum of a set in files are those of the whole set whatever the
    /// sizes.</param>
    /// <exception cref="ArgumentException">There is no data set of this name, or it has fewer images than asked for.</exception>
    /// <exception cref="DirectoryNotFoundException">The data set is not on this machine; the message says where it was looked for
    /// and how to get it.</exception>
    /// <exception cref="FileNotFoundException">A file of the data set is missing.</exception>
    /// <exception cref="InvalidDataException">A file of the data set is not what it should be.</exception>
    public static ImageDataset Load(string name, int seed = 0, DatasetOptions? options = null) => Load(name, seed, options, null, CancellationToken.None);

    /// <summary>As <see cref="Load(string, int, DatasetOptions?)"/>, for whoever waits while "tiny-imagenet" is decoded, the first time.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="seed">Seed of "shapes".</param>
    /// <param name="options">How many images to use.</param>
    /// <param name="progress">Receives how many images are decoded.</param>
    /// <param name="cancellation">Stops the decoding.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ImageDataset Load(
        string name, int seed, DatasetOptions? options, IProgress<DecodingProgress>? progress, CancellationToken cancellation)
        => Load(name, seed, options, DataFolders.Current(), Cifar10.RecordsPerFile, progress, cancellation);

    /// <summary>Says of each data set whether it is there.</summary>
    public static IReadOnlyList<DatasetStatus> List() => List(DataFolders.Current(), Cifar10.RecordsPerFile);

    /// <summary>As <see cref="Load(string, int, DatasetOptions?)"/>, of files in which the test images are so many.</summary>
    internal static ImageDataset Load(
        string name, int seed, DatasetOptions? options, DataFolders folders, int testImages, IProgress<DecodingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        options ??= new DatasetOptions();
        switch (name)
        {
            case "shapes":
                return Shapes.Load(
                    options.Training ?? ShapesTraining, options.Validation ?? ShapesValidation, options.Test ?? ShapesTest, seed);
            case "cifar10":
                return Limit(Cifar10.Read(Require(name, Cifar10.FolderName, folders), testImages), options);
            case "cifar100":
                return Limit(Cifar100.Read(Require(name, Cifar100.FolderName, folders), testImages), options);
            case "fashion-mnist":
                return Limit(FashionMnist.Read(Require(name, FashionMnist.FolderName, folders), testImages), options);
            case TinyImageNet.Name:
                return Limit(TinyImageNet.Read(Require(name, TinyImageNet.FolderName, folders), progress, cancellation), options);
            default:
                throw new ArgumentException(
                    $"Data set: found the name '{name}', expected one of {string.Join(", ", Names)}.", nameof(name));
        }
    }

    internal static IReadOnlyList<DatasetStatus> List(DataFolders folders, int testImages)
    {
        DatasetStatus InFiles(string name, string description, string folderName, Func<string, int, string?> missingOf)
        {
            string? folder = folders.FindHereOrInSystem(folderName);
            string? missing = folder is null ? Absence(name, folderName, folders) : missingOf(folder, testImages);
            folder ??= folders.Folders.Select(f => Path.Combine(f, folderName)).FirstOrDefault();
            return new DatasetStatus(name, description, folder, missing is null, missing);
        }

        return
        [
            new DatasetStatus("shapes", "ten shapes, 3x32x32, made in code from a seed", null, true, null),
            InFiles(
                "cifar10", "CIFAR-10, official binary layout: 10 classes, 3x32x32; 45,000 training, 5,000 validation, 10,000 test images",
                Cifar10.FolderName, Cifar10.Missing),
            InFiles(
                "cifar100", "CIFAR-100, official binary layout: 100 fine classes, 3x32x32; 45,000 training, 5,000 validation, 10,000 test images",
                Cifar100.FolderName, Cifar100.Missing),
            InFiles(
                "fashion-mnist", "Fashion-MNIST: 10 classes, 1x28x28; 55,000 training, 5,000 validation, 10,000 test images",
                FashionMnist.FolderName, FashionMnist.Missing),
            InFiles(
                TinyImageNet.Name, $"Tiny ImageNet{Part()}: 200 classes, 3x64x64; nine tenths of the training images, one tenth for validation, the validation images for test",
                TinyImageNet.FolderName, (folder, _) => TinyImageNet.Missing(folder)),
        ];

        string Part() => folders.FindHereOrInSystem(TinyImageNet.FolderName) is { } folder && TinyImageNet.Missing(folder) is null
            && TinyImageNet.MissingOfAll(folder) is { } less ? $", a subset ({less})" : "";
    }

    /// <summary>The folder of a set's files: the given one, or the folder in it of the set's usual name.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    internal static string FolderOfFiles(string set, string folder, string name, string firstFile)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{set}: found no folder '{folder}', expected it to hold {firstFile} or a folder {name}.");
        }

        string inner = Path.Combine(folder, name);
        return Directory.Exists(inner) ? inner : folder;
    }

    /// <summary>Makes a data set whose validation images are the last ones of the training files.</summary>
    internal static ImageDataset Split(
        string name, IReadOnlyList<string> classes, ImageSet all, int validation, ImageSet test, IncrementalHash files)
    {
        ImageSet training = all.Take(all.Count - validation);
        return new ImageDataset(
            name, classes, training, all.Slice(training.Count, validation), test, ChannelStatistics.Of(training),
            Convert.ToHexStringLower(files.GetHashAndReset()));
    }

    private static string Require(string name, string folderName, DataFolders folders) => folders.FindHereOrInSystem(folderName)
        ?? throw new DirectoryNotFoundException($"Data set {name}: found {Absence(name, folderName, folders)}");

    private static string Absence(string name, string folderName, DataFolders folders)
    {
        string system = folders.SystemFolder is { } folder ? $"; '{folder}' (the operating system's)" : "";
        string package = name == FileSetSource.FashionMnist.Name ? $". {FileSetSource.FashionMnist.ByPackage}" : "";
        return $"no folder {folderName}; looked in: {folders.Description}{system}; to get it: approxnets data fetch {name}{package}";
    }

    private static ImageDataset Limit(ImageDataset all, DatasetOptions options)
    {
        ImageSet Some(ImageSet images, int? count, string split) => count switch
        {
            null => images,
            int n when n >= 0 && n <= images.Count => images.Take(n),
            _ => throw new ArgumentException($"Data set {all.Name}: found {count} {split} images asked for, expected 0..{images.Count}."),
        };
        return all with
        {
            Training = Some(all.Training, options.Training, "training"),
            Validation = Some(all.Validation, options.Validation, "validation"),
            Test = Some(all.Test, options.Test, "test"),
        };
    }
}

/// <summary>
/// How many images of a data set to use: the first ones of each split; null for all (<see cref="Shapes"/>: the default number).
/// </summary>
/// <param name="Training">Number of training images.</param>
/// <param name="Validation">Number of validation images.</param>
/// <param name="Test">Number of test images.</param>
public sealed record DatasetOptions(int? Training = null, int? Validation = null, int? Test = null);

/// <summary>A data set and whether it is there.</summary>
/// <param name="Name">Name to load it by.</param>
/// <param name="Description">What it is, in a line.</param>
/// <param name="Folder">The folder it is in, or the first one that was looked for; null for a set made in code, or when there is
/// nowhere to look.</param>
/// <param name="IsComplete">Whether it can be loaded.</param>
/// <param name="Missing">What is missing and how to get it; null when complete.</param>
public sealed record DatasetStatus(string Name, string Description, string? Folder, bool IsComplete, string? Missing);
