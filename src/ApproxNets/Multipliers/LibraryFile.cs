using System.IO.Compression;

namespace ApproxNets.Multipliers;

/// <summary>
/// Multipliers in one file of about 1 KB each: name, signedness, relative power, area and delay with their sources, and the product table.
/// </summary>
/// <remarks>
/// <para>A <see cref="ChecksummedFile"/>. A table is kept as the coefficients of a polynomial in the 16 bits of both operand codes,
/// <c>m = sum_S c_S prod_(b in S) b</c> modulo 2^16, which is what a circuit computes: the exact product has at most 81 that are not 0, a
/// truncated one fewer. They come from differences along each bit in turn, and sums along each bit give the table back.</para>
/// <para>Signed circuits of sign and magnitude have few coefficients in the bits of sign and magnitude, with the product's sign left out.
/// The smaller of the two forms is kept. The coefficients are folded, 0, -1, 1, -2, ... = 0, 1, 2, 3, ..., and their low bytes, then their
/// high bytes are compressed with Brotli, table by table.</para>
/// </remarks>
public static class LibraryFile
{
    private const string Kind = "tables";
    private const int Version = 1, Entries = Multiplier.Codes * Multiplier.Codes, MaxMultipliers = 10_000, Quality = 11, Window = 18;

    /// <summary>Makes the content of a file.</summary>
    /// <param name="multipliers">The multipliers, of either signedness; their order is kept.</param>
    /// <exception cref="ArgumentException">A multiplier has tuned weights: those are a layer's, and the file has no place for them.</exception>
    public static byte[] Bytes(IReadOnlyCollection<Multiplier> multipliers)
    {
        if (multipliers.FirstOrDefault(m => !m.WeightCodes.IsEmpty) is { } tuned)
        {
            throw new ArgumentException($"Library file: found {tuned}, expected the multiplier that it was made of.", nameof(multipliers));
        }

        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write7BitEncodedInt(multipliers.Count);
        foreach ((Multiplier m, byte[] table) in multipliers.AsParallel().AsOrdered().Select(m => (m, Compressed(m))))
        {
            writer.Write(m.Name);
            writer.Write((byte)m.Signedness);
            writer.Write(m.RelativePower);
            writer.Write(m.PowerSource);
            writer.Write(m.AreaSquareMicrometres ?? double.NaN);
            writer.Write(m.DelayNanoseconds ?? double.NaN);
            writer.Write(m.AreaDelaySource ?? "");
            writer.Write7BitEncodedInt(table.Length);
            writer.Write(table);
        }

        return ChecksummedFile.Bytes(Kind, Version, content.ToArray());
    }

