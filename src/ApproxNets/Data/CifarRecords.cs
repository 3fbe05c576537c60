using System.Security.Cryptography;

namespace ApproxNets.Data;

/// <summary>Reads the records of CIFAR-10 and CIFAR-100: label bytes, the last of which is the class, then the red, green and blue planes of
/// 32 x 32.</summary>
internal static class CifarRecords
{
    /// <summary>Pixels of a record.</summary>
    public const int ImageLength = 3 * 32 * 32;

    /// <summary>Reads files of as many records each.</summary>
    /// <param name="set">The set's name, for messages.</param>
    /// <param name="folder">The folder of the files.</param>
    /// <param name="files">The files, in order.</param>
    /// <param name="records">Records of each file.</param>
    /// <param name="labels">Label bytes of a record.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="hash">Takes in all bytes.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file has a wrong size, or a label is not one of a class.</exception>
    public static ImageSet Read(string set, string folder, string[] files, int records, int labels, int classes, IncrementalHash hash)
    {
        int recordLength = labels + ImageLength, expected = records * recordLength, image = 0;
        var pixels = new byte[files.Length * records * ImageLength];
        var classOf = new byte[files.Length * records];
        foreach (string file in files)
        {
            byte[] bytes = ReadFile(set, folder, file);
            if (bytes.Length != expected)
            {
                string at = bytes.Length < expected ? $"truncated at byte offset {bytes.Length}" : $"surplus from byte offset {expected}";
                throw new InvalidDataException(
                    $"{set}: found {bytes.Length} bytes in '{Path.Combine(folder, file)}' ({at}), "
                    + $"expected {expected} ({records} records of {recordLength}).");
            }

            hash.AppendData(bytes);
            for (int offset = 0; offset < bytes.Length; offset += recordLength, image++)
            {
                int place = offset + labels - 1;
                if (bytes[place] >= classes)
                {
                    throw new InvalidDataException(
                        $"{set}: found label {bytes[place]} at byte offset {place} of '{Path.Combine(folder, file)}' "
                        + $"(record {offset / recordLength}), expected 0..{classes - 1}.");
                }

                classOf[image] = bytes[place];
                bytes.AsSpan(offset + labels, ImageLength).CopyTo(pixels.AsSpan(image * ImageLength));
            }
        }

        return new ImageSet(pixels, classOf, 3, 32, 32);
    }

    /// <summary>Reads class names, one a line.</summary>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="InvalidDataException">There are not as many names as classes.</exception>
    public static string[] ReadClasses(string set, string folder, string file, int classes, IncrementalHash hash)
    {
        byte[] bytes = ReadFile(set, folder, file);
        hash.AppendData(bytes);
        string[] names = System.Text.Encoding.UTF8.GetString(bytes)
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length == classes
            ? names
            : throw new InvalidDataException(
                $"{set}: found {names.Length} class names in '{Path.Combine(folder, file)}' ({bytes.Length} bytes), expected {classes}, one a line.");
    }

    /// <summary>What keeps a folder from being a complete copy: absent files and wrong sizes; null when nothing does.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="recordFiles">Files of records, with their lengths.</param>
    /// <param name="others">Other files.</param>
    public static string? Missing(string folder, IEnumerable<(string File, long Length)> recordFiles, string[] others)
    {
        var faults = new List<string>();
        foreach (var (file, length) in recordFiles.Concat(others.Select(file => (file, -1L))))
        {
            var info = new FileInfo(Path.Combine(folder, file));
            if (!info.Exists)
            {
                faults.Add($"{file} is missing");
            }
            else if (length >= 0 && info.Length != length)
            {
                faults.Add($"{file} has {info.Length} bytes, not {length}");
            }
        }

        return faults.Count == 0 ? null : string.Join("; ", faults);
    }

    private static byte[] ReadFile(string set, string folder, string file)
    {
        string path = Path.Combine(folder, file);
        return File.Exists(path)
            ? File.ReadAllBytes(path)
            : throw new FileNotFoundException($"{set}: found no file '{path}', expected the official layout.", path);
    }
}
