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
}
