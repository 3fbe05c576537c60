using ApproxNets.Circuits.Import;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits.Import;

public sealed class BlifNetlistTests
{
    private static readonly string Names =
        $".inputs {string.Join(' ', Enumerable.Range(0, 8).Select(i => $"a[{i}]"))} \\\n"
        + $" {string.Join(' ', Enumerable.Range(0, 8).Select(i => $"b[{i}]"))}\n"
        + $".outputs {string.Join(' ', Enumerable.Range(0, 16).Select(i => $"p[{i}]"))}\n";

    private static string Model(string p0) => $"# a comment\n.model m\n{Names}{p0}"
        + string.Concat(Enumerable.Range(1, 15).Select(i => $".names p[{i}]\n")) + ".end\n";

    private static string Message(string text) => Assert.Throws<InvalidDataException>(() => BlifNetlist.Read("f.blif", text)).Message;

    public static TheoryData<string, Func<int, int, int>> Tables() => new()
    {
        { ".names p[0]\n1\n", (a, b) => 1 },
        { ".names p[0]\n", (a, b) => 0 },
        { ".names a[0] p[0]\n0 1\n", (a, b) => ~a & 1 },
        { ".names a[0] b[0] p[0]\n11 0\n", (a, b) => (~a | ~b) & 1 },
        { ".names a[0] b[0] p[0]\n10 1\n01 1\n", (a, b) => (a ^ b) & 1 },
        { ".names a[0] a[1] b[0] p[0]\n1-0 1\n-11 1\n", (a, b) => (b & 1) != 0 ? (a >> 1) & 1 : a & 1 },
        { ".names a[0] a[1] b[0] b[1] p[0] # four\n1-0- 1\n-111 1\n", (a, b) => (a & ~b & 1) | ((a >> 1) & b & (b >> 1) & 1) },
        { ".names a[0] a[1] b[0] p[0]\n--- 1\n", (a, b) => 1 },
        { ".gate NAND2X1 A=a[0] B=b[0] Y=p[0]\n", (a, b) => (~a | ~b) & 1 },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void Table_means_what_it_covers(string table, Func<int, int, int> value) => Assert.Equal(
        Enumerable.Range(0, 65536).Select(i => value(i >> 8, i & 255)),
        BlifNetlist.Read("f.blif", Model(table)).Netlist.Products(Signedness.Unsigned));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Written_circuits_are_read_back_gate_by_gate(int seed)
    {
        Netlist circuit = SampleCircuits.Random(8, 300, seed).Simplified();

        Netlist read = BlifNetlist.Read("f.blif", circuit.ToBlif("m")).Netlist;
        Assert.Equal(circuit.Products(Signedness.Unsigned), read.Products(Signedness.Unsigned));
        Assert.True(read.Gates.Length <= circuit.Gates.Length);
    }

    [Theory]
    [InlineData(".names a[0] p[0]\n1 1\n0 0\n", 8, "'0 0'", "1 of 0, 1 or - and then an output, the same in all rows")]
    [InlineData(".names a[0] p[0]\n11 1\n", 7, "'11 1'", "1 of 0, 1 or - and then an output, the same in all rows")]
    [InlineData(".names a[0] p[0]\n2 1\n", 7, "'2 1'", "1 of 0, 1 or - and then an output, the same in all rows")]
    [InlineData(".names c p[0]\n1 1\n", 6, "'c', which is read but has no driver", "a driver for each net")]
    [InlineData(".names a[0] p[1]\n1 1\n", 8, "a second driver of 'p[1]' (the first in line 6)", "one driver for each net")]
    [InlineData(".names a[0] b[0]\n1 1\n", 6, "a second driver of 'b[0]' (the first in line 3)", "one driver for each net")]
    [InlineData(".names c p[0]\n1 1\n.names p[0] c\n1 1\n", 8, "a cycle through 'c'", "a combinational circuit without cycles")]
    [InlineData(".latch a[0] p[0] re clk 0\n", 6, "'.latch'", ".inputs, .outputs, .names, .gate or .end of a combinational model")]
    [InlineData(".gate DFF D=a[0] Q=p[0]\n", 6, "the cell 'DFF'", "one of the cells that are known")]
    [InlineData(".gate INVX1 A=a[0] Z=p[0]\n", 6, "the pin 'Z' of INVX1", "A, Y")]
    [InlineData("1 1\n", 6, "'1'", ".inputs, .outputs, .names, .gate or .end of a combinational model")]
    public void Malformed_model_is_refused_with_its_line(string text, int line, string found, string expected) =>
        Assert.Equal($"f.blif, line {line}: found {found}, expected {expected}.", Message(Model(text)));

    [Theory]
    [InlineData("", "f.blif, line 1: found the end of the file, expected .end.")]
    [InlineData(".inputs a\n", "f.blif, line 1: found '.inputs', expected .model.")]
    [InlineData(".model m\n.inputs a b\n.outputs p\n.end\n.model n\n",
        "f.blif, line 5: found '.model', expected the end of the file after .end: one model.")]
    [InlineData(".model m\n.inputs a b\n.outputs p\n.names a p\n1 1\n.end\n",
        "f.blif, line 1: found inputs a of 1 bits, b of 1 bits and outputs p of 1 bits, "
        + "expected two inputs of 8 bits and an output of 16.")]
    [InlineData(".model m\n.inputs a \\", "f.blif, line 2: found a line that goes on after the end, expected the rest of it.")]
    public void Malformed_file_is_refused(string text, string message) => Assert.Equal(message, Message(text));
}
