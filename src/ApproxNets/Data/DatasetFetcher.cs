using System.Security.Cryptography;
using ApproxNets.Foundation;

namespace ApproxNets.Data;

/// <summary>Downloads data sets from where they are published, or from the mirror that <c>APPROXNETS_MIRROR</c> names, checks them and
/// unpacks them.</summary>
public static class DatasetFetcher
{
    /// <summary>The environment variable that holds the address of a folder with the files of all data sets, by the names they are published
    /// under. Size and checksum must be the published ones.</summary>
    public const string MirrorVariable = "APPROXNETS_MIRROR";

    /// <summary>
    /// Fetches a data set: downloads its archive to a <c>.part</c> file, or its files to a <c>.part</c> folder (going on from what
    /// an earlier attempt left), compares the published checksums, unpacks an archive beside and moves the folder into place.
    /// Does nothing when the set is complete already.
    /// </summary>
    /// <param name="name">A name of <see cref="Datasets.Names"/> but "shapes".</param>
    /// <param name="folder">Where to put it; null for the first folder that <see cref="Datasets"/> looks in.</param>
    /// <param name="progress">Receives how far the download is.</param>
    /// <param name="cancellation">Stops; a partial download is kept.</param>
    /// <returns>The folder of the data set.</returns>
    /// <exception cref="ArgumentException">There is nothing to fetch for this name.</exception>
    /// <exception cref="DirectoryNotFoundException">No folder was given and there is none to look in.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached or refused.</exception>
    /// <exception cref="IOException">The download broke off, or an incomplete copy is in the way.</exception>
    /// <exception cref="InvalidDataException">Size or checksum are wrong (the file is then removed), the archive holds what it must not, or
    /// the mirror is no address.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static async Task<string> FetchAsync(
        string name, string? folder = null, IProgress<FetchProgress>? progress = null, CancellationToken cancellation = default)
    {
        CheckName(name);
        if (folder is null)
        {
            DataFolders folders = DataFolders.Current();
            folder = folders.Folders.Count > 0
                ? folders.Folders[0]
                : throw new DirectoryNotFoundException(
                    $"Data set {name}: found no folder to fetch to ({folders.Description}), expected {DataFolders.Variable} to name one.");
        }

        using HttpClient client = ResumableDownload.Client();
        return ArchiveSource.All.FirstOrDefault(source => source.Name == name) is { } archive
            ? await FetchAsync(archive, folder, client, progress, cancellation).ConfigureAwait(false)
            : await FetchAsync(FileSetSource.FashionMnist, folder, client, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>Says in a line how to put a data set in place on a machine without a network.</summary>
    /// <param name="name">A name of <see cref="Datasets.Names"/> but "shapes".</param>
    /// <exception cref="ArgumentException">There is nothing to fetch for this name.</exception>
    public static string ByHand(string name)
    {
        CheckName(name);
        string folder = DataFolders.Current().Folders.FirstOrDefault() ?? $"a folder that {DataFolders.Variable} names";
        string mirror = $" {MirrorVariable} names the address of a mirror.";
        if (name == FileSetSource.FashionMnist.Name)
        {
            FileSetSource files = FileSetSource.FashionMnist;
            return $"{files.ByPackage} By hand: download {string.Join(", ", files.Files.Select(f => $"{f.Name} (SHA-256 {f.Sha256})"))} "
                + $"from {files.Address} where there is a network to {Path.Combine(folder, files.Folder)}.{mirror}";
        }

        ArchiveSource source = ArchiveSource.All.Single(source => source.Name == name);
        return $"By hand: download {source.Address} (SHA-256 {source.Sha256}) where there is a network and unpack it in {folder}, "
            + $"so that it holds {source.Folder}.{mirror}";
    }

    private static void CheckName(string name)
    {
        string[] names = [.. ArchiveSource.All.Select(source => source.Name), FileSetSource.FashionMnist.Name];
        if (!names.Contains(name))
        {
            throw new ArgumentException(
                name == "shapes"
                    ? "Data set shapes: found nothing to fetch, it is made in code."
                    : $"Data set: found the name '{name}', expected one of {string.Join(", ", names)}.",
                nameof(name));
        }
    }

    internal static async Task<string> FetchAsync(
        ArchiveSource source, string folder, HttpClient client, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        string target = Path.Combine(Path.GetFullPath(folder), source.Folder);
        if (IsComplete(source.Name, target, source.Missing))
        {
            return target;
        }

        Directory.CreateDirectory(folder);
        string archive = Path.Combine(folder, Path.GetFileName(source.Address.LocalPath) + ".part");
        await DownloadAsync(source.Name, client, source.Address, source.Bytes, source.Sha256, archive, progress, cancellation).ConfigureAwait(false);
        await Task.Run(() => Unpack(source, archive, target, cancellation), cancellation).ConfigureAwait(false);
        File.Delete(archive);
        return target;
    }

    internal static async Task<string> FetchAsync(
        FileSetSource source, string folder, HttpClient client, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        string target = Path.Combine(Path.GetFullPath(folder), source.Folder);
        if (IsComplete(source.Name, target, source.Missing))
        {
            return target;
        }

        string part = target + ".part";
        Directory.CreateDirectory(part);
        long before = 0, total = source.Files.Sum(f => f.Bytes);
        foreach (var (name, bytes, sha256) in source.Files)
        {
            string path = Path.Combine(part, name);
            if (!File.Exists(path) || await Sha256Async(path, cancellation).ConfigureAwait(false) != sha256)
            {
                var ofFile = new PartProgress(progress, before, total);
                await DownloadAsync(source.Name, client, new Uri(source.Address, name), bytes, sha256, path, ofFile, cancellation)
                    .ConfigureAwait(false);
            }

            before += bytes;
        }

        if (source.Missing(part) is { } missing)
        {
            throw new InvalidDataException($"Data set {source.Name}: found files that are no whole set ({missing}), expected one.");
        }

        Directory.Move(part, target);
        return target;
    }

    /// <summary>Whether a folder is there and whole.</summary>
    /// <exception cref="IOException">It is there, but not whole.</exception>
    private static bool IsComplete(string name, string target, Func<string, string?> missingOf)
    {
        string? missing = Directory.Exists(target) ? missingOf(target) : null;
        return missing is null ? Directory.Exists(target) : throw new IOException(
            $"Data set {name}: found an incomplete copy in '{target}' ({missing}), expected none or a whole one. "
            + "Remove it and fetch again.");
    }

    /// <summary>Downloads a file, from the mirror if there is one, and compares its checksum.</summary>
    private static async Task DownloadAsync(
        string name, HttpClient client, Uri address, long bytes, string sha256, string path, IProgress<FetchProgress>? progress,
        CancellationToken cancellation)
    {
        address = FromMirror(address, Environment.GetEnvironmentVariable(MirrorVariable));
        await ResumableDownload.DownloadAsync(client, address, path, bytes, ResumableDownload.LongestSilence, progress, cancellation)
            .ConfigureAwait(false);
        string found = await Sha256Async(path, cancellation).ConfigureAwait(false);
        if (found != sha256)
        {
            long length = new FileInfo(path).Length;
            File.Delete(path);
            throw new InvalidDataException(
                $"Data set {name}: found SHA-256 {found} of the {length} bytes from {address}, expected {sha256} of {bytes}. "
                + "The file was removed; fetching again starts anew.");
        }
    }

    /// <summary>The place of a file in a mirror; the published one without a mirror.</summary>
    /// <exception cref="InvalidDataException">The mirror is no address.</exception>
    internal static Uri FromMirror(Uri published, string? mirror)
    {
        if (string.IsNullOrWhiteSpace(mirror))
        {
            return published;
        }

        return Uri.TryCreate(mirror.TrimEnd('/') + "/", UriKind.Absolute, out Uri? folder) && (folder.Scheme == Uri.UriSchemeHttps || folder.Scheme == Uri.UriSchemeHttp)
            ? new Uri(folder, published.Segments[^1])
            : throw new InvalidDataException($"{MirrorVariable}: found '{mirror}', expected the address of a folder, https://... or http://...");
    }

    private static async Task<string> Sha256Async(string path, CancellationToken cancellation)
    {
        await using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation).ConfigureAwait(false));
    }

    /// <summary>Unpacks into a folder beside the target and renames it, so that a target that exists is whole.</summary>
    private static void Unpack(ArchiveSource source, string archive, string target, CancellationToken cancellation)
    {
        string unpacked = AtomicFile.TemporaryName(target);
        Directory.CreateDirectory(unpacked);
        try
        {
            ArchiveExtraction.Extract(archive, unpacked, source.GreatestSize, cancellation);
            string inner = Path.Combine(unpacked, source.Folder);
            string? missing = Directory.Exists(inner) ? source.Missing(inner) : $"no folder {source.Folder}";
            if (missing is not null)
            {
                throw new InvalidDataException(
                    $"Data set {source.Name}: found an archive that lacks files ({missing}), expected all of {source.Folder}.");
            }

            Directory.Move(inner, target);
        }
        finally
        {
            Directory.Delete(unpacked, recursive: true);
        }
    }

    /// <summary>Reports one file as a part of all.</summary>
    private sealed class PartProgress(IProgress<FetchProgress>? whole, long before, long total) : IProgress<FetchProgress>
    {
        public void Report(FetchProgress value) => whole?.Report(value with { Bytes = before + value.Bytes, Total = total });
    }
}

