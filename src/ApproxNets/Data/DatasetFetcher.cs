using System.Security.Cryptography;
using ApproxNets.Foundation;

namespace ApproxNets.Data;

/// <summary>Downloads data sets from where they are published, checks them and unpacks them.</summary>
public static class DatasetFetcher
{
    /// <summary>
    /// Fetches a data set: downloads its archive to a <c>.part</c> file, or its files to a <c>.part</c> folder (going on from what
    /// an earlier attempt left), compares the published checksums, unpacks an archive beside and moves the folder into place.
    /// Does nothing when the set is complete already.
    /// </summary>
    /// <param name="name">"cifar10" or "fashion-mnist".</param>
    /// <param name="folder">Where to put it; null for the first folder that <see cref="Datasets"/> looks in.</param>
    /// <param name="progress">Receives how far the download is.</param>
    /// <param name="cancellation">Stops; a partial download is kept.</param>
    /// <returns>The folder of the data set.</returns>
    /// <exception cref="ArgumentException">There is nothing to fetch for this name.</exception>
    /// <exception cref="DirectoryNotFoundException">No folder was given and there is none to look in.</exception>
    /// <exception cref="HttpRequestException">The server could not be reached or refused.</exception>
    /// <exception cref="IOException">The download broke off, or an incomplete copy is in the way.</exception>
    /// <exception cref="InvalidDataException">The checksum is wrong (the file is then removed), or the archive holds what it must
    /// not.</exception>
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

        // A limit on the whole request would end a slow download. A silent server is noticed without it.
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        return name == FileSetSource.FashionMnist.Name
            ? await FetchAsync(FileSetSource.FashionMnist, folder, client, progress, cancellation).ConfigureAwait(false)
            : await FetchAsync(ArchiveSource.Cifar10, folder, client, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>Says in a line how to put a data set in place on a machine without a network.</summary>
    /// <param name="name">"cifar10" or "fashion-mnist".</param>
    /// <exception cref="ArgumentException">There is nothing to fetch for this name.</exception>
    public static string ByHand(string name)
    {
        CheckName(name);
        string folder = DataFolders.Current().Folders.FirstOrDefault() ?? $"a folder that {DataFolders.Variable} names";
        if (name == FileSetSource.FashionMnist.Name)
        {
            FileSetSource files = FileSetSource.FashionMnist;
            return $"{files.ByPackage} By hand: download {string.Join(", ", files.Files.Select(f => $"{f.Name} (MD5 {f.Md5})"))} "
                + $"from {files.Address} where there is a network to {Path.Combine(folder, files.Folder)}.";
        }

        ArchiveSource source = ArchiveSource.Cifar10;
        return $"By hand: download {source.Address} (MD5 {source.Md5}) where there is a network and unpack it in {folder}, "
            + $"so that it holds {source.Folder}.";
    }

    private static void CheckName(string name)
    {
        if (name != ArchiveSource.Cifar10.Name && name != FileSetSource.FashionMnist.Name)
        {
            throw new ArgumentException(
                name == "shapes"
                    ? "Data set shapes: found nothing to fetch, it is made in code."
                    : $"Data set: found the name '{name}', expected {ArchiveSource.Cifar10.Name} or {FileSetSource.FashionMnist.Name}.",
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
        await DownloadAsync(source.Name, client, source.Address, source.Md5, archive, progress, cancellation).ConfigureAwait(false);
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
        foreach (var (name, bytes, md5) in source.Files)
        {
            string path = Path.Combine(part, name);
            if (!File.Exists(path) || await Md5Async(path, cancellation).ConfigureAwait(false) != md5)
            {
                var ofFile = new PartProgress(progress, before, total);
                await DownloadAsync(source.Name, client, new Uri(source.Address, name), md5, path, ofFile, cancellation)
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

    /// <summary>Downloads a file and compares its checksum.</summary>
    private static async Task DownloadAsync(
        string name, HttpClient client, Uri address, string md5, string path, IProgress<FetchProgress>? progress,
        CancellationToken cancellation)
    {
        await ResumableDownload.DownloadAsync(client, address, path, ResumableDownload.LongestSilence, progress, cancellation)
            .ConfigureAwait(false);
        string found = await Md5Async(path, cancellation).ConfigureAwait(false);
        if (found != md5)
        {
            long length = new FileInfo(path).Length;
            File.Delete(path);
            throw new InvalidDataException(
                $"Data set {name}: found MD5 {found} of the {length} bytes from {address}, expected {md5}. "
                + "The file was removed; fetching again starts anew.");
        }
    }

    private static async Task<string> Md5Async(string path, CancellationToken cancellation)
    {
        await using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(await MD5.HashDataAsync(file, cancellation).ConfigureAwait(false));
    }

    /// <summary>Unpacks into a folder beside the target and renames it, so that a target that exists is whole.</summary>
    private static void Unpack(ArchiveSource source, string archive, string target, CancellationToken cancellation)
    {
        string unpacked = $"{target}.{Guid.NewGuid():N}.tmp";
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

/// <summary>An archive (.tar.gz) that holds a data set.</summary>
/// <param name="Name">Name of the data set.</param>
/// <param name="Address">Where it is downloaded from.</param>
/// <param name="Md5">Its published checksum, lower-case hex.</param>
/// <param name="Folder">The folder that it unpacks to.</param>
/// <param name="GreatestSize">Most bytes that it may unpack to.</param>
/// <param name="Missing">Says what is missing of an unpacked folder; null when nothing is.</param>
internal sealed record ArchiveSource(string Name, Uri Address, string Md5, string Folder, long GreatestSize, Func<string, string?> Missing)
{
    /// <summary>CIFAR-10, binary version; address and checksum as on Krizhevsky's page.</summary>
    public static ArchiveSource Cifar10 { get; } = new(
        "cifar10",
        new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
        "c32a1d4ab5d03f1284b67883e8d87530",
        Data.Cifar10.FolderName,
        200_000_000,
        folder => Data.Cifar10.Missing(folder, Data.Cifar10.RecordsPerFile));
}

/// <summary>Files that are a data set as they are.</summary>
/// <param name="Name">Name of the data set.</param>
/// <param name="Address">The folder that they are downloaded from, ending in a slash.</param>
/// <param name="Files">Name, length in bytes and published checksum (MD5, lower-case hex) of each.</param>
/// <param name="Folder">The folder that they go to.</param>
/// <param name="Missing">Says what is missing of a folder; null when nothing is.</param>
/// <param name="ByPackage">How to get the data set from the operating system's packages, as a sentence.</param>
internal sealed record FileSetSource(
    string Name, Uri Address, IReadOnlyList<(string Name, long Bytes, string Md5)> Files, string Folder, Func<string, string?> Missing,
    string ByPackage)
{
    /// <summary>Fashion-MNIST; addresses and checksums as on https://github.com/zalandoresearch/fashion-mnist.</summary>
    public static FileSetSource FashionMnist { get; } = new(
        "fashion-mnist",
        new Uri("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
        [
            ("train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            ("train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
            ("t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
            ("t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
        ],
        Data.FashionMnist.FolderName,
        folder => Data.FashionMnist.Missing(folder, Data.FashionMnist.TestImages),
        "On Debian: apt-get install dataset-fashion-mnist.");
}
