using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ApproxNets.Data;
using Xunit;

namespace ApproxNets.Tests.Data;

public sealed class DatasetFetcherTests : IDisposable
{
    private static readonly byte[] Payload = RandomNumberGenerator.GetBytes(200_000);

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = ResumableDownload.Client();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    private string Part => _folder["tiny.tar.gz.part"];

    private static byte[] Archive(params TarEntry[] entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(zip, TarEntryFormat.Ustar))
        {
            foreach (TarEntry entry in entries)
            {
                tar.WriteEntry(entry);
            }
        }

        return stream.ToArray();
    }

    private static UstarTarEntry FileEntry(string name, byte[] content)
        => new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) };

    private static byte[] GoodArchive() => Archive(
        new UstarTarEntry(TarEntryType.Directory, "tiny/"),
        FileEntry("tiny/data.bin", Payload),
        FileEntry("tiny/deep/names.txt", "one\ntwo\n"u8.ToArray()));

    private static ArchiveSource Source(LoopbackArchiveServer server, byte[]? expected = null, long greatestSize = 1_000_000) => new(
        "tiny",
        server.Address,
        server.Content.Length,
        Convert.ToHexStringLower(SHA256.HashData(expected ?? server.Content)),
        "tiny",
        greatestSize,
        folder => File.Exists(Path.Combine(folder, "data.bin")) ? null : "data.bin is missing");

    private Task<string> Fetch(ArchiveSource source, IProgress<FetchProgress>? progress = null)
        => DatasetFetcher.FetchAsync(source, _folder.Path, _client, progress, TestContext.Current.CancellationToken);

    private void AssertWhole(string folder)
    {
        Assert.Equal(_folder["tiny"], folder);
        Assert.Equal(Payload, File.ReadAllBytes(Path.Combine(folder, "data.bin")));
        Assert.Equal("one\ntwo\n", File.ReadAllText(Path.Combine(folder, "deep", "names.txt")));
        Assert.Equal([folder], Directory.GetFileSystemEntries(_folder.Path)); // neither the archive nor a temporary folder stays
    }

    [Fact]
    public async Task FetchesChecksAndUnpacks()
    {
        using var server = new LoopbackArchiveServer(GoodArchive());
        var progress = new Recorder();
        AssertWhole(await Fetch(Source(server), progress));
        Assert.Equal([""], server.Ranges);
        Assert.Equal((server.Content.Length, server.Content.Length), (progress.Reports[^1].Bytes, progress.Reports[^1].Total));
        Assert.True(progress.Reports[^1].BytesPerSecond > 0);

        // A complete copy is left alone.
        Assert.Equal(_folder["tiny"], await Fetch(Source(server)));
        Assert.Single(server.Ranges);
    }

    [Fact]
    public async Task GoesOnFromAPartialFile()
    {
        using var server = new LoopbackArchiveServer(GoodArchive());
        File.WriteAllBytes(Part, server.Content[..70_000]);
        var progress = new Recorder();
        AssertWhole(await Fetch(Source(server), progress));
        Assert.Equal(["bytes=70000-"], server.Ranges);
        Assert.All(progress.Reports, r => Assert.InRange(r.Bytes, 70_000, server.Content.Length));
    }

    [Fact]
    public async Task StartsAnewWhenTheServerIgnoresTheRange()
    {
        using var server = new LoopbackArchiveServer(GoodArchive()) { IgnoresRange = true };
        File.WriteAllBytes(Part, new byte[300_000]); // longer than the archive, and nothing of it
        AssertWhole(await Fetch(Source(server)));
    }

    [Fact]
    public async Task TakesAWholePartialFileAsItIs()
    {
        using var server = new LoopbackArchiveServer(GoodArchive());
        File.WriteAllBytes(Part, server.Content);
        AssertWhole(await Fetch(Source(server)));
        Assert.Single(server.Ranges);
    }

    [Fact]
    public async Task StartsAnewWhenThePartialFileIsTooLong()
    {
        using var server = new LoopbackArchiveServer(GoodArchive());
        File.WriteAllBytes(Part, new byte[server.Content.Length + 1]);
        AssertWhole(await Fetch(Source(server)));
        Assert.Equal(2, server.Ranges.Count);
    }

    [Fact]
    public async Task WrongChecksumShowsBothAndRemovesTheFile()
    {
        byte[] good = GoodArchive(), bad = [.. good];
        bad[1000] ^= 1;
        using var server = new LoopbackArchiveServer(bad);
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server, expected: good)));
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(bad)), error.Message);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(good)), error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task BrokenConnectionKeepsWhatCameAndResumes()
    {
        using var server = new LoopbackArchiveServer(GoodArchive()) { BreakAfter = 50_000 };
        var error = await Assert.ThrowsAnyAsync<IOException>(() => Fetch(Source(server)));
        Assert.Contains($"found 50000 bytes, expected {server.Content.Length}", error.Message);
        Assert.Equal(server.Content[..50_000], File.ReadAllBytes(Part));
        server.BreakAfter = null;
        AssertWhole(await Fetch(Source(server)));
        Assert.Equal(["", "bytes=50000-"], server.Ranges);
    }

    [Fact]
    public async Task CancellationKeepsWhatCame()
    {
        using var server = new LoopbackArchiveServer(GoodArchive()) { StallAfter = 60_000 };
        using var cancellation = new CancellationTokenSource();
        Task<string> fetch = DatasetFetcher.FetchAsync(Source(server), _folder.Path, _client, null, cancellation.Token);
        for (int i = 0; i < 500 && !(File.Exists(Part) && new FileInfo(Part).Length >= 60_000); i++)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetch);
        Assert.Equal(server.Content[..60_000], File.ReadAllBytes(Part));
        server.StallAfter = null;
        AssertWhole(await Fetch(Source(server)));
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(0)]
    public async Task SilentServerIsGivenUp(int after)
    {
        using var server = new LoopbackArchiveServer(GoodArchive()) { StallAfter = after };
        var error = await Assert.ThrowsAnyAsync<IOException>(() => ResumableDownload.DownloadAsync(
            _client, server.Address, Part, 1_000_000, TimeSpan.FromSeconds(0.5), null, TestContext.Current.CancellationToken));
        Assert.Contains("sent nothing for 0.5 s", error.Message);
        Assert.Equal(after, new FileInfo(Part).Length);
    }

    [Fact]
    public async Task RefusalNamesAddressAndStatus()
    {
        using var server = new LoopbackArchiveServer(GoodArchive()) { Refusal = 404 };
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => Fetch(Source(server)));
        Assert.Contains("404", error.Message);
        Assert.Contains(server.Address.ToString(), error.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MoreThanThePublishedSizeIsNotWritten(bool untold)
    {
        using var server = new LoopbackArchiveServer(GoodArchive()) { HidesLength = untold };
        var source = Source(server) with { Bytes = server.Content.Length - 1 };
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(source));
        Assert.Contains($"expected at most {source.Bytes}", error.Message);
        Assert.Equal(0, new FileInfo(Part).Length);
    }

    [Theory]
    [InlineData("file:///etc/hostname")]
    [InlineData("ftp://127.0.0.1/tiny.tar.gz")]
    [InlineData("")]
    public async Task RedirectsToOtherSchemesAreOneError(string location)
    {
        using var server = new LoopbackArchiveServer(GoodArchive()) { Redirection = location };
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => Fetch(Source(server)));
        Assert.Contains(server.Address.ToString(), error.Message);
        Assert.Equal(0, new FileInfo(Part).Length);
    }

    [Fact]
    public async Task RedirectsAreFollowedAndEndlessOnesAreOneError()
    {
        using var server = new LoopbackArchiveServer(GoodArchive());
        using var other = new LoopbackArchiveServer([]) { Redirection = server.Address.ToString() };
        AssertWhole(await Fetch(Source(server) with { Address = other.Address }));
        Directory.Delete(_folder["tiny"], recursive: true);
        other.Redirection = "tiny.tar.gz";
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => Fetch(Source(server) with { Address = other.Address }));
        Assert.Contains("302", error.Message);
    }

    [Theory]
    [InlineData(null, "https://example.org/a/b.gz")]
    [InlineData(" ", "https://example.org/a/b.gz")]
    [InlineData("http://mirror.example/data", "http://mirror.example/data/b.gz")]
    [InlineData("https://mirror.example/", "https://mirror.example/b.gz")]
    public void AMirrorHoldsTheFilesByName(string? mirror, string expected) =>
        Assert.Equal(new Uri(expected), DatasetFetcher.FromMirror(new Uri("https://example.org/a/b.gz"), mirror));

    [Theory]
    [InlineData("mirror")]
    [InlineData("file:///data")]
    public void AMirrorThatIsNoAddressIsAnError(string mirror) =>
        Assert.Contains($"'{mirror}'", Assert.Throws<InvalidDataException>(() => DatasetFetcher.FromMirror(new Uri("https://example.org/b"), mirror)).Message);

    public static TheoryData<string> Outside => ["../evil.txt", "/evil.txt", "tiny/../../evil.txt", "tiny\\..\\..\\evil.txt", "c:evil.txt"];

    [Theory]
    [MemberData(nameof(Outside))]
    public async Task PathsOutsideTheTargetAreRefused(string name)
    {
        using var server = new LoopbackArchiveServer(Archive(FileEntry("tiny/data.bin", Payload), FileEntry(name, [1])));
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server)));
        Assert.Contains($"'{name}'", error.Message);
        Assert.Equal([Part], Directory.GetFileSystemEntries(_folder.Path));
        Assert.False(File.Exists(Path.Combine(Path.GetDirectoryName(_folder.Path)!, "evil.txt")));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    public async Task LinksAreRefused(TarEntryType type)
    {
        using var server = new LoopbackArchiveServer(Archive(new UstarTarEntry(type, "tiny/link") { LinkName = "../../etc" }));
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server)));
        Assert.Contains(type.ToString(), error.Message);
        Assert.False(Directory.Exists(_folder["tiny"]));
    }

    [Fact]
    public async Task NamesThatComeTwiceAreRefused()
    {
        TarEntry[][] archives =
        [
            [FileEntry("tiny/data.bin", Payload), FileEntry("tiny/data.bin", Payload)],
            [FileEntry("tiny/data.bin", Payload), new UstarTarEntry(TarEntryType.Directory, "tiny/data.bin")],
            [FileEntry("tiny/deep/data.bin", Payload), FileEntry("tiny/deep", Payload)],
            [FileEntry("tiny/", Payload)],
        ];
        foreach (TarEntry[] entries in archives)
        {
            using var server = new LoopbackArchiveServer(Archive(entries));
            Assert.Contains("in the place of a f", (await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server)))).Message);
            File.Delete(Part);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task AnEntryOfTheGreatestLengthIsRefused()
    {
        // The second of two headers says 2^63 - 1 bytes, in tar's form for large numbers, with a checksum that is right.
        using var plain = new MemoryStream();
        using (var unzipped = new GZipStream(new MemoryStream(Archive(FileEntry("tiny/a", [1]), FileEntry("tiny/b", [1]))), CompressionMode.Decompress))
        {
            unzipped.CopyTo(plain);
        }

        byte[] tar = plain.ToArray();
        Span<byte> header = tar.AsSpan(1024, 512);
        ((ReadOnlySpan<byte>)[0x80, 0, 0, 0, 0x7F, 255, 255, 255, 255, 255, 255, 255]).CopyTo(header[124..]);
        header[148..156].Fill((byte)' ');
        int sum = 0;
        foreach (byte value in header)
        {
            sum += value;
        }

        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ", header[148..]);
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            zip.Write(tar);
        }

        using var server = new LoopbackArchiveServer(packed.ToArray());
        Assert.Contains(
            $"{long.MaxValue} of 'tiny/b'", (await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server)))).Message);
    }

    [Fact]
    public async Task OversizedArchivesAreRefused()
    {
        using var server = new LoopbackArchiveServer(GoodArchive());
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server, greatestSize: 199_999)));
        Assert.Contains("at most 199999 bytes", error.Message);
        Assert.False(Directory.Exists(_folder["tiny"]));
    }

    [Fact]
    public async Task DamagedOrIncompleteArchivesAreRefused()
    {
        byte[] good = GoodArchive();
        using var server = new LoopbackArchiveServer(good[..(good.Length / 2)]);
        Assert.Contains("expected 200000", (await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server)))).Message);
        File.Delete(Part);
        server.Content = Encoding.ASCII.GetBytes("<html>not an archive</html>");
        Assert.Contains("damaged", (await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server)))).Message);
        File.Delete(Part);
        server.Content = Archive(FileEntry("tiny/other.bin", [1]));
        Assert.Contains("data.bin is missing", (await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server)))).Message);
        File.Delete(Part);
        server.Content = Archive(FileEntry("elsewhere/data.bin", [1]));
        Assert.Contains("no folder tiny", (await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server)))).Message);
        Assert.Equal([Part], Directory.GetFileSystemEntries(_folder.Path));
    }

    private static byte[] Zip(params (string Name, byte[] Content, int Attributes)[] entries)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, content, attributes) in entries)
            {
                ZipArchiveEntry entry = zip.CreateEntry(name);
                entry.ExternalAttributes = attributes;
                using Stream target = entry.Open();
                target.Write(content);
            }
        }

        return stream.ToArray();
    }

    [Fact]
    public async Task ZipArchivesAreUnpacked()
    {
        using var server = new LoopbackArchiveServer(Zip(("tiny/", [], 0), ("tiny/data.bin", Payload, 0), ("tiny/deep/names.txt", "one\ntwo\n"u8.ToArray(), 0)));
        AssertWhole(await Fetch(Source(server)));
    }

    [Fact]
    public async Task ZipArchivesThatHoldWhatTheyMustNotAreRefused()
    {
        const int Link = 0xA1FF << 16;
        byte[] good = Zip(("tiny/data.bin", Payload, 0));
        (byte[] Archive, long Size, string Found)[] cases =
        [
            (Zip(("tiny/../../evil.txt", [1], 0)), 1_000_000, "'tiny/../../evil.txt'"),
            (Zip(("tiny/link", "../../etc"u8.ToArray(), Link)), 1_000_000, "SymbolicLink"),
            (Zip(("tiny/data.bin", [1], 0), ("tiny/data.bin", [2], 0)), 1_000_000, "in the place of"),
            (good, 199_999, "200000 of 'tiny/data.bin'"),
            (good[..^10], 1_000_000, "damaged"),
        ];
        foreach (var (archive, size, found) in cases)
        {
            using var server = new LoopbackArchiveServer(archive);
            Assert.Contains(found, (await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(Source(server, greatestSize: size)))).Message);
            Assert.False(Directory.Exists(_folder["tiny"]));
            File.Delete(Part);
        }
    }

    [Fact]
    public async Task IncompleteCopyIsNotOverwritten()
    {
        using var server = new LoopbackArchiveServer(GoodArchive());
        Directory.CreateDirectory(_folder["tiny"]);
        var error = await Assert.ThrowsAsync<IOException>(() => Fetch(Source(server)));
        Assert.Contains("data.bin is missing", error.Message);
        Assert.Empty(server.Ranges);
    }

    [Fact]
    public async Task NamesWithoutAnArchiveAreRefused()
    {
        Task<string> FetchNamed(string name) => DatasetFetcher.FetchAsync(name, cancellation: TestContext.Current.CancellationToken);
        Assert.Contains("made in code", (await Assert.ThrowsAsync<ArgumentException>(() => FetchNamed("shapes"))).Message);
        Assert.Contains("'mnist'", (await Assert.ThrowsAsync<ArgumentException>(() => FetchNamed("mnist"))).Message);
    }

    private FileSetSource FileSet(LoopbackArchiveServer server, params string[] names)
    {
        foreach (string name in names)
        {
            server.Files.TryAdd(name, RandomNumberGenerator.GetBytes(50_000));
        }

        return new FileSetSource(
            "tiny",
            new Uri(server.Address, "."),
            [.. names.Select(n => (n, server.Files[n].LongLength, Convert.ToHexStringLower(SHA256.HashData(server.Files[n]))))],
            "tiny",
            folder => names.FirstOrDefault(n => !File.Exists(Path.Combine(folder, n))),
            "");
    }

    private Task<string> Fetch(FileSetSource source, IProgress<FetchProgress>? progress = null)
        => DatasetFetcher.FetchAsync(source, _folder.Path, _client, progress, TestContext.Current.CancellationToken);

    [Fact]
    public async Task FetchesAndChecksAllFilesOfASet()
    {
        using var server = new LoopbackArchiveServer([]);
        FileSetSource source = FileSet(server, "a.gz", "b.gz", "c.gz");
        var progress = new Recorder();
        Assert.Equal(_folder["tiny"], await Fetch(source, progress));
        Assert.All(server.Files, f => Assert.Equal(f.Value, File.ReadAllBytes(_folder["tiny", f.Key])));
        Assert.Equal([_folder["tiny"]], Directory.GetFileSystemEntries(_folder.Path));
        Assert.Equal(["", "", ""], server.Ranges);
        Assert.All(progress.Reports, r => Assert.Equal(150_000, r.Total));
        Assert.Equal(150_000, progress.Reports[^1].Bytes);
        Assert.Equal(progress.Reports.Select(r => r.Bytes).Order(), progress.Reports.Select(r => r.Bytes));
        await Fetch(source);
        Assert.Equal(3, server.Ranges.Count); // a complete copy is left alone
    }

    [Fact]
    public async Task GoesOnWithTheFileThatBrokeOff()
    {
        using var server = new LoopbackArchiveServer([]);
        FileSetSource source = FileSet(server, "a.gz", "b.gz");
        Directory.CreateDirectory(_folder["tiny.part"]);
        File.WriteAllBytes(_folder["tiny.part", "a.gz"], server.Files["a.gz"]);
        server.BreakAfter = 20_000;
        await Assert.ThrowsAnyAsync<IOException>(() => Fetch(source));
        Assert.False(Directory.Exists(_folder["tiny"]));
        server.BreakAfter = null;
        await Fetch(source);
        Assert.Equal(["", "bytes=20000-"], server.Ranges); // b.gz alone: a.gz was whole
        Assert.Equal(server.Files["b.gz"], File.ReadAllBytes(_folder["tiny", "b.gz"]));
    }

    [Fact]
    public async Task WrongChecksumOfAFileRemovesThatFileOnly()
    {
        using var server = new LoopbackArchiveServer([]);
        FileSetSource source = FileSet(server, "a.gz", "b.gz");
        byte[] good = server.Files["b.gz"];
        server.Files["b.gz"] = [.. good[..^1], (byte)~good[^1]];
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => Fetch(source));
        Assert.Contains("b.gz", error.Message);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(good)), error.Message);
        Assert.Equal([_folder["tiny.part", "a.gz"]], Directory.GetFileSystemEntries(_folder["tiny.part"]));
        Assert.False(Directory.Exists(_folder["tiny"]));
    }

    [Fact]
    public void FashionMnistHasAPackageAndFourFilesThatMakeItWhole()
    {
        string text = DatasetFetcher.ByHand("fashion-mnist");
        Assert.Contains("apt-get install dataset-fashion-mnist", text);
        Assert.Contains("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", text);
        Assert.Equal(FashionMnist.Files.Select(f => f + ".gz"), FileSetSource.FashionMnist.Files.Select(f => f.Name));
        Assert.Equal(
            new Uri("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/t10k-labels-idx1-ubyte.gz"),
            new Uri(FileSetSource.FashionMnist.Address, FileSetSource.FashionMnist.Files[3].Name));
    }

    private sealed class Recorder : IProgress<FetchProgress>
    {
        public List<FetchProgress> Reports { get; } = [];

        public void Report(FetchProgress value) => Reports.Add(value);
    }
}
