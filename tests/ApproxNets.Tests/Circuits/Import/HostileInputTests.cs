using System.Diagnostics;
using System.Text;
using ApproxNets.Circuits.Import;
using Xunit;

namespace ApproxNets.Tests.Circuits.Import;

/// <summary>Input made to exhaust time, memory or the stack: an error within seconds. The limits are far above what they take
/// now.</summary>
public sealed class HostileInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("hostile");

    public void Dispose() => _folder.Dispose();

    private const string Ports = "module m (input [7:0] a, input [7:0] b, output [15:0] p);\n";

    public static TheoryData<string, string, string> Files() => new()
    {
        { "deep.c", "uint16_t f(uint8_t a, uint8_t b) { return " + new string('(', 1_000_000), "nested deeper than 256" },
        { "deep-not.c", "uint16_t f(uint8_t a, uint8_t b) { return " + new string('~', 1_000_000) + "a; }", "nested deeper than 256" },
        { "deep-if.c", "uint16_t f(uint8_t a, uint8_t b) { return " + Repeat("a?b:", 500_000) + "a; }", "nested deeper than 256" },
        { "sum.c", "uint16_t f(uint8_t a, uint8_t b) { uint64_t c = a; return " + Repeat("(c+b)^", 400_000) + "a; }", "" },
        { "gates.c", "uint16_t f(uint8_t a, uint8_t b) { uint64_t c = a; " + Repeat("c=(c<<1)+(c^b);", 100_000) + "return c; }", "gates" },
        { "number.c", "uint16_t f(uint8_t a, uint8_t b) { return " + new string('9', 1_000_000) + "; }",
            "a decimal or hexadecimal number" },
        { "huge.c", "uint16_t f(uint8_t a, uint8_t b) { return a; }" + new string(' ', 5_000_000), "expected at most 4194304" },
        { "deep.v", Ports + "assign p = " + new string('(', 1_000_000), "nested deeper than 256" },
        { "deep-not.v", Ports + "assign p = " + new string('~', 1_000_000) + "a; endmodule", "nested deeper than 256" },
        { "deep-braces.v", Ports + "assign p = " + new string('{', 1_000_000), "nested deeper than 256" },
        { "gates.v", Ports + Repeat("not(p[0],a[0]);", 200_000) + "endmodule", "a second driver of 'p[0]'" },
        { "chain.v", Ports + "assign p = {15'b0, a[0]" + Repeat("^b[1]&a[1]", 300_000) + "}; endmodule", "more than 262144 nets" },
        { "wires.v", Ports + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"wire[4095:0]x{i};")) + "endmodule",
            "more than 262144 nets" },
        { "concat.v", Ports + "assign p = {" + Repeat("a,", 1_000_000) + "a}; endmodule", "more than 4096 parts" },
        { "ports.v", "module m (" + string.Join(',', Enumerable.Range(0, 300_000).Select(i => $"x{i}")) + "); endmodule",
            "every port once, and at most 256" },
        { "blow-up.v", Ports + "c20 u (a[0], p[0]); endmodule\n" + BlowUp(20), "more than 262144 nets" },
        { "endless.v", Ports + "c u (a[0], p[0]); endmodule\nmodule c (input x, output y); c u (x, y); endmodule",
            "nested deeper than 32" },
        { "no-ports.v", Ports + "c30 u (); assign p = {a, b}; endmodule\nmodule c0 (); endmodule\n" + string.Concat(Enumerable.Range(1, 30).Select(level =>
            $"module c{level} (); c{level - 1} u (), v (); endmodule\n")), "more than 262144 instances" },
        { "number.v", Ports + "assign p = 16'd" + new string('9', 1_000_000) + "; endmodule", "a constant such as 1'b0" },
        { "binary.v", new string('\0', 1_000_000), "found '\0'" },
        { "gates.blif", ".model m\n.inputs a b\n.outputs p\n" + string.Concat(Enumerable.Range(0, 285_000).Select(i => $".names x{i:x}\n"))
            + ".end", "more than 262144 nets" },
        { "names.blif", ".model m\n.inputs a b\n.outputs p\n.names " + Repeat("a ", 1_000_000) + "p\n.end", "a table of 1000000 inputs" },
        { "lines.csv", Repeat("1\n", 1_000_000), "more lines" },
        { "fields.csv", Repeat("1,", 1_000_000), "1000001 fields" },
    };

    [Theory]
    [MemberData(nameof(Files), DisableDiscoveryEnumeration = true)]
    public void Error_comes_soon(string name, string text, string expected)
    {
        string path = _folder[name];
        File.WriteAllText(path, text, Encoding.UTF8);
        GC.Collect();
        long before = GC.GetTotalAllocatedBytes();
        long start = Stopwatch.GetTimestamp();

        if (expected.Length > 0)
        {
            Exception error = Assert.Throws<InvalidDataException>(() => MultiplierImport.Read(path));
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
        else
        {
            MultiplierImport.Read(path);
        }

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), $"{Stopwatch.GetElapsedTime(start)}");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 4L << 30, $"{GC.GetTotalAllocatedBytes() - before} bytes");
    }

    [Fact]
    public void Long_chain_of_gates_is_read_without_recursion()
    {
        var text = new StringBuilder(Ports);
        const int Length = 60_000;
        for (int i = 0; i < Length; i++)
        {
            text.Append($"wire n{i}; assign n{i} = {(i + 1 < Length ? $"n{i + 1}" : "a[0]")} ^ b[{i % 8}];\n");
        }

        text.Append("assign p = {15'b0, n0};\nendmodule\n");
        string path = _folder["chain.v"];
        File.WriteAllText(path, text.ToString());

        // b[0] to b[7] appear 7,500 times each, so they cancel out.
        Assert.Equal(
            Enumerable.Range(0, 65536).Select(i => (i >> 8) & 1),
            MultiplierImport.ReadCircuit(path).Netlist.Products(ApproxNets.Multipliers.Signedness.Unsigned));
    }

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();

    private static string BlowUp(int levels) => string.Concat(Enumerable.Range(1, levels).Select(level =>
        $"module c{level} (input x, output y); wire z; c{level - 1} u (x, z), v (z, y); endmodule\n"))
        + "module c0 (input x, output y); assign y = ~x; endmodule\n";
}
