using System.Buffers.Binary;
using System.Text;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class NpyTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("npy");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Signedness.Unsigned)]
    [InlineData(Signedness.Signed)]
    public void RoundTrips(Signedness signedness)
    {
        Multiplier multiplier = MultiplierFamilies.BrokenArray(signedness, 2, 5); // not commutative
        string path = _folder["table.npy"];
        NpyTable.Write(path, multiplier.Products.Span);
        NpyTable.Write(path, multiplier.Products.Span); // replaces
        Assert.Equal(multiplier.Products.ToArray(), NpyTable.Read(path));
        Assert.Equal(multiplier.Products.ToArray(), NpyTable.Read(path, signedness));
        Assert.Equal(path, Assert.Single(Directory.GetFiles(_folder.Path))); // no temporary file stays
    }

    [Fact]
    public void WritesWhatNumPyWrites()
    {
        string path = _folder["table.npy"];
        NpyTable.Write(path, MultiplierFamilies.Exact(Signedness.Unsigned).Multiplier.Products.Span);
        byte[] bytes = File.ReadAllBytes(path);
        string header = "{'descr': '<i4', 'fortran_order': False, 'shape': (256, 256), }" + new string(' ', 54) + "\n";
        Assert.Equal(128 + 262144, bytes.Length);
        Assert.Equal("934E554D50590100" + "7600", Convert.ToHexString(bytes, 0, 10));
        Assert.Equal(header, Encoding.ASCII.GetString(bytes, 10, 118));
        Assert.Equal(65025, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(bytes.Length - 4)));
    }

    [Fact]
    public void FailedWriteLeavesNothing()
    {
        string path = _folder["taken"];
        Directory.CreateDirectory(path);
        Assert.ThrowsAny<SystemException>(() => NpyTable.Write(path, new int[65536]));
        Assert.Empty(Directory.GetFiles(_folder.Path));
        Assert.Throws<ArgumentException>(() => NpyTable.Write(path, new int[65535]));
    }

    [Theory]
    [InlineData("|i1")]
    [InlineData("|u1")]
    [InlineData("<i1")]
    [InlineData("<i2")]
    [InlineData(">i2")]
    [InlineData("<u2")]
    [InlineData(">u2")]
    [InlineData("<i4")]
    [InlineData(">i4")]
    [InlineData("<u4")]
    [InlineData(">u4")]
    [InlineData("<i8")]
    [InlineData(">i8")]
    [InlineData("<u8")]
    [InlineData(">u8")]
    public void ReadsEveryIntegerTypeVersionAndOrder(string descr)
    {
        int least = descr[1] == 'i' ? -100 : 0;
        int[] table = [.. Enumerable.Range(0, 65536).Select(i => least + (((i * 31) + (i >> 8)) % (descr[2] == '1' ? 200 : 30000)))];
        string path = _folder["table.npy"];
        for (int version = 1; version <= 3; version++)
        {
            foreach (bool fortran in new[] { false, true })
            {
                File.WriteAllBytes(path, [.. Header(Dictionary(descr, fortran), version), .. Data(table, descr, fortran)]);
                Assert.Equal(table, NpyTable.Read(path));
            }
        }
    }

    [Fact]
    public void ReadsKeysInAnyOrder()
    {
        string path = _folder["table.npy"];
        File.WriteAllBytes(path, [.. Header("{\"shape\":(256,256),'fortran_order':False,  'descr' : '<i4'}\n"), .. new byte[262144]]);
        Assert.Equal(new int[65536], NpyTable.Read(path));
    }

    [Theory]
    [InlineData("", "at byte 0 found the end of the file")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (256, 256)}", "type '<f4'")]
    [InlineData("{'descr': '|b1', 'fortran_order': False, 'shape': (256, 256)}", "type '|b1'")]
    [InlineData("{'descr': '|i4', 'fortran_order': False, 'shape': (256, 256)}", "type '|i4'")]
    [InlineData("{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (256, 256)}", "at byte 20 found '['")]
    [InlineData("{'descr': '<i4', 'fortran_order': False, 'shape': (256, 255)}", "shape (256, 255)")]
    [InlineData("{'descr': '<i4', 'fortran_order': False, 'shape': (65536,)}", "shape (65536)")]
    [InlineData("{'descr': '<i4', 'fortran_order': False, 'shape': (256, -256)}", "at byte 66 found '-'")]
    [InlineData("{'descr': '<i4', 'fortran_order': Maybe, 'shape': (256, 256)}", "Maybe")]
    [InlineData("{'descr': '<i4', 'fortran_order': False}", "the end of the header")]
    [InlineData("{'descr': '<i4', 'descr': '<i4'}", "the key 'descr'")]
    [InlineData("{'extra': '<i4'}", "the key 'extra'")]
    [InlineData("{'descr': '<i4', 'fortran_order': False, 'shape': (256, 256)} x", "text after the dictionary")]
    [InlineData("{'descr': '<i4', 'fortran_order': False, 'shape': (256, 256)", "the end of the header")]
    [InlineData("{'descr': '<i4", "the end of the header")]
    [InlineData("[]", "at byte 10 found '['")]
    public void MalformedHeaderIsRefused(string dictionary, string found)
    {
        string path = _folder["bad.npy"];
        File.WriteAllBytes(path, dictionary.Length == 0 ? [] : [.. Header(dictionary), .. new byte[262144]]);
        AssertRefused(path, found);
    }

    [Theory]
    [InlineData(0, 0x92, "at byte 0 found bytes 924E554D5059")]
    [InlineData(6, 4, "at byte 6 found format 4.0")]
    [InlineData(7, 1, "at byte 6 found format 1.1")]
    [InlineData(9, 0xFF, "at byte 8 found a header of 65344 bytes")]
    public void WrongLeadingBytesAreRefused(int at, byte value, string found)
    {
        byte[] bytes = [.. Header(Dictionary("<i4", false)), .. new byte[262144]];
        bytes[at] = value;
        string path = _folder["bad.npy"];
        File.WriteAllBytes(path, bytes);
        AssertRefused(path, found);
    }

    [Fact]
    public void WrongLengthIsRefused()
    {
        byte[] bytes = [.. Header(Dictionary("<i4", false)), .. new byte[262144]];
        string path = _folder["bad.npy"];
        foreach (int length in new[] { 1, 7, 9, 10, 100, bytes.Length - 262144, bytes.Length - 1 })
        {
            File.WriteAllBytes(path, bytes[..length]);
            AssertRefused(path, $"at byte {length} found the end of the file");
        }

        File.WriteAllBytes(path, [.. bytes, 0]);
        AssertRefused(path, $"at byte {bytes.Length} found bytes after the data");
    }

    [Theory]
    [InlineData("<i8", 2147483648L)]
    [InlineData(">i8", -2147483649L)]
    [InlineData("<u4", 4294967295L)]
    public void ValueBeyondInt32IsRefused(string descr, long value)
    {
        byte[] header = Header(Dictionary(descr, true)), data = Data(new int[65536], descr, true);
        int size = descr[2] - '0', offset = 5 * size;
        for (int i = 0; i < size; i++)
        {
            data[offset + (descr[0] == '>' ? size - 1 - i : i)] = (byte)(value >> (8 * i));
        }

        string path = _folder["bad.npy"];
        File.WriteAllBytes(path, [.. header, .. data]);
        AssertRefused(path, $"at byte {header.Length + offset} found the value {value}");
    }

    [Fact]
    public void SignednessIsChecked()
    {
        string path = _folder["bad.npy"];
        NpyTable.Write(path, MultiplierFamilies.Truncated(Signedness.Signed, 4).Multiplier.Products.Span);
        AssertRefused(() => NpyTable.Read(path, Signedness.Unsigned), path, "16-bit Unsigned product");

        int[] halved = [.. MultiplierFamilies.Exact(Signedness.Unsigned).Multiplier.Products.ToArray().Select(p => p / 2)];
        NpyTable.Write(path, halved);
        Assert.Equal(halved, NpyTable.Read(path, Signedness.Unsigned));
        AssertRefused(
            () => NpyTable.Read(path, Signedness.Signed),
            path,
            "unsigned 0..255 (correlation 1.000 with the exact product), expected signed -128..127 (correlation 0.370)");

        Multiplier exact = MultiplierFamilies.Exact(Signedness.Signed);
        NpyTable.Write(path, [.. Enumerable.Range(0, 65536).Select(i => exact[(sbyte)(i >> 8), (sbyte)(i & 255)])]);
        AssertRefused(() => NpyTable.Read(path, Signedness.Signed), path, "by bit pattern");

        NpyTable.Write(path, new int[65536]); // constant: no reading is better than another
        Assert.Equal(new int[65536], NpyTable.Read(path, Signedness.Signed));
    }

    private static void AssertRefused(string path, string found) => AssertRefused(() => NpyTable.Read(path), path, found);

    private static void AssertRefused(Func<int[]> read, string path, string found)
    {
        string message = Assert.Throws<InvalidDataException>(read).Message;
        Assert.True(message.StartsWith(path + ":", StringComparison.Ordinal) && message.Contains(found, StringComparison.Ordinal)
            && message.Contains(", expected ", StringComparison.Ordinal), message);
    }

    private static string Dictionary(string descr, bool fortran) =>
        $"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': (256, 256), }}\n";

    private static byte[] Header(string dictionary, int version = 1)
    {
        byte[] text = Encoding.ASCII.GetBytes(dictionary);
        byte[] length = [.. BitConverter.GetBytes(text.Length).Take(version == 1 ? 2 : 4)];
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. text];
    }

    private static byte[] Data(int[] table, string descr, bool fortran)
    {
        int size = descr[2] - '0';
        var bytes = new byte[table.Length * size];
        for (int i = 0; i < table.Length; i++)
        {
            int at = size * (fortran ? ((i & 255) << 8) | (i >> 8) : i);
            for (int k = 0; k < size; k++)
            {
                bytes[at + (descr[0] == '>' ? size - 1 - k : k)] = (byte)((long)table[i] >> (8 * k));
            }
        }

        return bytes;
    }
}
