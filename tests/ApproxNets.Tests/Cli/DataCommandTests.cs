using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Running;
using ApproxNets.Data;
using ApproxNets.Foundation;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Data;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class DataCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _client = new();
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    private static byte[] Archive()
    {
        using var stream = new MemoryStream();
        using (var zip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(zip, TarEntryFormat.Ustar))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "tiny/data.bin")
            {
                DataStream = new MemoryStream(RandomNumberGenerator.GetBytes(400_000)),
            });
        }

        return stream.ToArray();
    }

    private Task<int> FetchAsync(LoopbackArchiveServer server, bool interactive = false, CancellationToken cancellation = default)
    {
        var source = new ArchiveSource(
            "tiny", server.Address, server.Content.Length, Convert.ToHexStringLower(SHA256.HashData(server.Content)), "tiny", 1_000_000,
            folder => File.Exists(Path.Combine(folder, "data.bin")) ? null : "data.bin is missing");
        return DataCommand.FetchAsync(
            "cifar10", (_, progress, token) => DatasetFetcher.FetchAsync(source, _folder.Path, _client, progress, token),
            new Terminal(_out, interactive), _error, cancellation);
    }

    [Fact]
    public async Task A_fetch_into_a_log_writes_plain_lines_and_where_the_set_is()
    {
        using var server = new LoopbackArchiveServer(Archive());

        Assert.Equal(0, await FetchAsync(server, cancellation: TestContext.Current.CancellationToken));

        string[] lines = _out.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal($"cifar10: complete, in {_folder["tiny"]}", lines[^1]);
        Assert.Matches(@"^cifar10: 0\.4 of 0\.4 MB \(100 %\), \d+\.\d MB/s, checking and unpacking$", lines[^2]);
        Assert.DoesNotContain("\r", _out.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task A_terminal_has_a_bar_with_size_and_rate()
    {
        await new Terminal(_out, interactive: true, width: 120).DownloadAsync("cifar10", async progress =>
        {
            progress.Report(new FetchProgress(50_000_000, null, 2_000_000));
            progress.Report(new FetchProgress(40_000_000, 170_000_000, 2_000_000));
            await Task.Delay(500, TestContext.Current.CancellationToken); // until it is drawn
            return 0;
        });

        Assert.Contains("cifar10: 40.0 of 170.0 MB (24 %), 2.0 MB/s, 01:05 left", _out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_has_a_line_for_each_tenth()
    {
        await new Terminal(_out, interactive: false).DownloadAsync("cifar10", progress =>
        {
            for (int i = 0; i <= 100; i++)
            {
                progress.Report(new FetchProgress(i * 1_700_000L, 170_000_000, 1_700_000));
            }

            return Task.FromResult(0);
        });

        string[] lines = _out.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(11, lines.Length);
        Assert.Equal("cifar10: 51.0 of 170.0 MB (30 %), 1.7 MB/s, 01:10 left", lines[3]);
    }

    [Fact]
    public async Task A_refusal_is_one_line_and_how_to_do_it_by_hand()
    {
        using var server = new LoopbackArchiveServer(Archive()) { Refusal = 503 };

        Assert.Equal(1, await FetchAsync(server, cancellation: TestContext.Current.CancellationToken));

        string[] lines = _error.ToString().TrimEnd().Split(Environment.NewLine);
        Assert.Equal(2, lines.Length);
        Assert.Contains("could not fetch cifar10", lines[0], StringComparison.Ordinal);
        Assert.Contains("503", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("By hand: download https://www.cs.toronto.edu/", lines[1], StringComparison.Ordinal);
        Assert.Contains(Cifar10.FolderName, lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure()
    {
        var server = new LoopbackArchiveServer(Archive());
        server.Dispose();

        Assert.Equal(1, await FetchAsync(server, cancellation: TestContext.Current.CancellationToken));
        Assert.StartsWith("approxnets: could not fetch cifar10", _error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_keeps_the_part_and_exits_with_130()
    {
        using var server = new LoopbackArchiveServer(Archive()) { StallAfter = 200_000 };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = FetchAsync(server, interactive: true, stop.Token);
        string part = _folder["tiny.tar.gz.part"];
        while (!File.Exists(part) || new FileInfo(part).Length == 0)
        {
            await Task.Delay(10, stop.Token);
        }

        await stop.CancelAsync();

        Assert.Equal(130, await running);
        Assert.True(new FileInfo(part).Length > 0);
        Assert.Contains("goes on from there", _out.ToString(), StringComparison.Ordinal);
        server.StallAfter = null;
        Assert.Equal(0, await FetchAsync(server, cancellation: TestContext.Current.CancellationToken));
        Assert.StartsWith("bytes=", server.Ranges[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mnist")]
    [InlineData("shapes")]
    public async Task A_name_that_cannot_be_fetched_is_wrong_use(string name)
        => Assert.Equal(2, await CommandLine.InvokeAsync(CommandLine.Root(), ["data", "fetch", name]));

    [Fact]
    public void The_list_names_folders_and_what_is_missing()
    {
        SyntheticCifar10.Write(_folder["a", Cifar10.FolderName]);
        var folders = DataFolders.Of(_folder["a"], _folder.Path);

        DataCommand.List(_out, Datasets.List(folders, SyntheticCifar10.Records), MultiplierLibrary.List(folders));

        string text = _out.ToString();
        Assert.Matches(@"shapes +complete ", text);
        Assert.Matches(@"cifar10 +complete ", text);
        Assert.Contains($"in {_folder["a", Cifar10.FolderName]}", text, StringComparison.Ordinal);
        Assert.Matches(@"built-in +complete ", text);
        Assert.Matches(@"evoapprox8 +incomplete ", text);
        Assert.Contains($"expected in {_folder["a", "evoapprox8"]}", text, StringComparison.Ordinal);
        Assert.Contains("no folder evoapprox8", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_tables_is_listed_and_read()
    {
        string library = _folder["a", "own"];
        Directory.CreateDirectory(library);
        Directory.CreateDirectory(_folder["a", "something-else"]);
        File.WriteAllText(Path.Combine(library, "own.csv"), "name,signed,power_mw\nexact,0,0.4\n");
        LibraryStatus Own() => MultiplierLibrary.List(DataFolders.Of(_folder["a"], _folder.Path)).Single(s => s.Name == "own");

        Assert.False(Own().IsComplete);
        Assert.Contains("exact.npy", Own().Missing, StringComparison.Ordinal);

        NpyTable.Write(Path.Combine(library, "exact.npy"), MultiplierFamilies.Exact(Signedness.Unsigned).Multiplier.Products.Span);
        Assert.Equal(("product tables: 0 signed, 1 unsigned", library, true, null),
            (Own().Description, Own().Folder, Own().IsComplete, Own().Missing));
        Assert.DoesNotContain(
            MultiplierLibrary.List(DataFolders.Of(_folder["a"], _folder.Path)), status => status.Name == "something-else");
    }
}
