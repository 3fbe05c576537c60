using System.Security.Cryptography;
using ApproxNets.Data;
using Xunit;

namespace ApproxNets.Tests.Data;

public sealed class IdxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private (byte[] Values, string Sum) Read(byte[] bytes, bool packed, params int[] sizes)
    {
        string path = _folder[packed ? "a.gz" : "a"];
        File.WriteAllBytes(path, bytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] values = IdxFile.Read(path, hash, sizes);
        return (values, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private string Refused(byte[] bytes, bool packed, params int[] sizes) =>
        Assert.Throws<InvalidDataException>(() => Read(bytes, packed, sizes)).Message;

    [Fact]
    public void ReadsPackedAndPlainFilesAlike()
    {
        byte[] bytes = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 10, 20, 30, 40, 50, 255];
        var plain = Read(bytes, false, 2, 1, 3);
        Assert.Equal(new byte[] { 10, 20, 30, 40, 50, 255 }, plain.Values);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), plain.Sum);
        Assert.Equal(bytes.Length, IdxFile.LengthOf(2, 1, 3));
        var packed = Read(SyntheticFashionMnist.Packed(bytes), true, 2, 1, 3);
        Assert.Equal(plain.Values, packed.Values);
        Assert.Equal(plain.Sum, packed.Sum);
    }

    [Theory]
    [InlineData(0, 1)] // not IDX
    [InlineData(2, 13)] // floats
    [InlineData(3, 2)] // another rank
    [InlineData(4, 127)] // two thousand million more
    [InlineData(7, 4)] // one more
    public void OtherHeadersAreErrors(int at, byte value)
    {
        byte[] bytes = SyntheticFashionMnist.Idx([3], [1, 2, 3]);
        bytes[at] = value;
        foreach (bool packed in new[] { false, true })
        {
            string message = Refused(packed ? SyntheticFashionMnist.Packed(bytes) : bytes, packed, 3);
            Assert.Contains(Convert.ToHexString(bytes[..8]), message);
            Assert.Contains("expected 0000080100000003", message);
        }
    }

    [Fact]
    public void EveryTruncationAndASurplusAreErrors()
    {
        byte[] bytes = SyntheticFashionMnist.Idx([3], [1, 2, 3]);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Contains($"found {length} bytes", Refused(bytes[..length], false, 3));
            Assert.Contains($"found {length} bytes unpacked", Refused(SyntheticFashionMnist.Packed(bytes[..length]), true, 3));
        }

        Assert.Contains("more than 11 bytes", Refused([.. bytes, 0], false, 3));
        Assert.Contains("more than 11 bytes unpacked", Refused(SyntheticFashionMnist.Packed([.. bytes, 0]), true, 3));
    }

    [Fact]
    public void DamagedGzipIsAnError()
    {
        byte[] packed = SyntheticFashionMnist.Packed(SyntheticFashionMnist.Idx([300], new byte[300]));
        Refused(packed[..(packed.Length / 2)], true, 300);
        Assert.Contains("damaged", Refused([.. "no gzip file at all"u8], true, 300));
    }

    [Fact]
    public void AFileThatUnpacksToMuchIsRefusedInLittleMemory()
    {
        byte[] packed = SyntheticFashionMnist.Packed(SyntheticFashionMnist.Idx([3], new byte[50_000_000]));
        File.WriteAllBytes(_folder["a.gz"], packed);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => IdxFile.Read(_folder["a.gz"], hash, 3));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }
}
