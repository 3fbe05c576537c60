using ApproxNets.Circuits.Import;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits.Import;

public sealed class UserLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("data");

    public void Dispose() => _folder.Dispose();

    private string Library => _folder["mine"];

    private static (Multiplier Multiplier, Netlist? Circuit) Sample(string name, int shift = 1, bool withCircuit = false)
    {
        var c = new NetlistBuilder(8);
        Netlist circuit = c.Build([c.Zero, .. Enumerable.Range(0, 8).Select(i => c.And(c.A(i), c.B(7))), .. Enumerable.Repeat(c.Zero, 7)]);
        return withCircuit
            ? (circuit.ToMultiplier(name, Signedness.Unsigned, 0.25, "a, \"guess\""), circuit)
            : (Multiplier.FromFunction(name, Signedness.Unsigned, (x, w) => x >> shift << shift, 0.5, "a guess"), null);
    }

    [Fact]
    public void Library_is_read_back_with_figures_sources_and_circuits()
    {
        (Multiplier given, Netlist? circuit) = Sample("circuit", withCircuit: true);
        given = new Multiplier(given.Name, given.Signedness, given.Products.Span, given.RelativePower, given.PowerSource)
        {
            AreaSquareMicrometres = 123.5,
            DelayNanoseconds = 0.75,
            AreaDelaySource = "a tool",
        };

        Assert.Equal(["circuit", "exact_unsigned", "table"], UserLibrary.Add(Library, [(given, circuit), Sample("table")], replace: false));

        var library = MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned);
        Assert.Equal(["exact_unsigned", "table", "circuit"], library.Multipliers.Select(m => m.Name));
        Assert.Equal([1, 0.5, 0.25], library.Multipliers.Select(m => m.RelativePower));
        Assert.Equal(given.TableHash, library["circuit"].TableHash);
        Assert.Equal(("a; 'guess'", 123.5, 0.75, "a tool"), Figures(library["circuit"]));
        Assert.Equal(("a guess", null, null, null), Figures(library["table"]));
        Assert.Equal(circuit!.Simplified().Gates.Length, UserLibrary.ReadCircuit(Library, library["circuit"])!.Gates.Length);
        Assert.Null(UserLibrary.ReadCircuit(Library, library["table"]));
        Assert.Equal([Library], Directory.GetFileSystemEntries(_folder.Path));
    }

    private static (string, double?, double?, string?) Figures(Multiplier m) =>
        (m.PowerSource, m.AreaSquareMicrometres, m.DelayNanoseconds, m.AreaDelaySource);

    [Fact]
    public void Later_imports_add_and_only_replace_when_asked()
    {
        UserLibrary.Add(Library, [Sample("x")], replace: false);
        UserLibrary.Add(Library, [Sample("y"), Sample("x")], replace: false);

        string message = Assert.Throws<InvalidDataException>(() => UserLibrary.Add(Library, [Sample("x", 2)], replace: false)).Message;
        Assert.Contains("found two multipliers 'x'", message, StringComparison.Ordinal);
        Assert.EndsWith("; --replace takes the new one.", message, StringComparison.Ordinal);
        Assert.Equal(2, MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned)["x"][3, 0]);

        UserLibrary.Add(Library, [Sample("x", 2)], replace: true);
        var library = MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned);
        Assert.Equal(0, library["x"][3, 0]);
        Assert.Equal(3, library.Multipliers.Count);
    }

    [Fact]
    public void Two_circuits_of_one_name_are_refused_and_one_twice_is_not()
    {
        Assert.Throws<InvalidDataException>(() => UserLibrary.Add(Library, [Sample("x"), Sample("x", 2)], replace: true));
        Assert.False(Directory.Exists(Library));
        Assert.Equal(["exact_unsigned", "x"], UserLibrary.Add(Library, [Sample("x"), Sample("x")], replace: false));
    }

    [Fact]
    public void Nothing_changes_when_a_name_is_wrong()
    {
        UserLibrary.Add(Library, [Sample("x")], replace: false);
        string before = File.ReadAllText(Path.Combine(Library, "mine.csv"));

        Assert.Throws<ArgumentException>(() => UserLibrary.Add(Library, [Sample("y"), Sample("../z")], replace: false));
        Assert.Equal(before, File.ReadAllText(Path.Combine(Library, "mine.csv")));
        Assert.Equal([Library], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Circuit_of_another_table_is_refused()
    {
        UserLibrary.Add(Library, [Sample("c", withCircuit: true)], replace: false);
        File.WriteAllText(Path.Combine(Library, "c.blif"), CarrySaveArray.Exact(Signedness.Unsigned).ToBlif("m"));
        Multiplier multiplier = MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned)["c"];

        Assert.Contains(
            "found a circuit of another table",
            Assert.Throws<InvalidDataException>(() => UserLibrary.ReadCircuit(Library, multiplier)).Message, StringComparison.Ordinal);
    }
}
