using System.Buffers.Binary;
using System.Globalization;
using ApproxNets.Circuits.Import;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits.Import;

public sealed class TableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("tables");

    public void Dispose() => _folder.Dispose();

    private static int[] Table(Signedness signedness) => MultiplierFamilies.Truncated(signedness, 5).Multiplier.Products.ToArray();

    /// <summary>From numeric order to that of the bit patterns 0..127, -128..-1.</summary>
    private static int[] ByPattern(int[] products) => [.. Enumerable.Range(0, 65536).Select(i => products[i ^ 0x8080])];

    private string Write(string name, Func<int, string> line, int lines)
    {
        string path = _folder[name];
        File.WriteAllLines(path, Enumerable.Range(0, lines).Select(line));
        return path;
    }

    private string Binary(int[] products)
    {
        var bytes = new byte[2 * products.Length];
        for (int i = 0; i < products.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), (ushort)products[i]);
        }

        string path = _folder["t.bin"];
        File.WriteAllBytes(path, bytes);
        return path;
    }

    [Theory]
    [InlineData(Signedness.Unsigned, false)]
    [InlineData(Signedness.Signed, false)]
    [InlineData(Signedness.Signed, true)]
    public void Signedness_and_order_of_any_file_are_found(Signedness signedness, bool byPattern)
    {
        int[] expected = Table(signedness), products = byPattern ? ByPattern(expected) : expected;
        string npy = _folder["t.npy"];
        NpyTable.Write(npy, products);
        string matrix = Write("m.csv", row => string.Join(',', products.Skip(row * 256).Take(256)), 256);
        string list = Write("l.csv", i => products[i].ToString(CultureInfo.InvariantCulture), 65536);
        foreach (string path in new[] { npy, matrix, list, Binary(products) })
        {
            foreach (Signedness? declared in new Signedness?[] { null, signedness })
            {
                var (found, read) = TableFile.Read(path, declared);
                Assert.Equal(signedness, found);
                Assert.Equal(expected, read);
            }

            Signedness other = signedness == Signedness.Signed ? Signedness.Unsigned : Signedness.Signed;
            string message = Assert.Throws<InvalidDataException>(() => TableFile.Read(path, other)).Message;
            Assert.Contains("correlation 1.000", message, StringComparison.Ordinal);
            Assert.Contains($"expected {other.ToString().ToLowerInvariant()} ones", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Signedness.Unsigned, 0)]
    [InlineData(Signedness.Signed, -128)]
    public void Triples_say_their_operands(Signedness signedness, int least)
    {
        int[] expected = Table(signedness);
        int[] order = [.. Enumerable.Range(0, 65536)];
        new Random(1).Shuffle(order);
        string path = Write("t.csv", n => n == 0 ? "a,b,product" : Line(order[n - 1]), 65537);

        Assert.Equal((signedness, expected), TableFile.Read(path, null), Equal);

        string Line(int i) => $"{(i >> 8) + least}; {(i & 255) + least}; {expected[i]}";
        static bool Equal((Signedness, int[]) x, (Signedness, int[]) y) => x.Item1 == y.Item1 && x.Item2.AsSpan().SequenceEqual(y.Item2);
    }

    [Fact]
    public void First_operand_is_the_row()
    {
        int[] expected = [.. Enumerable.Range(0, 65536).Select(i => (i >> 8) * (i & 254))];

        Assert.Equal(expected, TableFile.Read(Binary(expected), null).Products);
    }

    [Theory]
    [InlineData("1,2\n", 1, "2 fields", "256 products a line, or one, or a, b and their product")]
    [InlineData("1\n2\n3,4\n", 3, "2 fields", "1 as before")]
    [InlineData("1\nx\n", 2, "'x'", "an integer")]
    [InlineData("1\n99999999999\n", 2, "'99999999999'", "an integer")]
    [InlineData("1\n2\n", 2, "2 lines of 1 numbers", "256 of 256, 65536 of 1 or 65536 of 3")]
    [InlineData("", 0, "0 lines of 0 numbers", "256 of 256, 65536 of 1 or 65536 of 3")]
    public void Malformed_csv_is_refused_with_its_line(string text, int line, string found, string expected)
    {
        string path = _folder["t.csv"];
        File.WriteAllText(path, text);

        Assert.Equal(
            $"{path}, line {line}: found {found}, expected {expected}.",
            Assert.Throws<InvalidDataException>(() => TableFile.Read(path, null)).Message);
    }

    [Fact]
    public void Repeated_operands_are_refused()
    {
        string path = Write("t.csv", i => i == 7 ? "0,6,0" : $"{i >> 8},{i & 255},0", 65536);

        Assert.Equal(
            $"{path}, line 8: found the operands 0 and 6, expected every pair within 0..255 once.",
            Assert.Throws<InvalidDataException>(() => TableFile.Read(path, null)).Message);
    }

    [Fact]
    public void Products_over_16_bits_are_refused()
    {
        string path = Write("t.csv", i => i == 259 ? "65536" : "0", 65536);

        Assert.Equal(
            $"{path}: found the product 65536 in row 1, column 3, expected one of 16 bits.",
            Assert.Throws<InvalidDataException>(() => TableFile.Read(path, null)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(131071)]
    [InlineData(131073)]
    public void Binary_of_another_length_is_refused(int length)
    {
        string path = _folder["t.raw"];
        File.WriteAllBytes(path, new byte[length]);

        Assert.Equal(
            $"{path}: found {length} bytes, expected 65536 products of 16 bits, 131072 bytes.",
            Assert.Throws<InvalidDataException>(() => TableFile.Read(path, null)).Message);
    }

    [Fact]
    public void Constant_table_needs_a_declaration()
    {
        string path = Binary(new int[65536]);

        Exception error = Assert.Throws<InvalidDataException>(() => TableFile.Read(path, null));
        Assert.Contains("expected a declaration", error.Message, StringComparison.Ordinal);
        Assert.Equal(Signedness.Signed, TableFile.Read(path, Signedness.Signed).Signedness);
        Assert.Equal(Signedness.Unsigned, TableFile.Read(path, Signedness.Unsigned).Signedness);
    }
}
