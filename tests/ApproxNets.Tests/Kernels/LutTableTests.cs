using ApproxNets.Kernels;
using Xunit;

namespace ApproxNets.Tests.Kernels;

public sealed class LutTableTests
{
    [Theory]
    [InlineData(-32769, 0)]
    [InlineData(0, 65536)]
    [InlineData(-1, 65535)]
    [InlineData(-1, 65534)]
    [InlineData(-1, 32768)]
    [InlineData(-32768, 32768)]
    public void ProductsBeyond16BitsAreRefused(int least, int greatest)
    {
        var products = new int[65536];
        products[65535] = least;
        products[77] = greatest;
        string message = Assert.Throws<ArgumentException>(() => new LutTable(products)).Message;
        Assert.Contains($"found products of {least}..{greatest}", message);
    }

    /// <summary>The column path reads 16-bit entries less a bias.</summary>
    [Theory]
    [InlineData(-32768, 32767)]
    [InlineData(-1, 32767)]
    [InlineData(0, 65535)]
    public void ProductsAtTheEndsOf16BitsAreKept(int least, int greatest)
    {
        var products = new int[65536];
        products[65535] = least;
        products[77] = greatest;
        var table = new LutTable(products);
        Assert.Equal((least, greatest), (table.ByWeight[65535] + table.Bias, table.ByWeight[77 * 256] + table.Bias));
        Assert.Equal((least, greatest), table.Range(0, 255));
    }

    [Theory]
    [InlineData(65535)]
    [InlineData(65537)]
    [InlineData(0)]
    public void AnotherNumberOfProductsIsRefused(int count) =>
        Assert.Contains($"found {count} products", Assert.Throws<ArgumentException>(() => new LutTable(new int[count])).Message);

    [Fact]
    public void TheTableIsACopy()
    {
        var products = new int[65536];
        var table = new LutTable(products);
        products[0] = 7;
        var sums = new int[1];
        LutConv2d.Run([0], [0], table, new Conv2dShape(1, 1, 1, 1, 1, 1, 1), 0, sums);
        Assert.Equal(0, sums[0]);
    }
}
