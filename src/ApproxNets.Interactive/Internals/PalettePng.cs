using System.Buffers.Binary;
using System.IO.Compression;

namespace ApproxNets.Interactive.Internals;

/// <summary>Writes a PNG of at most 256 colours: a fourth of the size of one in full colour, which the image library writes.</summary>
internal static class PalettePng
{
    /// <param name="indices">The colour of each pixel, row by row.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="palette">Red, green, blue of each colour.</param>
    public static byte[] Encode(byte[] indices, int width, byte[] palette)
    {
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), indices.Length / width);
        (header[8], header[9]) = (8, 3); // bits of an index, "palette"
        Chunk(png, "IHDR"u8, header);
        Chunk(png, "PLTE"u8, palette);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize))
        {
            foreach (byte[] row in indices.Chunk(width))
            {
                zlib.WriteByte(0); // no filter
                zlib.Write(row);
            }
        }

        Chunk(png, "IDAT"u8, packed.ToArray());
        Chunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Chunk(MemoryStream png, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        png.Write(number);
        byte[] body = [.. name, .. content];
        png.Write(body);
        uint crc = ~0u;
        foreach (byte value in body)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(number, ~crc);
        png.Write(number);
    }
}
