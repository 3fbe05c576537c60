using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits;

public sealed class NetlistTests
{
    public static TheoryData<int, Signedness> WidthsAndSignedness()
    {
        var data = new TheoryData<int, Signedness>();
        for (int bits = 4; bits <= 8; bits++)
        {
            data.Add(bits, Signedness.Unsigned);
            data.Add(bits, Signedness.Signed);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(WidthsAndSignedness))]
    public void Array_multiplier_gives_the_exact_products_in_numeric_order(int bits, Signedness signedness)
    {
        int[] products = SampleCircuits.Array(bits, signedness).Products(signedness);

        int codes = 1 << bits, least = signedness == Signedness.Signed ? -codes / 2 : 0;
        Assert.Equal(codes * codes, products.Length);
        Assert.Equal(Enumerable.Range(0, codes * codes).Select(i => ((i / codes) + least) * ((i % codes) + least)), products);
    }

    [Theory]
    [InlineData(4, 40)]
    [InlineData(5, 40)]
    [InlineData(6, 60)]
    [InlineData(7, 60)]
    [InlineData(8, 200)]
    public void Products_of_random_circuits_equal_plain_evaluation(int bits, int gates)
    {
        for (int seed = 0; seed < 5; seed++)
        {
            Netlist circuit = SampleCircuits.Random(bits, gates, seed);
            int[] products = circuit.Products(Signedness.Unsigned), signed = circuit.Products(Signedness.Signed);
            var random = new Random(seed);
            for (int n = 0; n < 500; n++)
            {
                int a = random.Next(1 << bits), b = random.Next(1 << bits), half = 1 << (bits - 1), expected = 0;
                bool[] nets = SampleCircuits.Evaluate(circuit, a, b);
                for (int i = 0; i < circuit.Outputs.Length; i++)
                {
                    expected |= nets[circuit.Outputs[i]] ? 1 << i : 0;
                }

                int unused = 32 - (2 * bits);
                Assert.Equal(expected, products[(a << bits) | b]);
                Assert.Equal(expected << unused >> unused, signed[((a ^ half) << bits) | (b ^ half)]);
            }
        }
    }

    [Fact]
    public void Operand_a_is_the_activation_and_chooses_the_row()
    {
        var circuit = new NetlistBuilder(8);
        var wires = Enumerable.Range(0, 8).Select(circuit.A).ToArray();

        Multiplier multiplier = circuit.Build(wires).ToMultiplier("a", Signedness.Unsigned, 0, "wires");

        Assert.Equal(200, multiplier[200, 3]);
        Assert.Equal(3, multiplier[3, 200]);
    }

    [Theory]
    [InlineData(Signedness.Unsigned)]
    [InlineData(Signedness.Signed)]
    public void Narrow_operands_are_the_upper_bits(Signedness signedness)
    {
        Multiplier multiplier = SampleCircuits.Array(6, signedness).ToMultiplier("narrow", signedness, 0.5, "a guess");

        for (int x = multiplier.MinOperand; x <= multiplier.MaxOperand; x += 7)
        {
            for (int w = multiplier.MinOperand; w <= multiplier.MaxOperand; w++)
            {
                Assert.Equal((x & ~3) * (w & ~3), multiplier[x, w]);
            }
        }

        Netlist narrow = SampleCircuits.Array(6, signedness), wide = narrow.Widened();
        Assert.Equal((8, 16), (wide.OperandBits, wide.Outputs.Length));
        Assert.Equal(CircuitCost.RelativePower(narrow, signedness), CircuitCost.RelativePower(wide, signedness), 1e-12);
    }

    [Fact]
    public void Reading_a_later_net_is_refused()
    {
        var e = Assert.Throws<ArgumentException>(() => new Netlist(8, [new Gate(GateKind.And, 0, 16)], [16]));
        Assert.Equal("Gate 0 (And): found input 1 at net 16, expected an earlier net, 0..15.", e.Message);
    }

    [Theory]
    [InlineData(GateKind.Not, 0, 1, 0)]
    [InlineData(GateKind.And, -1, 0, 0)]
    [InlineData(GateKind.And, 0, 0, 1)]
    [InlineData(GateKind.Const0, 1, 0, 0)]
    [InlineData(GateKind.Mux, 0, 0, 16)]
    [InlineData((GateKind)11, 0, 0, 0)]
    public void Malformed_gates_are_refused(GateKind kind, int x, int y, int s)
        => Assert.Throws<ArgumentException>(() => new Netlist(8, [new Gate(kind, x, y, s)], [16]));

    [Fact]
    public void Malformed_netlists_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Netlist(3, [], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Netlist(9, [], [0]));
        Assert.Throws<ArgumentException>(() => new Netlist(8, [], []));
        Assert.Throws<ArgumentException>(() => new Netlist(8, [], new int[17]));
        Assert.Throws<ArgumentException>(() => new Netlist(8, [], [16]));
        Assert.Throws<ArgumentException>(() => new Netlist(8, [], [-1]));
        Assert.Throws<ArgumentException>(() => new Netlist(8, new Gate[Netlist.MaxGates + 1], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Netlist(8, [], [0]).Products((Signedness)2));
    }
}