    /// <summary>Reads the multipliers of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="signedness">Only those of this signedness; null for all.</param>
    /// <returns>The multipliers in the order of the file.</returns>
    /// <exception cref="InvalidDataException">The file is none of this form, of another version, or damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static IReadOnlyList<Multiplier> Read(string path, Signedness? signedness = null)
    {
        byte[] content = ChecksummedFile.Read(path, Kind, Version).ToArray();
        try
        {
            using var reader = new BinaryReader(new MemoryStream(content));
            int count = reader.Read7BitEncodedInt();
            if (count is < 0 or > MaxMultipliers)
            {
                throw new InvalidDataException($"found {count} multipliers, expected at most {MaxMultipliers}.");
            }

            var entries = new List<(Func<int[], Multiplier> Make, Signedness Signedness, byte[] Table)>(count);
            for (int i = 0; i < count; i++)
            {
                (string name, Signedness s) = (reader.ReadString(), ((Signedness)reader.ReadByte()).Checked());
                (double power, string powerSource) = (reader.ReadDouble(), reader.ReadString());
                (double area, double delay, string source) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadString());
                entries.Add((products => new Multiplier(name, s, products, power, powerSource)
                {
                    AreaSquareMicrometres = double.IsNaN(area) ? null : area,
                    DelayNanoseconds = double.IsNaN(delay) ? null : delay,
                    AreaDelaySource = source.Length == 0 ? null : source,
                }, s, reader.ReadBytes(Math.Min(reader.Read7BitEncodedInt(), content.Length))));
            }

            return [.. entries.Where(e => signedness is null || e.Signedness == signedness)
                .AsParallel().AsOrdered().Select(e => e.Make(Products(e.Table, e.Signedness)))];
        }
        catch (Exception e) when (e is AggregateException or InvalidDataException or EndOfStreamException or ArgumentException
            or FormatException)
        {
            throw new InvalidDataException($"{path}: found a damaged list of multipliers: {e.GetBaseException().Message}", e);
        }
    }

    private static byte[] Compressed(Multiplier multiplier)
    {
        byte[] plain = Compressed(multiplier, byMagnitude: false);
        byte[] other = multiplier.Signedness == Signedness.Signed ? Compressed(multiplier, byMagnitude: true) : plain;
        return other.Length < plain.Length ? other : plain;
    }

    private static byte[] Compressed(Multiplier multiplier, bool byMagnitude)
    {
        ReadOnlySpan<int> products = multiplier.Products.Span;
        var values = new int[Entries];
        for (int i = 0; i < Entries; i++)
        {
            (int place, int sign) = Place(i, byMagnitude);
            values[place] = sign * products[i];
        }

        AddAlongBits(values, -1);
        var planes = new byte[2 * Entries];
        for (int i = 0; i < Entries; i++)
        {
            int value = (short)values[i], folded = (value << 1) ^ (value >> 31);
            (planes[i], planes[Entries + i]) = ((byte)folded, (byte)(folded >> 8));
        }

        var compressed = new byte[1 + BrotliEncoder.GetMaxCompressedLength(planes.Length)];
        compressed[0] = byMagnitude ? (byte)1 : (byte)0;
        return BrotliEncoder.TryCompress(planes, compressed.AsSpan(1), out int length, Quality, Window)
            ? compressed[..(1 + length)]
            : throw new InvalidOperationException($"Multiplier '{multiplier.Name}': found no room for the compressed table.");
    }

    private static int[] Products(byte[] table, Signedness signedness)
    {
        var planes = new byte[2 * Entries];
        if (table is not [0 or 1, ..] || !BrotliDecoder.TryDecompress(table.AsSpan(1), planes, out int length) || length != planes.Length)
        {
            throw new InvalidDataException($"found a table of other than {planes.Length} bytes.");
        }

        var values = new int[Entries];
        for (int i = 0; i < Entries; i++)
        {
            int folded = planes[i] | (planes[Entries + i] << 8);
            values[i] = (folded >> 1) ^ -(folded & 1);
        }

        AddAlongBits(values, 1);
        var products = new int[Entries];
        for (int i = 0; i < Entries; i++)
        {
            (int place, int sign) = Place(i, table[0] == 1);
            int product = sign * values[place];
            products[i] = signedness == Signedness.Signed ? (short)product : (ushort)product;
        }

        return products;
    }

    /// <summary>Adds, for each bit of an index in turn, the entry without the bit to that with it, or subtracts it.</summary>
    private static void AddAlongBits(int[] values, int sign)
    {
        for (int bit = 1; bit < values.Length; bit *= 2)
        {
            for (int first = bit; first < values.Length; first += 2 * bit)
            {
                for (int i = first; i < first + bit; i++)
                {
                    values[i] += sign * values[i - bit];
                }
            }
        }
    }

    /// <summary>Where a product of the table in numeric order is kept, and with which sign. By magnitude, -128 takes the place of -0.
    /// </summary>
    private static (int Place, int Sign) Place(int i, bool byMagnitude)
    {
        int x = (i >> 8) - 128, w = (i & 255) - 128;
        return byMagnitude ? ((Code(x) << 8) | Code(w), (x < 0) != (w < 0) ? -1 : 1) : (i, 1);

        static int Code(int operand) => operand >= 0 ? operand : 128 | (-operand & 127);
    }
}
