namespace ApproxNets.Data;

/// <summary>
/// The data sets by name: "shapes" is made in code, "cifar10" is looked for in the folder that the environment variable
/// <c>APPROXNETS_DATA</c> names, then in <c>data/.cache</c> of the repository.
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
    public static IReadOnlyList<string> Names { get; } = ["shapes", "cifar10"];

    /// <summary>Loads a data set. A set that is missing is an error: no other takes its place.</summary>
    /// <param name="name">"shapes" or "cifar10".</param>
    /// <param name="seed">Seed of "shapes"; the files and the split of "cifar10" are fixed.</param>
    /// <param name="options">How many images to use. Statistics and sum of "cifar10" are those of the whole set whatever the sizes.</param>
    /// <exception cref="ArgumentException">There is no data set of this name, or it has fewer images than asked for.</exception>
    /// <exception cref="DirectoryNotFoundException">The data set is not on this machine; the message says where it was looked for and how to get it.</exception>
    /// <exception cref="FileNotFoundException">A file of the data set is missing.</exception>
    /// <exception cref="InvalidDataException">A file of the data set is not what it should be.</exception>
    public static ImageDataset Load(string name, int seed = 0, DatasetOptions? options = null)
        => Load(name, seed, options, DataFolders.Current(), Cifar10.RecordsPerFile);

    /// <summary>Says of each data set whether it is there.</summary>
    public static IReadOnlyList<DatasetStatus> List() => List(DataFolders.Current(), Cifar10.RecordsPerFile);

    internal static ImageDataset Load(string name, int seed, DatasetOptions? options, DataFolders folders, int recordsPerFile)
    {
        ArgumentNullException.ThrowIfNull(name);
        options ??= new DatasetOptions();
        switch (name)
        {
            case "shapes":
                return Shapes.Load(options.Training ?? ShapesTraining, options.Validation ?? ShapesValidation, options.Test ?? ShapesTest, seed);
            case "cifar10":
                string folder = folders.Find(Cifar10.FolderName) ?? throw new DirectoryNotFoundException(
                    $"Data set cifar10: found no folder {Cifar10.FolderName}. Looked in: {folders.Description}. To get it: approxnets data fetch cifar10");
                ImageDataset all = Cifar10.Read(folder, recordsPerFile);
                return all with
                {
                    Training = Limit(all.Training, options.Training, "training"),
                    Validation = Limit(all.Validation, options.Validation, "validation"),
                    Test = Limit(all.Test, options.Test, "test"),
                };
            default:
                throw new ArgumentException($"Data set: found the name '{name}', expected one of {string.Join(", ", Names)}.", nameof(name));
        }
    }

    internal static IReadOnlyList<DatasetStatus> List(DataFolders folders, int recordsPerFile)
    {
        string? folder = folders.Find(Cifar10.FolderName);
        string? missing = folder is null
            ? $"no folder {Cifar10.FolderName}; looked in: {folders.Description}; to get it: approxnets data fetch cifar10"
            : Cifar10.Missing(folder, recordsPerFile);
        return
        [
            new DatasetStatus("shapes", "ten shapes, 3x32x32, made in code from a seed", null, true, null),
            new DatasetStatus(
                "cifar10",
                "CIFAR-10, official binary layout: 10 classes, 3x32x32; 45,000 training, 5,000 validation, 10,000 test images",
                folder ?? folders.Folders.Select(f => Path.Combine(f, Cifar10.FolderName)).FirstOrDefault(),
                missing is null,
                missing),
        ];
    }

    private static ImageSet Limit(ImageSet images, int? count, string split) => count switch
    {
        null => images,
        int n when n >= 0 && n <= images.Count => images.Take(n),
        _ => throw new ArgumentException($"Data set cifar10: found {count} {split} images asked for, expected 0..{images.Count}."),
    };
}
