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
    /// <param name="progress">Told where the download stands.</param>
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
        ArgumentNullException.ThrowIfNull(name);
        CheckName(name);
        if (folder is null)
        {
            DataFolders folders = DataFolders.Current();
            folder = folders.Folders.Count > 0
                ? folders.Folders[0]
                : throw new DirectoryNotFoundException(
                    $"Data set {name}: found no folder to fetch to ({folders.Description}), "
                    + $"expected {DataFolders.Variable} to name one.");
        }

        // The limit of the whole request would end a slow download; a silent server is noticed all the same.
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
        await ResumableDownload
            .DownloadAsync(client, source.Address, archive, ResumableDownload.LongestSilence, progress, cancellation)
            .ConfigureAwait(false);
        await CheckAsync(source.Name, source.Address, source.Md5, archive, cancellation).ConfigureAwait(false);
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
                var address = new Uri(source.Address, name);
                await ResumableDownload
                    .DownloadAsync(
                        client, address, path, ResumableDownload.LongestSilence, new PartProgress(progress, before, total), cancellation)
                    .ConfigureAwait(false);
                await CheckAsync(source.Name, address, md5, path, cancellation).ConfigureAwait(false);
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
        if (!Directory.Exists(target))
        {
            return false;
        }

        return missingOf(target) is { } missing
            ? throw new IOException(
                $"Data set {name}: found an incomplete copy in '{target}' ({missing}), "
                + "expected none or a whole one. Remove it and fetch again.")
            : true;
    }

    private static async Task CheckAsync(string name, Uri address, string md5, string path, CancellationToken cancellation)
    {
        string found = await Md5Async(path, cancellation).ConfigureAwait(false);
        if (found != md5)
        {
            long length = new FileInfo(path).Length;
            File.Delete(path);
            throw new InvalidDataException(
                $"Data set {name}: found MD5 {found} of the {length} bytes from {address}, "
                + $"expected {md5}. The file was removed; fetching again starts anew.");
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
                    $"Data set {source.Name}: found an archive that lacks files ({missing}), "
                    + $"expected all of {source.Folder}.");
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
