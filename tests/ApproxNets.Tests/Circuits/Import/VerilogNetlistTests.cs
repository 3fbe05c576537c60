using ApproxNets.Circuits.Import;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits.Import;

public sealed class VerilogNetlistTests
{
    private static readonly int[] Exact = CarrySaveArray.Exact(Signedness.Unsigned).Products(Signedness.Unsigned);

    private static int[] Products(string text) => VerilogNetlist.Read("f.v", text).Netlist.Products(Signedness.Unsigned);

    private static string Module(string items) =>
        $"module m (a, b, p);\n  input [7:0] a;\n  input [7:0] b;\n  output [15:0] p;\n{items}\nendmodule\n";

    private static string Message(string text) => Assert.Throws<InvalidDataException>(() => VerilogNetlist.Read("f.v", text)).Message;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Published_style_gives_the_exact_products(bool ownAdders)
    {
        Circuit circuit = VerilogNetlist.Read("f.v", SampleSources.Verilog("mul8u_T", ownAdders: ownAdders));

        Assert.Equal(("mul8u_T", "A", "B"), (circuit.Name, circuit.OperandA, circuit.OperandB));
        Assert.Equal(Exact, circuit.Netlist.Products(Signedness.Unsigned));
    }

    [Fact]
    public void Signed_published_style_gives_the_exact_products() => Assert.Equal(
        CarrySaveArray.Exact(Signedness.Signed).Products(Signedness.Signed),
        VerilogNetlist.Read("f.v", SampleSources.Verilog("mul8s_T", signed: true)).Netlist.Products(Signedness.Signed));

    public static TheoryData<string, Func<int, int, int>> Items() => new()
    {
        { "assign p = {a, b};", (a, b) => (a << 8) | b },
        { "assign p = a + b;", (a, b) => a + b },
        { "assign {p[15:9], p[8:0]} = {7'b0, a} + {1'b0, b};", (a, b) => a + b },
        { "assign p = {8'hA5, ~a & b | a ^ 8'd3};", (a, b) => 0xA500 | (~a & b & 255) | (a ^ 3) },
        { "assign p = {15'b0, a == b}, p2 = 1'b0; wire p2;", (a, b) => a == b ? 1 : 0 },
        { "wire s = a[0] && b != 0; assign p = s ? {a, b} : 16'h0001;", (a, b) => (a & 1) != 0 && b != 0 ? (a << 8) | b : 1 },
        { "assign p = {13'b0, &a, ~|b, ^a};",
            (a, b) => (a == 255 ? 4 : 0) | (b == 0 ? 2 : 0) | (System.Numerics.BitOperations.PopCount((uint)a) & 1) },
        { "assign p[15:8] = a; assign p[7:0] = 0;", (a, b) => a << 8 },
        { "wire x, y; and g1 (x, a[0], a[1], b[7]); nor (y, a[2], b[0]); assign p = {14'd0, y, x};",
            (a, b) => ((a & 3) == 3 && b > 127 ? 1 : 0) | ((a & 4) == 0 && (b & 1) == 0 ? 2 : 0) },
        { @"wire \n$1 ; \$_NAND_ g (.A(a[0]), .B(b[0]), .Y(\n$1 )); (* src = ""f:1"" *) assign p = {15'b0, \n$1 };",
            (a, b) => (a & b & 1) ^ 1 },
        { "wire x; AOI21_X2 g (.A(a[0]), .B1(b[0]), .B2(b[1]), .ZN(x)); assign p = {15'b0, x};",
            (a, b) => (a & 1) != 0 || (b & 3) == 3 ? 0 : 1 },
        { "wire x, y; FA_X1 g (.A(a[0]), .B(b[0]), .CI(b[1]), .CO(x), .S(y)); assign p = {14'b0, x, y};",
            (a, b) => (a & 1) + (b & 1) + ((b >> 1) & 1) },
        { "wire x; MUX2X1 g (.A(a[0]), .B(a[1]), .S(b[0]), .Y(x)); assign p = {15'b0, x};",
            (a, b) => 1 ^ ((b & 1) != 0 ? a & 1 : (a >> 1) & 1) },
        { "wire x; LOGIC1_X1 g (.Z(x)); assign p = {15'b0, x};", (a, b) => 1 },
        { "wire [0:7] r = a; assign p = {15'b0, r[0]};", (a, b) => a >> 7 },
    };

    [Theory]
    [MemberData(nameof(Items))]
    public void Item_means_what_the_standard_says(string items, Func<int, int, int> value) =>
        Assert.Equal(Enumerable.Range(0, 65536).Select(i => value(i >> 8, i & 255)), Products(Module(items)));

    [Fact]
    public void Order_of_items_does_not_matter() => Assert.Equal(
        Enumerable.Range(0, 65536).Select(i => (i >> 8) & i & 255),
        Products(Module("  assign p = {8'b0, y};\n  wire [7:0] y;\n  assign y = x;\n  wire [7:0] x;\n  assign x = a & b;")));

