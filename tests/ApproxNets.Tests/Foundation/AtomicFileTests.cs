using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Foundation;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFailedWriteLeavesWhatWasThereAndNothingElse()
    {
        string path = _folder["result.json"];
        AtomicFile.WriteText(path, "first");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(0);
            throw new InvalidOperationException();
        }));

        Assert.Equal("first", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void TwoWritersAtOnceEachWriteAWholeFile()
    {
        string path = _folder["result.json"];
        AtomicFile.Write(path, outer =>
        {
            outer.Write("ou"u8);
            AtomicFile.WriteText(path, "inner");
            Assert.Equal("inner", File.ReadAllText(path));
            outer.Write("ter"u8);
        });

        Assert.Equal("outer", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void TheNextWriterRemovesWhatAKilledOneLeft()
    {
        // A process number above any that Linux gives, this process, another machine, an earlier version, and a file of the user's.
        string path = _folder["result.json"], machine = "", own = "";
        AtomicFile.Write(path, _ =>
        {
            own = Assert.Single(Directory.GetFiles(_folder.Path));
            machine = own.Split('-')[^2];
        });
        string[] gone = [$"{path}.999999999-{machine}-00000000.tmp", $"{path}.1-00000000-00000000.tmp", $"{path}.{new string('a', 32)}.tmp"];
        string[] kept = [own, $"{path}.1-00000000-00000001.tmp", $"{path}.{new string('b', 32)}.tmp", _folder["mine.tmp"], path];
        foreach (string file in gone.Concat(kept))
        {
            File.WriteAllText(file, "");
        }

        string folder = $"{_folder["set"]}.999999999-{machine}-00000000.tmp";
        Directory.CreateDirectory(Path.Combine(folder, "inner"));
        foreach (string file in gone[1..].Append(_folder["mine.tmp"]))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-1.1));
        }

        AtomicFile.RemoveLeftOver(_folder.Path);

        Assert.Equal(kept.Order(), Directory.GetFileSystemEntries(_folder.Path).Order());
    }

    [Fact]
    public void AFolderIsSweptBeforeTheFirstFileOfAProcess()
    {
        string left = _folder[$"a.{new string('a', 32)}.tmp"], path = _folder["b"];
        File.WriteAllText(left, "");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddDays(-2));
        AtomicFile.WriteText(path, "");
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }
}
