using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace ApproxNets.Data;

/// <summary>
/// Reads the IDX format of MNIST (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits"): two zero bytes, the
/// type (8: unsigned bytes), the rank, big-endian 32-bit sizes, then the values, the last index fastest; packed with gzip or not.
/// </summary>
internal static class IdxFile
{
    private const byte UnsignedBytes = 8;

    /// <summary>Reads a file of unsigned bytes.</summary>
    /// <param name="path">The file; packed if its name ends in <c>.gz</c>.</param>
    /// <param name="hash">The hash that takes in the unpacked bytes, header included.</param>
    /// <param name="sizes">The sizes that the file must have. No more memory is used than they need, whatever the file says.</param>
    /// <returns>The values.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, truncated or too long, or of another type or other sizes.</exception>
    public static byte[] Read(string path, IncrementalHash hash, params int[] sizes)
    {
        using FileStream file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        byte[] expected = Header(sizes);
        byte[] header = ReadPart(content, path, expected.Length, 0);
        if (!header.AsSpan().SequenceEqual(expected))
        {
            throw new InvalidDataException(
                $"'{path}': found the header {Convert.ToHexString(header)}, "
                + $"expected {Convert.ToHexString(expected)} (IDX, unsigned bytes, {string.Join(" x ", sizes)}).");
        }

        byte[] values = ReadPart(content, path, sizes.Aggregate(1, (product, size) => checked(product * size)), expected.Length);
        if (ReadAtMost(content, path, new byte[1]) > 0)
        {
            throw new InvalidDataException(
                $"'{path}': found more than {expected.Length + values.Length} bytes{Unpacked(path)}, expected no more.");
        }

        hash.AppendData(header);
        hash.AppendData(values);
        return values;
    }

    /// <summary>Bytes of an unpacked file of these sizes.</summary>
    public static long LengthOf(params int[] sizes) => Header(sizes).Length + sizes.Aggregate(1L, (product, size) => product * size);

    private static byte[] Header(int[] sizes)
    {
        byte[] header = [0, 0, UnsignedBytes, (byte)sizes.Length, .. new byte[4 * sizes.Length]];
        for (int i = 0; i < sizes.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + (4 * i)), sizes[i]);
        }

        return header;
    }

    private static byte[] ReadPart(Stream content, string path, int length, int offset)
    {
        var bytes = new byte[length];
        int found = ReadAtMost(content, path, bytes);
        return found == length
            ? bytes
            : throw new InvalidDataException(
                $"'{path}': found {offset + found} bytes{Unpacked(path)}, expected {offset + length}{(offset == 0 ? " of header" : "")}.");
    }

    private static int ReadAtMost(Stream content, string path, byte[] bytes)
    {
        try
        {
            return content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{path}': found damaged data ({e.Message}), expected a whole gzip file.", e);
        }
    }

    private static string Unpacked(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? " unpacked" : "";
}
