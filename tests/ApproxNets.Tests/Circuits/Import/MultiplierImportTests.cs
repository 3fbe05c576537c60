using ApproxNets.Circuits.Import;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits.Import;

public sealed class MultiplierImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("files");

    public void Dispose() => _folder.Dispose();

    private string Write(string name, string text)
    {
        string path = _folder[name];
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void Published_figures_are_used_and_say_where_they_are_from()
    {
        string path = Write("mul8s_TEST.c", SampleSources.Header(0, 0, "0.340") + SampleSources.SignedC("mul8s_TEST"));
        ImportedMultiplier read = MultiplierImport.Read(path);

        Assert.Equal(("mul8s_TEST", Signedness.Signed, true), (read.Multiplier.Name, read.Multiplier.Signedness, read.Multiplier.IsExact));
        Assert.Equal(0.340 / 0.425, read.Multiplier.RelativePower);
        Assert.Equal("published in mul8s_TEST.c: 0.34 mW of 0.425 mW exact", read.Multiplier.PowerSource);
        Assert.Equal(
            (555.5, 1.25, "published in mul8s_TEST.c"),
            (read.Multiplier.AreaSquareMicrometres, read.Multiplier.DelayNanoseconds, read.Multiplier.AreaDelaySource));
        Assert.Equal(new PublishedFigures(0.34, 555.5, 1.25, 0, 0, 0.015, 0.5, 125), read.Published);
    }

    [Theory]
    [InlineData("circuit.c")]
    [InlineData("circuit.v")]
    [InlineData("circuit.blif")]
    public void Estimate_is_used_where_nothing_is_published(string name)
    {
        Netlist netlist = CModel.Read("", SampleSources.UnsignedC("f", 6)).Netlist;
        string text = name.EndsWith('c') ? SampleSources.UnsignedC("f", 6)
            : name.EndsWith('v') ? netlist.ToVerilog("f") : netlist.ToBlif("f");
        ImportedMultiplier read = MultiplierImport.Read(Write(name, text));

        Assert.Equal(Signedness.Unsigned, read.Multiplier.Signedness);
        Assert.Equal(netlist.Products(Signedness.Unsigned), read.Multiplier.Products.ToArray());
        Assert.Equal(CircuitCost.RelativePower(netlist, Signedness.Unsigned), read.Multiplier.RelativePower, 1e-12);
        Assert.Equal((CircuitCost.Source, CircuitCost.Source), (read.Multiplier.PowerSource, read.Multiplier.AreaDelaySource));
        Assert.Null(read.Published);
    }

    [Fact]
    public void Same_circuit_in_C_and_Verilog_costs_the_same()
    {
        Multiplier c = MultiplierImport.Read(Write("a.c", SampleSources.SignedC("f", 4))).Multiplier;
        Multiplier v = MultiplierImport.Read(Write("b.v", SampleSources.Verilog("f", 4, signed: true))).Multiplier;

        Assert.Equal(c.TableHash, v.TableHash);
        Assert.Equal(c.RelativePower, v.RelativePower, 0.01 * c.RelativePower); // inverters may be placed otherwise
        double area = c.AreaSquareMicrometres!.Value;
        Assert.Equal(area, v.AreaSquareMicrometres!.Value, 0.01 * area);
    }

    [Fact]
    public void Unsigned_types_of_a_signed_circuit_declare_nothing()
    {
        string text = SampleSources.SignedC("f", 3)
            .Replace("int16_t f(int8_t A, int8_t B)", "uint16_t f(uint8_t A, uint8_t B)", StringComparison.Ordinal);

        Assert.Equal(Signedness.Signed, MultiplierImport.Read(Write("f.c", text)).Multiplier.Signedness);
    }

    [Theory]
    [InlineData("f.c", Signedness.Unsigned)]
    [InlineData("mul8u_f.c", null)]
    public void Contradiction_of_declared_and_found_signedness_shows_both(string name, Signedness? declared)
    {
        string path = Write(name, SampleSources.SignedC("f"));
        string message = Assert.Throws<InvalidDataException>(() => MultiplierImport.Read(path, declared)).Message;

        Assert.StartsWith($"{path}: found a circuit that fits Signed operands (correlation 1.000", message, StringComparison.Ordinal);
        Assert.Contains("expected Unsigned ones (correlation ", message, StringComparison.Ordinal);
        Assert.Equal(Signedness.Signed, MultiplierImport.Read(path, Signedness.Signed).Multiplier.Signedness);
    }

    [Fact]
    public void Swapped_operands_transpose_table_and_circuit()
    {
        string path = Write("f.c", SampleSources.UnsignedC("f").Replace("c = 0;", "c = 0; a = a & 0xF8;", StringComparison.Ordinal));
        ImportedMultiplier plain = MultiplierImport.Read(path), swapped = MultiplierImport.Read(path, swapped: true);

        Assert.Equal(248 * 7, plain.Multiplier[255, 7]);
        Assert.Equal(248 * 7, swapped.Multiplier[7, 255]);
        Assert.Equal(0, swapped.Multiplier[255, 7]);
        Assert.Equal(("b", "a"), (swapped.Circuit!.OperandA, swapped.Circuit.OperandB));
        Assert.Equal(swapped.Multiplier.Products.ToArray(), swapped.Circuit.Netlist.Products(Signedness.Unsigned));
    }

    [Fact]
    public void Table_has_no_power_unless_it_is_given()
    {
        string path = _folder["t.npy"];
        NpyTable.Write(path, MultiplierFamilies.Truncated(Signedness.Unsigned, 4).Multiplier.Products.Span);

        Multiplier unknown = MultiplierImport.Read(path).Multiplier, given = MultiplierImport.Read(path, power: 0.7).Multiplier;
        Assert.Equal((1, MultiplierImport.UnknownPower), (unknown.RelativePower, unknown.PowerSource));
        Assert.Equal((0.7, "given at import"), (given.RelativePower, given.PowerSource));
    }

    [Theory]
    [InlineData(100, 0, "MAE")]
    [InlineData(0, 100, "WCE")]
    public void Header_that_contradicts_the_table_is_refused(double mae, double wce, string metric)
    {
        string path = Write("mul8u_f.c", SampleSources.Header(mae, wce) + SampleSources.UnsignedC("mul8u_f"));

        Assert.Equal(
            $"{path}: found a circuit with {metric} 0, expected 100 as its header says.",
            Assert.Throws<InvalidDataException>(() => MultiplierImport.Read(path)).Message);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("-1")]
    [InlineData("1e999")]
    public void Malformed_figure_is_refused_with_its_line(string power)
    {
        string path = Write("mul8u_f.c", SampleSources.Header(0, 0, power) + SampleSources.UnsignedC("mul8u_f"));

        Assert.Equal(
            $"{path}, line 11: found '// PDK45_PWR = {power} mW', expected every figure once, a finite number >= 0.",
            Assert.Throws<InvalidDataException>(() => MultiplierImport.Read(path)).Message);
    }

    [Fact]
    public void Unknown_extension_is_refused()
    {
        string path = Write("f.vhdl", "");

        Assert.StartsWith(
            $"{path}: found the extension '.vhdl', expected .c, .v",
            Assert.Throws<InvalidDataException>(() => MultiplierImport.Read(path)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => MultiplierImport.Read(_folder["none.c"]));
    }

    [Fact]
    public void Checkout_is_read_once_a_circuit_and_without_other_widths()
    {
        string[] files =
        [
            "8x8_unsigned/pareto_pwr_mae/mul8u_A.c", "8x8_unsigned/pareto_pwr_mae/mul8u_A.v", "8x8_unsigned/pareto_pwr_mae/mul8u_A_pdk45.v",
            "8x8_unsigned/pareto_pwr_wce/mul8u_A.c", "8x8_signed/pareto_pwr_ep/mul8s_B_pdk45.v", "8x8_signed/pareto_pwr_ep/mul8s_B.v",
            "8x8_signed/README.md", "12x12_unsigned/mul12u_C.c", "8x4_unsigned/mul8x4u_D.c", "adders/add8u_E.c",
            "8x8_unsigned/legacy/mul8_001.c",
        ];
        foreach (string file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_folder[file])!);
            Write(file, "");
        }

        ImportFiles found = ImportFiles.Find([_folder.Path]);

        Assert.Equal(
            new[] { files[0], files[3], files[5], files[10] }.Select(name => _folder[name]).Order(StringComparer.Ordinal),
            found.Taken.Order(StringComparer.Ordinal));
        Assert.Equal(6, found.LeftOut.Count);
        Assert.Contains((_folder[files[7]], "an adder, or operands of another width than 8 bits"), found.LeftOut);
        Assert.Contains((_folder[files[2]], "another form of mul8u_A.c"), found.LeftOut);
        Assert.Throws<FileNotFoundException>(() => ImportFiles.Find([_folder["none"]]));
        Directory.CreateDirectory(_folder["empty"]);
        Assert.Throws<InvalidDataException>(() => ImportFiles.Find([_folder["empty"]]));
    }
}
