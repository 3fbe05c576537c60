using System.Buffers.Binary;
using System.Globalization;

namespace ApproxNets.Circuits.Import;

/// <summary>
/// Reads 65,536 products in whatever order from <c>.npy</c>, CSV or raw 16-bit binary files; the row is the first operand, the activation.
/// </summary>
internal static class TableFile
{
    private const int MaxBytes = 4 << 20;
    private const int Entries = Multiplier.Codes * Multiplier.Codes;

    /// <summary>Whether a file's extension says that it is a table.</summary>
    internal static bool IsTable(string path) => Extension(path) is ".npy" or ".csv" or ".bin" or ".raw";

    /// <summary>Reads a table and puts it into numeric order.</summary>
    /// <exception cref="InvalidDataException">The file is malformed or contradicts what is declared.</exception>
    internal static (Signedness Signedness, int[] Products) Read(string path, Signedness? declared) => TableReading.Read(
        path,
        Extension(path) switch
        {
            ".npy" => NpyTable.Read(path),
            ".csv" => Csv(path),
            _ => Binary(path),
        },
        declared);

    private static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();

    /// <summary>Little-endian 16-bit products, as TFApprox reads them: 128 KB.</summary>
    private static int[] Binary(string path)
    {
        long length = new FileInfo(path).Length;
        if (length != 2 * Entries)
        {
            throw new InvalidDataException($"{path}: found {length} bytes, expected 65536 products of 16 bits, {2 * Entries} bytes.");
        }

        byte[] bytes = File.ReadAllBytes(path);
        var values = new int[Entries];
        for (int i = 0; i < Entries; i++)
        {
            values[i] = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(2 * i));
        }

        return values;
    }

    /// <summary>256 lines of 256 products, or 65,536 lines of a product or of a, b and the product; one header line is allowed.</summary>
    private static int[] Csv(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaxBytes)
        {
            throw new InvalidDataException($"{path}: found a file of {length} bytes, expected at most {MaxBytes}.");
        }

        var values = new int[Entries];
        var operands = new HashSet<int>();
        int line = 0, rows = 0, columns = 0;
        bool natural = true;
        var triples = new List<(int A, int B, int Product, int Line)>();
        foreach (string text in File.ReadLines(path))
        {
            line++;
            string[] fields = text.Split([',', ';', '\t'], StringSplitOptions.TrimEntries);
            if (text.Length == 0 || (rows == 0 && columns == 0 && line == 1 && !Integer(fields[0], out _)))
            {
                continue;
            }

            columns = columns == 0 ? fields.Length : columns;
            if (fields.Length != columns || columns is not (1 or 3 or 256))
            {
                throw SourceText.Error(path, line, $"{fields.Length} fields", columns is 1 or 3 or 256
                    ? $"{columns} as before" : "256 products a line, or one, or a, b and their product");
            }

            if (rows == (columns == 256 ? 256 : Entries))
            {
                throw SourceText.Error(path, line, "more lines", $"{rows}");
            }

            var numbers = new int[columns];
            for (int i = 0; i < columns; i++)
            {
                if (!Integer(fields[i], out numbers[i]))
                {
                    throw SourceText.Error(path, line, $"'{SourceText.Shortened(fields[i])}'", "an integer");
                }
            }

            if (columns == 3)
            {
                triples.Add((numbers[0], numbers[1], numbers[2], line));
                natural &= numbers[0] >= 0 && numbers[1] >= 0;
            }
            else
            {
                numbers.CopyTo(values, rows * columns);
            }

            rows++;
        }

        if (rows != (columns == 256 ? 256 : Entries))
        {
            throw SourceText.Error(path, line, $"{rows} lines of {columns} numbers", "256 of 256, 65536 of 1 or 65536 of 3");
        }

        int least = natural ? 0 : -128;
        foreach ((int a, int b, int product, int at) in triples)
        {
            (int row, int column) = (a - least, b - least);
            if (row is < 0 or > 255 || column is < 0 or > 255 || !operands.Add((row << 8) | column))
            {
                throw SourceText.Error(path, at, $"the operands {a} and {b}", $"every pair within {least}..{least + 255} once");
            }

            values[(row << 8) | column] = product;
        }

        return values;
    }

    private static bool Integer(string text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
}
