using System.Formats.Tar;
using System.IO.Compression;

namespace ApproxNets.Data;

/// <summary>Unpacks a .tar.gz that is not trusted: files and folders below the target only, no links, a bounded size.</summary>
internal static class ArchiveExtraction
{
    private const int GreatestEntries = 100_000;

    /// <summary>Unpacks into a folder that exists and is empty.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged, or holds what it must not.</exception>
    public static void Extract(string archive, string folder, long greatestSize, CancellationToken cancellation)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        using FileStream file = File.OpenRead(archive);
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        using var reader = new TarReader(unzipped);
        long size = 0;
        int entries = 0;
        while (Next(reader, archive) is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            size = checked(size + entry.Length);
            if (++entries > GreatestEntries || size > greatestSize)
            {
                throw new InvalidDataException(
                    $"Archive '{archive}': found {size} bytes in {entries} entries up to '{entry.Name}', expected at most {greatestSize} bytes in {GreatestEntries}.");
            }

            switch (entry.EntryType)
            {
                case TarEntryType.GlobalExtendedAttributes:
                    break;
                case TarEntryType.Directory:
                    Directory.CreateDirectory(PathOf(entry, root, archive));
                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                    string path = PathOf(entry, root, archive);
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    Write(entry, path, archive);
                    break;
                default:
                    throw new InvalidDataException($"Archive '{archive}': found entry '{entry.Name}' of type {entry.EntryType}, expected files and folders only.");
            }
        }
    }

    private static TarEntry? Next(TarReader reader, string archive)
    {
        try
        {
            return reader.GetNextEntry();
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw Damaged(archive, error);
        }
    }

    private static string PathOf(TarEntry entry, string root, string archive)
    {
        // Checked in words first: a backslash or a drive is a path on Windows only, and refused everywhere.
        string[] parts = entry.Name.Split('/');
        string path = Path.GetFullPath(Path.Combine(root, entry.Name));
        bool outside = parts.Contains("..") || entry.Name.StartsWith('/') || entry.Name.Contains('\\') || entry.Name.Contains(':')
            || !(path + Path.DirectorySeparatorChar).StartsWith(root, StringComparison.Ordinal);
        return outside
            ? throw new InvalidDataException($"Archive '{archive}': found entry '{entry.Name}', expected a path within the archive's own folder.")
            : path;
    }

    private static void Write(TarEntry entry, string path, string archive)
    {
        // CreateNew: an entry that comes twice is refused too.
        using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        try
        {
            entry.DataStream?.CopyTo(target);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw Damaged(archive, error);
        }

        if (target.Length != entry.Length)
        {
            throw new InvalidDataException($"Archive '{archive}': found {target.Length} bytes of entry '{entry.Name}', expected {entry.Length}.");
        }
    }

    private static InvalidDataException Damaged(string archive, Exception error)
        => new($"Archive '{archive}': found damaged data ({error.Message}), expected a .tar.gz.", error);
}