    [Fact]
    public void Scalar_ports_are_joined_by_name()
    {
        string ins = string.Join(
            ", ", Enumerable.Range(0, 8).Select(i => $@"\x[{i}] ").Concat(Enumerable.Range(0, 8).Select(i => $"w_{i}")));
        string outs = string.Join(", ", Enumerable.Range(0, 16).Select(i => $"y{i}"));
        string assigns = string.Concat(Enumerable.Range(0, 16).Select(i => $"assign y{i} = {(i < 8 ? $"w_{i}" : $@"\x[{i - 8}] ")};\n"));
        Circuit circuit = VerilogNetlist.Read("f.v", $"module m ({ins}, {outs});\ninput {ins};\noutput {outs};\n{assigns}endmodule");

        Assert.Equal(("x", "w"), (circuit.OperandA, circuit.OperandB));
        Assert.Equal(Enumerable.Range(0, 65536), circuit.Netlist.Products(Signedness.Unsigned));
    }

    [Theory]
    [InlineData("  assign p = a;", 5, "a value of 8 bits", "16")]
    [InlineData("  assign p = {a, c};", 5, "'c'", "a declared signal")]
    [InlineData("  assign p = {a, b};\n  assign p[3] = a[0];", 6, "a second driver of 'p[3]' (the first in line 5)",
        "one driver for each net")]
    [InlineData("  assign p = {a, b};\n  assign a = b;", 6, "a second driver of 'a[0]' (the first in line 2)", "one driver for each net")]
    [InlineData("  wire x;\n  assign p = {15'b0, x};", 5, "'x', which is read but has no driver", "a driver for each net")]
    [InlineData("  assign p[14:0] = 0;", 4, "'p[15]', which is read but has no driver", "a driver for each net")]
    [InlineData("  wire x, y;\n  assign x = y & a[0];\n  assign y = x;\n  assign p = {a, b};", 7, "a cycle through 'y'",
        "a combinational circuit without cycles")]
    [InlineData("  assign p = {a, b} & p;", 5, "a cycle through 'And'", "a combinational circuit without cycles")]
    [InlineData("  assign p = {a, b[8], b[6:0]};", 5, "the bits [8:8] of 'b'", "bits within [7:0]")]
    [InlineData("  assign p = {a, b[0:7]};", 5, "the bits [0:7] of 'b'", "bits within [7:0]")]
    [InlineData("  assign p = {a, 8'h1FF};", 5, "'8'h1FF'", "a constant such as 1'b0 or 8'hff that fits its size of 1 to 64 bits")]
    [InlineData("  assign p = {a, 8'bx};", 5, "'8'bx'", "a constant such as 1'b0 or 8'hff that fits its size of 1 to 64 bits")]
    [InlineData("  assign p = {a, 0};", 5, "a constant without a size in a concatenation", "one with a size, such as 1'b0")]
    [InlineData("  wire [99999999:0] x;", 5, "'99999999'", "an index 0..1000000")]
    [InlineData("  wire [999999:0] x;", 5, "a vector of 1000000 bits", "at most 4096")]
    [InlineData("  always @(a) p = b;", 5, "'always'", "a structural item: input, output, wire, assign, gates and instances")]
    [InlineData("  DFF_X1 g (.D(a[0]));", 5, "an instance of 'DFF_X1'", "a module of this file or a known cell")]
    [InlineData("  INVX1 g (.A(a[0]), .Q(p[0]));", 5, "the pin 'Q' of INVX1", "each of A, Y at most once")]
    [InlineData("  INVX1 g (.A(a), .Y(p[0]));", 5, "a value of 8 bits", "1")]
    [InlineData("  assign p = {a, b}", 6, "'endmodule'", "';'")]
    public void Malformed_item_is_refused_with_its_line(string items, int line, string found, string expected) =>
        Assert.Equal($"f.v, line {line}: found {found}, expected {expected}.", Message(Module(items)));

    [Theory]
    [InlineData("", "f.v, line 1: found the end of the file, expected 'module'.")]
    [InlineData("module m (a, b, p);\n  input [7:0] a, b;\n  output [15:0] p;\n",
        "f.v, line 4: found the end of the file, expected a declaration, an assignment, an instance or endmodule.")]
    [InlineData("module m (a); input a; endmodule\nmodule n (a); input a; endmodule",
        "f.v, line 2: found 2 modules that no other uses (m, n), expected one, the multiplier.")]
    [InlineData("module m (input [6:0] a, input [7:0] b, output [15:0] p); assign p = 0; endmodule",
        "f.v, line 1: found inputs a of 7 bits, b of 8 bits and outputs p of 16 bits, expected two inputs of 8 bits and an output of 16.")]
    [InlineData("module m (input [7:0] a, b, output [14:0] p); assign p = 0; endmodule",
        "f.v, line 1: found inputs a of 8 bits, b of 8 bits and outputs p of 15 bits, expected two inputs of 8 bits and an output of 16.")]
    [InlineData("module m (a); wire a; endmodule",
        "f.v, line 1: found the port 'a' without a direction, expected an input or output declaration.")]
    [InlineData("module m (input a); m u (a); endmodule",
        "f.v, line 1: found 0 modules that no other uses (none), expected one, the multiplier.")]
    public void Malformed_module_is_refused(string text, string message) => Assert.Equal(message, Message(text));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Written_circuits_are_read_back(int seed)
    {
        Netlist circuit = SampleCircuits.Random(8, 300, seed);

        Netlist read = VerilogNetlist.Read("f.v", circuit.ToVerilog("m")).Netlist;
        Assert.Equal(circuit.Products(Signedness.Unsigned), read.Products(Signedness.Unsigned));
        Assert.True(read.Gates.Length <= circuit.Simplified().Gates.Length);
        Assert.Throws<ArgumentException>(() => circuit.ToVerilog("1 name"));
    }
}
