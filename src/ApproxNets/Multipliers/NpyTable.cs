using System.Buffers.Binary;
using System.Text;
using ApproxNets.Foundation;

namespace ApproxNets.Multipliers;

/// <summary>
/// Product tables as NumPy files: a 256 x 256 integer array in numeric order, activation first, as <see cref="Multiplier.Products"/>.
/// </summary>
public static class NpyTable
{
    internal const int Entries = Multiplier.Codes * Multiplier.Codes;

    /// <summary>
    /// Reads a table: format 1.0, 2.0 or 3.0, any integer type of 8 to 64 bits, little or big endian, C or Fortran order.
    /// </summary>
    /// <param name="path">The <c>.npy</c> file.</param>
    /// <returns>The 65,536 products in C order, <c>[xCode * 256 + wCode]</c>.</returns>
    /// <exception cref="InvalidDataException">The file is malformed, truncated, of another shape or type, has bytes after the data,
    /// or a value outside int32; the message has the file and the byte offset.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static int[] Read(string path) => Read(path, out _);

    /// <summary>
    /// Reads a table as <see cref="Read(string)"/> and checks it against a signedness: every product must fit 16 bits of it, and
    /// the table must not correlate better with the exact products of another reading of its rows and columns (unsigned 0..255, signed
    /// -128..127, or signed in the order of the bit patterns 0..127, -128..-1).
    /// </summary>
    /// <param name="path">The <c>.npy</c> file.</param>
    /// <param name="signedness">How the operands of this table are declared.</param>
    /// <exception cref="InvalidDataException">As for <see cref="Read(string)"/>, or the table contradicts the signedness.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static int[] Read(string path, Signedness signedness)
    {
        int[] products = Read(path, out Layout layout);
        (int least, int greatest) = signedness.ProductRange();
        int wrong = products.AsSpan().IndexOfAnyExceptInRange(least, greatest);
        if (wrong >= 0)
        {
            string found = $"the product {products[wrong]} in row {wrong >> 8}, column {wrong & 255}";
            throw NpyHeader.Malformed(path, layout.OffsetOf(wrong), found, $"a 16-bit {signedness} product ({least}..{greatest})");
        }

        TableReading.Check(path, products, signedness);
        return products;
    }

    /// <summary>
    /// Writes a table as <c>&lt;i4</c> in C order, format 1.0. The file appears whole or not at all: it is written beside its place,
    /// flushed to disk and renamed.
    /// </summary>
    /// <param name="path">The file to make or replace.</param>
    /// <param name="products">The 65,536 products in C order.</param>
    /// <exception cref="ArgumentException">There are not 65,536 products.</exception>
    /// <exception cref="IOException">Writing fails; what was at <paramref name="path"/> before is still there.</exception>
    public static void Write(string path, ReadOnlySpan<int> products)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (products.Length != Entries)
        {
            throw new ArgumentException($"Found a table of {products.Length} products, expected 256 x 256 = {Entries}.", nameof(products));
        }

        const int HeaderBytes = 128; // a multiple of 64, as the format asks for
        var bytes = new byte[HeaderBytes + (Entries * sizeof(int))];
        string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (256, 256), }".PadRight(HeaderBytes - 11) + "\n";
        ((ReadOnlySpan<byte>)[0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, HeaderBytes - 10, 0]).CopyTo(bytes);
        Encoding.ASCII.GetBytes(header, bytes.AsSpan(10));
        for (int i = 0; i < Entries; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(HeaderBytes + (i * sizeof(int))), products[i]);
        }

        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    private static int[] Read(string path, out Layout layout)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        using FileStream stream = File.OpenRead(path);
        NpyHeader header = NpyHeader.Read(stream, path);
        if (header.Shape != "(256, 256)")
        {
            throw NpyHeader.Malformed(path, 0, $"an array of shape {header.Shape}", "(256, 256)");
        }

        (char kind, bool bigEndian, int size) = IntegerType(path, header.Descr);
        layout = new Layout(header.DataOffset, size, header.FortranOrder);
        var bytes = new byte[Entries * size];
        NpyHeader.Fill(stream, bytes, path, header.DataOffset, $"{bytes.Length} bytes of data");
        if (stream.ReadByte() >= 0)
        {
            throw NpyHeader.Malformed(path, header.DataOffset + bytes.Length, "bytes after the data", "the end of the file");
        }

        var products = new int[Entries];
        for (int i = 0; i < Entries; i++)
        {
            ReadOnlySpan<byte> entry = bytes.AsSpan((int)(layout.OffsetOf(i) - header.DataOffset), size);
            Int128 value = Integer(entry, kind == 'i', bigEndian);
            products[i] = value >= int.MinValue && value <= int.MaxValue
                ? (int)value
                : throw NpyHeader.Malformed(path, layout.OffsetOf(i), $"the value {value}", "one within int32");
        }

        return products;
    }

    private static (char Kind, bool BigEndian, int Size) IntegerType(string path, string descr)
    {
        // Only a single byte has no byte order.
        bool known = descr is ['<' or '>' or '|', 'i' or 'u', '1' or '2' or '4' or '8'] && (descr[0] != '|' || descr[2] == '1');
        return known
            ? (descr[1], descr[0] == '>', descr[2] - '0')
            : throw NpyHeader.Malformed(
                path, 0, $"an array of type '{descr}'", "an integer type: < or > (| for one byte), i or u, and 1, 2, 4 or 8");
    }

    private static Int128 Integer(ReadOnlySpan<byte> bytes, bool signed, bool bigEndian)
    {
        ulong bits = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            bits = (bits << 8) | bytes[bigEndian ? i : bytes.Length - 1 - i];
        }

        int unused = 64 - (8 * bytes.Length);
        return signed ? (long)(bits << unused) >> unused : bits;
    }

    private readonly record struct Layout(long DataOffset, int Size, bool FortranOrder)
    {
        internal long OffsetOf(int entry) =>
            DataOffset + ((long)Size * (FortranOrder ? ((entry & 255) * Multiplier.Codes) + (entry >> 8) : entry));
    }
}
