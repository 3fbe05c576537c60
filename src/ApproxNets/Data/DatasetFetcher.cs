using System.Security.Cryptography;

namespace ApproxNets.Data;

/// <summary>Downloads data sets from where they are published, checks them and unpacks them.</summary>
public static class DatasetFetcher
{
    /// <summary>
    /// Fetches a data set: downloads its archive to a <c>.part</c> file (going on from what an earlier attempt left),
    /// compares the published checksum, unpacks beside and moves the unpacked folder into place. Does nothing when
    /// the set is complete already.
    /// </summary>
    /// <param name="name">"cifar10".</param>
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
        ArchiveSource source = SourceOf(name);
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
        return await FetchAsync(source, folder, client, progress, cancellation).ConfigureAwait(false);
    }

    /// <summary>Says in a line how to put a data set in place on a machine without a network.</summary>
    /// <param name="name">"cifar10".</param>
    /// <exception cref="ArgumentException">There is nothing to fetch for this name.</exception>
    public static string ByHand(string name)
    {
        ArchiveSource source = SourceOf(name);
        string folder = DataFolders.Current().Folders.FirstOrDefault() ?? $"a folder that {DataFolders.Variable} names";
        return $"By hand: download {source.Address} (MD5 {source.Md5}) where there is a network and unpack it in {folder}, "
            + $"so that it holds {source.Folder}.";
    }

    private static ArchiveSource SourceOf(string name) => name switch
    {
        "cifar10" => ArchiveSource.Cifar10,
        "shapes" => throw new ArgumentException("Data set shapes: found nothing to fetch, it is made in code.", nameof(name)),
        _ => throw new ArgumentException($"Data set: found the name '{name}', expected cifar10.", nameof(name)),
    };

    internal static async Task<string> FetchAsync(
        ArchiveSource source, string folder, HttpClient client, IProgress<FetchProgress>? progress, CancellationToken cancellation)
    {
        string target = Path.Combine(Path.GetFullPath(folder), source.Folder);
        if (Directory.Exists(target))
        {
            return source.Missing(target) is { } missing
                ? throw new IOException(
                    $"Data set {source.Name}: found an incomplete copy in '{target}' ({missing}), "
                    + "expected none or a whole one. Remove it and fetch again.")
                : target;
        }

        Directory.CreateDirectory(folder);
        string archive = Path.Combine(folder, Path.GetFileName(source.Address.LocalPath) + ".part");
        await ResumableDownload
            .DownloadAsync(client, source.Address, archive, ResumableDownload.LongestSilence, progress, cancellation)
            .ConfigureAwait(false);
        await CheckAsync(source, archive, cancellation).ConfigureAwait(false);
        await Task.Run(() => Unpack(source, archive, target, cancellation), cancellation).ConfigureAwait(false);
        File.Delete(archive);
        return target;
    }

    private static async Task CheckAsync(ArchiveSource source, string archive, CancellationToken cancellation)
    {
        string found;
        await using (FileStream file = File.OpenRead(archive))
        {
            found = Convert.ToHexStringLower(await MD5.HashDataAsync(file, cancellation).ConfigureAwait(false));
        }

        if (found != source.Md5)
        {
            long length = new FileInfo(archive).Length;
            File.Delete(archive);
            throw new InvalidDataException(
                $"Data set {source.Name}: found MD5 {found} of the {length} bytes from {source.Address}, "
                + $"expected {source.Md5}. The file was removed; fetching again starts anew.");
        }
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
}
