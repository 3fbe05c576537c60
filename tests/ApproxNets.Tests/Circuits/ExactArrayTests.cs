using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits;

public sealed class ExactArrayTests
{
    [Theory]
    [MemberData(nameof(NetlistTests.WidthsAndSignedness), MemberType = typeof(NetlistTests))]
    public void Products_are_exact(int bits, Signedness signedness)
    {
        int[] products = CarrySaveArray.Exact(signedness, bits).Products(signedness);

        int codes = 1 << bits, least = signedness == Signedness.Signed ? -codes / 2 : 0;
        Assert.Equal(Enumerable.Range(0, codes * codes).Select(i => ((i / codes) + least) * ((i % codes) + least)), products);
    }

    [Fact]
    public void Unsigned_array_has_the_textbook_number_of_cells()
    {
        // n^2 AND, n half adders and n (n - 2) full adders (Braun).
        var cells = CellMapping.Cells(CarrySaveArray.Exact(Signedness.Unsigned));

        Assert.Equal(64, cells.Count(cell => cell.Cell == StandardCell.Of(GateKind.And)));
        Assert.Equal(8, cells.Count(cell => cell.Cell == StandardCell.HalfAdder));
        Assert.Equal(48, cells.Count(cell => cell.Cell == StandardCell.FullAdder));
        Assert.Equal(120, cells.Count);
    }

    [Fact]
    public void Unknown_signedness_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => CarrySaveArray.Exact((Signedness)3));
}