/// <summary>Where a download stands.</summary>
/// <param name="Bytes">Bytes on disk, those of earlier attempts included.</param>
/// <param name="Total">Bytes in all; null when the server does not say.</param>
/// <param name="BytesPerSecond">Mean rate of this attempt.</param>
public sealed record FetchProgress(long Bytes, long? Total, double BytesPerSecond);

/// <summary>An archive (.tar.gz or .zip) that holds a data set.</summary>
/// <param name="Name">Name of the data set.</param>
/// <param name="Address">Where it is downloaded from.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its checksum, lower-case hex.</param>
/// <param name="Folder">The folder that it unpacks to.</param>
/// <param name="GreatestSize">Most bytes that it may unpack to.</param>
/// <param name="Missing">Says what is missing of an unpacked folder; null when nothing is.</param>
internal sealed record ArchiveSource(
    string Name, Uri Address, long Bytes, string Sha256, string Folder, long GreatestSize, Func<string, string?> Missing)
{
    /// <summary>CIFAR-10, binary version; the file of the MD5 c32a1d4ab5d03f1284b67883e8d87530 of Krizhevsky's page.</summary>
    public static ArchiveSource Cifar10 { get; } = new(
        "cifar10",
        new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
        170_052_171,
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        Data.Cifar10.FolderName,
        200_000_000,
        folder => Data.Cifar10.Missing(folder, Data.Cifar10.RecordsPerFile));

    /// <summary>CIFAR-100, binary version; the file of the MD5 03b5dce01913d631647c71ecec9e9cb8 of Krizhevsky's page.</summary>
    public static ArchiveSource Cifar100 { get; } = new(
        "cifar100",
        new Uri("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"),
        168_513_733,
        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        Data.Cifar100.FolderName,
        200_000_000,
        folder => Data.Cifar100.Missing(folder, Data.Cifar10.RecordsPerFile));

    /// <summary>Tiny ImageNet; the file of the MD5 90528d7ca1a48142e341f4ef8d21d0de.</summary>
    public static ArchiveSource TinyImageNet { get; } = new(
        Data.TinyImageNet.Name,
        new Uri("http://cs231n.stanford.edu/tiny-imagenet-200.zip"),
        248_100_043,
        "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821",
        Data.TinyImageNet.FolderName,
        600_000_000,
        Data.TinyImageNet.MissingOfAll);

    /// <summary>All archives.</summary>
    public static IReadOnlyList<ArchiveSource> All { get; } = [Cifar10, Cifar100, TinyImageNet];
}

/// <summary>Files that are a data set as they are.</summary>
/// <param name="Name">Name of the data set.</param>
/// <param name="Address">The folder that they are downloaded from, ending in a slash.</param>
/// <param name="Files">Name, length in bytes and checksum (SHA-256, lower-case hex) of each.</param>
/// <param name="Folder">The folder that they go to.</param>
/// <param name="Missing">Says what is missing of a folder; null when nothing is.</param>
/// <param name="ByPackage">How to get the data set from the operating system's packages, as a sentence.</param>
internal sealed record FileSetSource(
    string Name, Uri Address, IReadOnlyList<(string Name, long Bytes, string Sha256)> Files, string Folder, Func<string, string?> Missing,
    string ByPackage)
{
    /// <summary>Fashion-MNIST, from its authors' repository https://github.com/zalandoresearch/fashion-mnist.</summary>
    public static FileSetSource FashionMnist { get; } = new(
        "fashion-mnist",
        new Uri("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
        [
            ("train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            ("train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            ("t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            ("t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ],
        Data.FashionMnist.FolderName,
        folder => Data.FashionMnist.Missing(folder, Data.FashionMnist.TestImages),
        "On Debian: apt-get install dataset-fashion-mnist.");
}
