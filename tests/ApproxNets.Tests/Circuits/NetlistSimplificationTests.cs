using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits;

public sealed class NetlistSimplificationTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public void Random_circuits_keep_their_products_and_need_no_second_pass(int bits)
    {
        int before = 0, after = 0;
        for (int seed = 0; seed < 40; seed++)
        {
            Netlist circuit = SampleCircuits.Random(bits, 150, seed), simple = circuit.Simplified();

            Assert.Equal(circuit.Products(Signedness.Unsigned), simple.Products(Signedness.Unsigned));
            Assert.True(simple.Gates.Length <= circuit.Gates.Length);
            before += circuit.Gates.Length;
            after += simple.Gates.Length;
        }

        Assert.True(after < before / 2, $"{after} of {before} gates are left");
    }

    public static TheoryData<string, int> Expressions() => new()
    {
        { "a & 0", 1 }, { "a & 1", 0 }, { "a | 0", 0 }, { "a | 1", 1 }, { "a ^ 1", 1 }, { "a & a", 0 }, { "a & ~a", 1 }, { "~~a", 0 },
        { "~(a & b)", 1 }, { "~a ^ b", 1 }, { "buffer", 0 }, { "twice", 1 }, { "mux same", 0 }, { "mux 0 1", 0 }, { "dead", 0 },
    };

    [Theory]
    [MemberData(nameof(Expressions))]
    public void Each_rule_leaves_as_few_gates_as_it_says(string rule, int gates)
    {
        var c = new NetlistBuilder(8);
        (int a, int b) = (c.A(0), c.B(0));
        int output = rule switch
        {
            "a & 0" => c.And(a, c.Zero),
            "a & 1" => c.And(a, c.One),
            "a | 0" => c.Or(c.Zero, a),
            "a | 1" => c.Or(a, c.One),
            "a ^ 1" => c.Xor(a, c.One),
            "a & a" => c.And(a, a),
            "a & ~a" => c.And(a, c.Not(a)),
            "~~a" => c.Not(c.Not(a)),
            "~(a & b)" => c.Not(c.And(a, b)),
            "~a ^ b" => c.Xor(c.Not(a), b),
            "buffer" => c.Buf(c.Buf(a)),
            "twice" => c.And(c.And(a, b), c.And(b, a)),
            "mux same" => c.Mux(b, a, a),
            "mux 0 1" => c.Mux(a, c.Zero, c.One),
            _ => a + (0 * c.Xor(a, b)),
        };

        Netlist circuit = c.Build(output), simple = circuit.Simplified();

        Assert.Equal(gates, simple.Gates.Length);
        Assert.Equal(circuit.Products(Signedness.Unsigned), simple.Products(Signedness.Unsigned));
    }
}
