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
        InvalidDataException Refused(string found, string expected, Exception? cause = null) =>
            new($"Archive '{archive}': found {found}, expected {expected}.", cause);
        using FileStream file = File.OpenRead(archive);
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        using var reader = new TarReader(unzipped);
        long size = 0;
        for (int entries = 1; OrDamaged(() => reader.GetNextEntry()) is { } entry; entries++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (entries > GreatestEntries || entry.Length > greatestSize - size)
            {
                throw Refused(
                    $"{size} bytes in {entries - 1} entries and {entry.Length} of '{entry.Name}'", $"at most {greatestSize} bytes in {GreatestEntries}");
            }

            size += entry.Length;
            switch (entry.EntryType)
            {
                case TarEntryType.GlobalExtendedAttributes:
                    break;
                case TarEntryType.Directory when !File.Exists(PathOf(entry)):
                    Directory.CreateDirectory(PathOf(entry));
                    break;
                case TarEntryType.Directory:
                    throw Refused($"folder '{entry.Name}' in the place of a file", "one kind of entry for a name");
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile:
                    string path = PathOf(entry);
                    if (entry.Name.EndsWith('/') || Path.Exists(path))
                    {
                        throw Refused($"file '{entry.Name}' in the place of a folder or of a file before", "every name once");
                    }

                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    long written = OrDamaged(() => Write(entry, path));
                    if (written != entry.Length)
                    {
                        throw Refused($"{written} bytes of entry '{entry.Name}'", $"{entry.Length}");
                    }

                    break;
                default:
                    throw Refused($"entry '{entry.Name}' of type {entry.EntryType}", "files and folders only");
            }
        }

        T OrDamaged<T>(Func<T> read)
        {
            try
            {
                return read();
            }
            catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException or OverflowException)
            {
                throw Refused($"damaged data ({error.Message})", "a .tar.gz", error);
            }
        }

        string PathOf(TarEntry entry)
        {
            // A backslash or a drive is part of a path on Windows only, and refused everywhere.
            string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
            string path = Path.GetFullPath(Path.Combine(root, entry.Name));
            bool outside = entry.Name.Split('/').Contains("..") || entry.Name.StartsWith('/') || entry.Name.AsSpan().ContainsAny('\\', ':')
                || !(path + Path.DirectorySeparatorChar).StartsWith(root, StringComparison.Ordinal);
            return outside ? throw Refused($"entry '{entry.Name}'", "a path within the archive's own folder") : path;
        }
    }

    private static long Write(TarEntry entry, string path)
    {
        using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        entry.DataStream?.CopyTo(target);
        return target.Length;
    }
}
