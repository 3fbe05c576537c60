using System.Text;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class LibraryFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("libraries");

    public void Dispose() => _folder.Dispose();

    private string FilePath => _folder["some.tables"];

    private static Multiplier Random(Signedness signedness, int seed)
    {
        var random = new Random(seed);
        int least = signedness == Signedness.Signed ? short.MinValue : 0;
        return Multiplier.FromFunction(
            $"random {signedness}", signedness, (_, _) => random.Next(least, least + 65536), 0.1 + (0.2 * seed), "drawn");
    }

    /// <summary>Tables of all 16 bits, and one of sign and magnitude, which is kept in the other form.</summary>
    [Fact]
    public void What_is_written_is_read_in_order()
    {
        Multiplier[] written =
        [
            Random(Signedness.Signed, 1), Random(Signedness.Unsigned, 2),
            new("figures", Signedness.Unsigned, new int[65536], 0, "a guess")
            {
                AreaSquareMicrometres = 1.5, DelayNanoseconds = 0.25, AreaDelaySource = "a tool",
            },
            Multiplier.FromFunction("extreme", Signedness.Signed, (x, w) => (x ^ w) < 0 ? short.MinValue : short.MaxValue, 1, "extreme"),
            MultiplierFamilies.Mitchell(Signedness.Signed, 7),
        ];
        File.WriteAllBytes(FilePath, LibraryFile.Bytes(written));

        IReadOnlyList<Multiplier> read = LibraryFile.Read(FilePath);
        Assert.Equal(written.Select(Figures), read.Select(Figures));
        Assert.All(written.Zip(read), pair => Assert.True(pair.First.Products.Span.SequenceEqual(pair.Second.Products.Span)));
        Assert.Equal(["random Unsigned", "figures"], LibraryFile.Read(FilePath, Signedness.Unsigned).Select(m => m.Name));

        static object Figures(Multiplier m) => (
            m.Name, m.Signedness, m.RelativePower, m.PowerSource, m.AreaSquareMicrometres, m.DelayNanoseconds, m.AreaDelaySource);
    }

    [Fact]
    public void A_table_of_a_family_takes_about_1_KB()
    {
        Assert.InRange(LibraryFile.Bytes([MultiplierFamilies.BrokenArray(Signedness.Signed, 2, 7)]).Length, 100, 1000);
        Assert.InRange(LibraryFile.Bytes([MultiplierFamilies.Drum(Signedness.Signed, 4)]).Length, 100, 3000);
    }

    [Fact]
    public void Damaged_and_truncated_files_are_refused()
    {
        byte[] good = LibraryFile.Bytes([MultiplierFamilies.Truncated(Signedness.Signed, 5)]);
        for (int at = 0; at < good.Length; at++)
        {
            byte[] bad = [.. good];
            bad[at] ^= 1;
            AssertRefused(bad);
            AssertRefused(good[..at]);
        }
    }

    [Theory]
    [InlineData("ApproxNets tables 2,", "found version 2 of the format, expected 1; another version of ApproxNets made it.")]
    [InlineData("ApproxNets circuits 1,", "found a file that begins otherwise, expected 'ApproxNets tables 1, sha256 ...'.")]
    public void Another_version_or_kind_is_refused(string start, string message)
    {
        string text = Encoding.Latin1.GetString(LibraryFile.Bytes([MultiplierFamilies.Exact(Signedness.Signed)]));

        Assert.EndsWith(
            message, AssertRefused(Encoding.Latin1.GetBytes(text.Replace("ApproxNets tables 1,", start, StringComparison.Ordinal))),
            StringComparison.Ordinal);
    }

    /// <summary>Content with its right checksum that is none all the same.</summary>
    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    [InlineData(new byte[] { 1, 1, 65, 7 })]
    [InlineData(new byte[] { 1, 1, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 65, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1, 2 })]
    public void Content_that_is_no_list_is_refused(byte[] content) =>
        Assert.Contains("found a damaged list of multipliers", AssertRefused(ChecksummedFile.Bytes("tables", 1, content)), StringComparison.Ordinal);

    [Fact]
    public void The_libraries_in_files_are_listed_with_their_sizes()
    {
        var statuses = MultiplierLibrary.List();

        Assert.Equal("families of the literature: 32 signed, 36 unsigned", statuses.Single(s => s.Name == "built-in").Description);
        Assert.Contains("198 signed, 221 unsigned", statuses.Single(s => s.Name == "shipped").Description, StringComparison.Ordinal);
        Assert.All(statuses.Where(s => s.Name is "built-in" or "shipped"), s => Assert.True(s.IsComplete));
        Assert.Throws<ArgumentOutOfRangeException>(() => MultiplierLibrary.Open("shipped", (Signedness)2));
        Assert.Contains(
            "found no 'none', expected 'built-in', 'shipped' or a folder",
            Assert.Throws<DirectoryNotFoundException>(() => MultiplierLibrary.Open("none", Signedness.Signed)).Message, StringComparison.Ordinal);
    }

    private string AssertRefused(byte[] bytes)
    {
        File.WriteAllBytes(FilePath, bytes);
        string message = Assert.Throws<InvalidDataException>(() => LibraryFile.Read(FilePath)).Message;
        Assert.StartsWith(FilePath, message, StringComparison.Ordinal);
        return message;
    }
}
