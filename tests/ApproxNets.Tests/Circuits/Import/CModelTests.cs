using ApproxNets.Circuits.Import;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits.Import;

public sealed class CModelTests
{
    private static int[] Products(string text, Signedness signedness = Signedness.Unsigned) =>
        CModel.Read("f.c", text).Netlist.Products(signedness);

    private static string Function(string body, string result = "uint16_t", string a = "uint8_t", string b = "uint8_t") =>
        $"{result} f({a} a, {b} b)\n{{\n{body}\n}}\n";

    private static string Message(string text) => Assert.Throws<InvalidDataException>(() => CModel.Read("f.c", text)).Message;

    [Fact]
    public void Unsigned_style_gives_the_exact_products()
    {
        Circuit circuit = CModel.Read("f.c", SampleSources.UnsignedC("mul8u_T"));

        Assert.Equal(("mul8u_T", "a", "b"), (circuit.Name, circuit.OperandA, circuit.OperandB));
        Assert.Equal(CarrySaveArray.Exact(Signedness.Unsigned).Products(Signedness.Unsigned), circuit.Netlist.Products(Signedness.Unsigned));
    }

    [Fact]
    public void Signed_style_gives_the_exact_products() => Assert.Equal(
        CarrySaveArray.Exact(Signedness.Signed).Products(Signedness.Signed), Products(SampleSources.SignedC("mul8s_T"), Signedness.Signed));

    /// <summary>Expressions with their value in C for operands 0..255 as uint8_t, cut to 16 bits.</summary>
    public static TheoryData<string, Func<int, int, int>> Expressions() => new()
    {
        { "a & b", (a, b) => a & b },
        { "~a", (a, b) => ~a },
        { "(uint8_t)~a", (a, b) => (byte)~a },
        { "(int8_t)a", (a, b) => (sbyte)a },
        { "(int8_t)a >> 3", (a, b) => (sbyte)a >> 3 },
        { "(uint32_t)(int8_t)a >> 20", (a, b) => (int)((uint)(sbyte)a >> 20) },
        { "a + b", (a, b) => a + b },
        { "a - b", (a, b) => a - b },
        { "-a + 3", (a, b) => -a + 3 },
        { "a ^ 0xFFFFFFFFFFFFFFFFU", (a, b) => ~a },
        { "(a ^ 0xFFU) | b << 8", (a, b) => (a ^ 255) | (b << 8) },
        { "a & 1 ? b : ~b", (a, b) => (a & 1) != 0 ? b : ~b },
        { "!a + (a == b) + (a != b)", (a, b) => (a == 0 ? 1 : 0) + 1 },
        { "a && b || !b", (a, b) => (a != 0 && b != 0) || b == 0 ? 1 : 0 },
        { "a | b ^ a & 85", (a, b) => a | (b ^ (a & 85)) },
        { "((long) a & 0x1) << 9", (a, b) => (a & 1) << 9 },
        { "a << 12 >> 12", (a, b) => a },
        { "(uint16_t)(a << 12) >> 12", (a, b) => a & 15 },
        { "(unsigned char) (b + 250)", (a, b) => (byte)(b + 250) },
    };

    [Theory]
    [MemberData(nameof(Expressions))]
    public void Expression_has_its_value_in_C(string expression, Func<int, int, int> value)
    {
        int[] products = Products(Function($"return {expression};"));

        Assert.Equal(Enumerable.Range(0, 65536).Select(i => value(i >> 8, i & 255) & 0xFFFF), products);
    }

    [Fact]
    public void Variables_are_cut_to_their_type_and_assigned_in_order()
    {
        int[] products = Products(Function(
            "  uint8_t x = a + b, y;\n  int16_t z = 0;\n  y = x; x = 1; /* y keeps */ z |= y; z += x; z <<= 1; // done\n  return z;"));

        Assert.Equal(Enumerable.Range(0, 65536).Select(i => 2 * ((((i >> 8) + i) & 255) + 1)), products);
    }

    [Fact]
    public void Wide_parameters_hold_eight_bits()
    {
        int[] products = Products(Function("return (A >> 9) + B;", "uint64_t", "const uint64_t", "const uint64_t")
            .Replace(" a,", " A,", StringComparison.Ordinal).Replace(" b)", " B)", StringComparison.Ordinal));

        Assert.Equal(Enumerable.Range(0, 65536).Select(i => i & 255), products);
    }

    [Fact]
    public void First_parameter_is_the_activation() => Assert.Equal(200, Products(Function("return a;"))[(200 << 8) | 3]);

    [Theory]
    [InlineData("  return c;", 3, "'c'", "a declared variable")]
    [InlineData("  uint8_t c;\n  return c;", 4, "'c' read before it has a value", "an assignment first")]
    [InlineData("  uint8_t c;\n  uint8_t c;\n  return a;", 4, "'c' declared again", "every variable once")]
    [InlineData("  for (;;) {}\n  return a;", 3, "'for'", "a declared variable; no loops, branches or calls")]
    [InlineData("  return a << b;", 3, "a shift by a variable or by too much", "a constant in 0..31")]
    [InlineData("  return a << 32;", 3, "a shift by a variable or by too much", "a constant in 0..31")]
    [InlineData("  return a * b;", 3, "'*'", "';'")]
    [InlineData("  return 99999999999999999999;", 3, "'99999999999999999999'", "a decimal or hexadecimal number of at most 64 bits")]
    [InlineData("  return 017;", 3, "'017'", "a decimal or hexadecimal number of at most 64 bits")]
    [InlineData("  return (a;", 3, "';'", "')'")]
    [InlineData("  return a", 4, "'}'", "';'")]
    [InlineData("  /* never ends\n  return a;", 3, "a comment without an end", "'*/'")]
    [InlineData("  float c;\n  return a;", 3, "'float'", "a declared variable; no loops, branches or calls")]
    public void Malformed_body_is_refused_with_its_line(string body, int line, string found, string expected) =>
        Assert.Equal($"f.c, line {line}: found {found}, expected {expected}.", Message(Function(body)));

    [Theory]
    [InlineData("", "f.c, line 1: found the end of the file, expected an integer type such as uint16_t.")]
    [InlineData("uint8_t f(uint8_t a, uint8_t b) { return a; }",
        "f.c, line 1: found a result of 8 bits, expected one of at least 16, as the product of two 8-bit operands needs.")]
    [InlineData("uint16_t f(uint8_t a) { return a; }", "f.c, line 1: found ')', expected ','.")]
    [InlineData("uint16_t f(uint8_t a, uint8_t b) { return a; } int g;",
        "f.c, line 1: found 'int', expected the end of the file after the function.")]
    [InlineData("uint16_t f(uint8_t a, uint8_t b) {", "f.c, line 1: found the end of the file, expected an assignment or return.")]
    [InlineData("#define X 1", "f.c, line 1: found '#', expected an integer type such as uint16_t.")]
    public void Malformed_function_is_refused(string text, string message) => Assert.Equal(message, Message(text));
}
