using System.Buffers.Binary;
using System.IO.Compression;
using ApproxNets.Data;

namespace ApproxNets.Tests.Data;

/// <summary>
/// Writes small files in Fashion-MNIST's layout: the label of image i is i % 10 for training, (i + 3) % 10 for testing, pixel p is
/// (i * 7 + p) % 256, and 100 more for testing.
/// </summary>
internal static class SyntheticFashionMnist
{
    public const int TestImages = 4;

    public const int TrainingImages = 24;

    public static void Write(string folder, bool packed)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in FashionMnist.Files)
        {
            File.WriteAllBytes(Path.Combine(folder, packed ? file + ".gz" : file), packed ? Packed(FileBytes(file)) : FileBytes(file));
        }
    }

    public static byte Pixel(bool test, int image, int pixel) => (byte)((image * 7) + pixel + (test ? 100 : 0));

    public static byte[] FileBytes(string file)
    {
        bool test = file.StartsWith("t10k", StringComparison.Ordinal);
        int count = test ? TestImages : TrainingImages;
        return file.Contains("images", StringComparison.Ordinal)
            ? Idx([count, 28, 28], [.. Enumerable.Range(0, count * 784).Select(i => Pixel(test, i / 784, i % 784))])
            : Idx([count], [.. Enumerable.Range(0, count).Select(i => (byte)((i + (test ? 3 : 0)) % 10))]);
    }

    public static byte[] Idx(int[] sizes, byte[] values)
    {
        byte[] header = [0, 0, 8, (byte)sizes.Length, .. new byte[4 * sizes.Length]];
        for (int i = 0; i < sizes.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4 + (4 * i)), sizes[i]);
        }

        return [.. header, .. values];
    }

    public static byte[] Packed(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var zip = new GZipStream(stream, CompressionLevel.Fastest))
        {
            zip.Write(bytes);
        }

        return stream.ToArray();
    }
}
