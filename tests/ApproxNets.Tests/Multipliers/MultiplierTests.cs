using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class MultiplierTests
{
    [Theory]
    [InlineData(Signedness.Unsigned, 0, 255)]
    [InlineData(Signedness.Signed, -128, 127)]
    public void TableIsInNumericOrderActivationFirst(Signedness signedness, int least, int greatest)
    {
        Multiplier multiplier = Multiplier.FromFunction("half", signedness, (x, w) => x * (w / 2), 0.5, "test");
        Assert.Equal((least, greatest), (multiplier.MinOperand, multiplier.MaxOperand));
        Assert.Equal(least * (greatest / 2), multiplier[least, greatest]);
        Assert.Equal(multiplier[least, greatest], multiplier.Products.Span[255]);
        Assert.Equal((least * (greatest / 2)) - (least * greatest), multiplier.ErrorMap()[255]);
        Assert.False(multiplier.IsExact);
        Assert.Throws<ArgumentOutOfRangeException>(() => multiplier[least - 1, 0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => multiplier[0, greatest + 1]);
    }

    [Fact]
    public void BadTablesAndPowersAreRefused()
    {
        AssertRefused("3 products", () => new Multiplier("m", Signedness.Signed, new int[3], 1, "test"));
        AssertRefused(
            "m(1, 2) = 65536",
            () => Multiplier.FromFunction("m", Signedness.Unsigned, (x, w) => x == 1 && w == 2 ? 65536 : 0, 1, "test"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Multiplier("m", Signedness.Signed, new int[65536], double.NaN, "test"));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Multiplier("m", Signedness.Signed, new int[65536], -0.1, "test"));
        Assert.Throws<ArgumentException>(() => new Multiplier(" ", Signedness.Signed, new int[65536], 1, "test"));

        static void AssertRefused(string found, Func<Multiplier> make) =>
            Assert.Contains(found, Assert.Throws<ArgumentException>(make).Message, StringComparison.Ordinal);
    }
}
