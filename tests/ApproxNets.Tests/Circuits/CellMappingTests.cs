using Xunit;

namespace ApproxNets.Tests.Circuits;

public sealed class CellMappingTests
{
    public static TheoryData<string> FullAdders() => ["half adders", "majority", "or form", "mux", "nand", "inverted input"];

    /// <summary>A full adder of a0, a1, a2 in several ways.</summary>
    private static Netlist FullAdder(string form)
    {
        var c = new NetlistBuilder(8);
        (int x, int y, int z) = (c.A(0), c.A(1), c.A(2));
        z = form == "inverted input" ? c.Not(z) : z;
        int partial = c.Xor(x, y), sum = c.Xor(partial, z), both = c.And(x, y);
        int carry = form switch
        {
            "half adders" or "inverted input" => c.Or(both, c.And(partial, z)),
            "majority" => c.Or(c.Or(both, c.And(y, z)), c.And(x, z)),
            "or form" => c.Or(both, c.And(c.Or(x, y), z)),
            "mux" => c.Mux(partial, x, z),
            _ => c.Nand(c.Nand(x, y), c.Nand(partial, z)),
        };
        return c.Build(sum, carry);
    }

    [Theory]
    [MemberData(nameof(FullAdders))]
    public void Full_adder_is_found_in_any_form(string form)
    {
        List<MappedCell> cells = CellMapping.Cells(FullAdder(form).Simplified());

        MappedCell adder = Assert.Single(cells, cell => cell.Carry >= 0);
        Assert.Equal(StandardCell.FullAdder, adder.Cell);
        Assert.True(cells.Count <= (form == "inverted input" ? 2 : 1));
    }

    [Fact]
    public void Gate_that_something_else_reads_stays()
    {
        var c = new NetlistBuilder(8);
        int partial = c.Xor(c.A(0), c.A(1));
        int carry = c.Or(c.And(c.A(0), c.A(1)), c.And(partial, c.A(2)));
        List<MappedCell> cells = CellMapping.Cells(c.Build(c.Xor(partial, c.A(2)), carry, partial));

        Assert.Equal([StandardCell.Of(GateKind.Xor), StandardCell.FullAdder], cells.Select(cell => cell.Cell));
    }

    [Fact]
    public void Parity_without_majority_is_no_adder()
    {
        var c = new NetlistBuilder(8);
        List<MappedCell> cells = CellMapping.Cells(c.Build(c.Xor(c.Xor(c.A(0), c.A(1)), c.A(2)), c.And(c.A(0), c.A(2))));

        Assert.DoesNotContain(cells, cell => cell.Carry >= 0);
        Assert.Equal(3, cells.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_net_that_is_read_is_driven_once_and_before(int seed)
    {
        Netlist circuit = SampleCircuits.Random(8, 400, seed).Simplified();
        var driven = Enumerable.Range(0, 16).ToHashSet();
        foreach (MappedCell cell in CellMapping.Cells(circuit))
        {
            Assert.All(cell.Inputs, input => Assert.Contains(input, driven));
            Assert.True(driven.Add(cell.Output));
            Assert.True(cell.Carry < 0 || driven.Add(cell.Carry));
        }

        Assert.All(circuit.Outputs.ToArray(), output => Assert.Contains(output, driven));
    }
}
