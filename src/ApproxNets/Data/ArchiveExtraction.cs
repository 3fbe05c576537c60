using System.Formats.Tar;
using System.IO.Compression;

namespace ApproxNets.Data;

/// <summary>Unpacks a .tar.gz or .zip that is not trusted: files and folders below the target only, no links, a bounded size.</summary>
internal static class ArchiveExtraction
{
    private const int GreatestEntries = 200_000;

    private enum Kind
    {
        File,
        Folder,
        Other,
    }

    /// <summary>Unpacks into a folder that exists and is empty.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged, or holds what it must not.</exception>
    public static void Extract(string archive, string folder, long greatestSize, CancellationToken cancellation)
    {
        InvalidDataException Refused(string found, string expected, Exception? cause = null) =>
            new($"Archive '{archive}': found {found}, expected {expected}.", cause);
        using FileStream file = File.OpenRead(archive);
        bool zipped = file.ReadByte() == 'P' && file.ReadByte() == 'K';
        file.Position = 0;
        using IEnumerator<Entry> entries = (zipped ? ZipEntries(file) : TarEntries(file)).GetEnumerator();
        long size = 0;
        for (int number = 1; OrDamaged(entries.MoveNext); number++)
        {
            cancellation.ThrowIfCancellationRequested();
            Entry entry = entries.Current;
            if (number > GreatestEntries || entry.Length > greatestSize - size)
            {
                throw Refused(
                    $"{size} bytes in {number - 1} entries and {entry.Length} of '{entry.Name}'", $"at most {greatestSize} bytes in {GreatestEntries}");
            }

            size += entry.Length;
            switch (entry.Kind)
            {
                case Kind.Folder when !File.Exists(PathOf(entry)):
                    Directory.CreateDirectory(PathOf(entry));
                    break;
                case Kind.Folder:
                    throw Refused($"folder '{entry.Name}' in the place of a file", "one kind of entry for a name");
                case Kind.File:
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
                    throw Refused($"entry '{entry.Name}' of type {entry.Type}", "files and folders only");
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
                throw Refused($"damaged data ({error.Message})", zipped ? "a .zip" : "a .tar.gz", error);
            }
        }

        string PathOf(Entry entry)
        {
            // A backslash or a drive is part of a path on Windows only, and refused everywhere.
            string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
            string path = Path.GetFullPath(Path.Combine(root, entry.Name));
            bool outside = entry.Name.Split('/').Contains("..") || entry.Name.StartsWith('/') || entry.Name.AsSpan().ContainsAny('\\', ':')
                || !(path + Path.DirectorySeparatorChar).StartsWith(root, StringComparison.Ordinal);
            return outside ? throw Refused($"entry '{entry.Name}'", "a path within the archive's own folder") : path;
        }
    }

    private static IEnumerable<Entry> TarEntries(Stream file)
    {
        using var unzipped = new GZipStream(file, CompressionMode.Decompress);
        using var reader = new TarReader(unzipped);
        while (reader.GetNextEntry() is { } entry)
        {
            Kind kind = entry.EntryType switch
            {
                TarEntryType.Directory => Kind.Folder,
                TarEntryType.RegularFile or TarEntryType.V7RegularFile => Kind.File,
                _ => Kind.Other,
            };
            if (entry.EntryType != TarEntryType.GlobalExtendedAttributes)
            {
                yield return new(entry.Name, entry.Length, kind, $"{entry.EntryType}", () => entry.DataStream ?? Stream.Null);
            }
        }
    }

    private static IEnumerable<Entry> ZipEntries(Stream file)
    {
        // The upper half of the attributes is the mode of a file made on Unix.
        const int TypeOfFile = 0xF000, Link = 0xA000;
        using var archive = new ZipArchive(file, ZipArchiveMode.Read);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            Kind kind = ((entry.ExternalAttributes >> 16) & TypeOfFile) == Link ? Kind.Other : entry.FullName.EndsWith('/') ? Kind.Folder : Kind.File;
            yield return new(entry.FullName, entry.Length, kind, "SymbolicLink", entry.Open);
        }
    }

    /// <summary>Writes at most one byte more than the entry says it has.</summary>
    private static long Write(Entry entry, string path)
    {
        using var target = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        using Stream source = entry.Open();
        var buffer = new byte[81_920];
        long left = entry.Length + 1;
        while (left > 0 && source.Read(buffer, 0, (int)Math.Min(buffer.Length, left)) is int count and > 0)
        {
            target.Write(buffer, 0, count);
            left -= count;
        }

        return target.Length;
    }

    private sealed record Entry(string Name, long Length, Kind Kind, string Type, Func<Stream> Open);
}
