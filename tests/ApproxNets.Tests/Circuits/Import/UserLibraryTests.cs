using ApproxNets.Circuits.Import;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits.Import;

public sealed class UserLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("data");

    public void Dispose() => _folder.Dispose();

    private string Library => _folder["mine"];

    private IReadOnlyList<string> Add(IEnumerable<(Multiplier Multiplier, Netlist? Circuit)> multipliers, bool replace = false) =>
        UserLibrary.Add(Library, multipliers, replace, TestContext.Current.CancellationToken);

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

        Assert.Equal(["circuit", "exact_unsigned", "table"], Add([(given, circuit), Sample("table")]));

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

    [Fact]
    public void A_changed_table_is_an_error_until_its_hash_is_cleared()
    {
        Add([Sample("table")]);
        int[] products = [.. MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned)["table"].Products.ToArray()];
        products[65535]--;
        NpyTable.Write(Path.Combine(Library, "table.npy"), products);
        string message = Assert.Throws<InvalidDataException>(() => MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned)).Message;
        Assert.Contains("table.npy", message, StringComparison.Ordinal);

        string costs = Path.Combine(Library, "mine.csv"), hash = File.ReadLines(costs).Single(line => line.StartsWith("table,", StringComparison.Ordinal)).Split(',')[^1];
        Assert.Contains(hash, message, StringComparison.Ordinal);
        File.WriteAllText(costs, File.ReadAllText(costs).Replace(hash, "", StringComparison.Ordinal));
        Assert.Equal(products[65535], MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned)["table"].Products.Span[65535]);
    }

    private static (string, double?, double?, string?) Figures(Multiplier m) =>
        (m.PowerSource, m.AreaSquareMicrometres, m.DelayNanoseconds, m.AreaDelaySource);

    [Fact]
    public void Later_imports_add_and_only_replace_when_asked()
    {
        Add([Sample("x")]);
        Add([Sample("y"), Sample("x")]);

        string message = Assert.Throws<InvalidDataException>(() => Add([Sample("x", 2)])).Message;
        Assert.Contains("found two multipliers 'x'", message, StringComparison.Ordinal);
        Assert.EndsWith("; --replace takes the new one.", message, StringComparison.Ordinal);
        Assert.Equal(2, MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned)["x"][3, 0]);

        Add([Sample("x", 2)], replace: true);
        var library = MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned);
        Assert.Equal(0, library["x"][3, 0]);
        Assert.Equal(3, library.Multipliers.Count);
    }

    [Fact]
    public void Two_circuits_of_one_name_are_refused_and_one_twice_is_not()
    {
        Assert.Throws<InvalidDataException>(() => Add([Sample("x"), Sample("x", 2)], replace: true));
        Assert.False(Directory.Exists(Library));
        Assert.Equal(["exact_unsigned", "x"], Add([Sample("x"), Sample("x")]));
    }

    [Fact]
    public void Nothing_changes_when_a_name_is_wrong()
    {
        Add([Sample("x")]);
        string before = File.ReadAllText(Path.Combine(Library, "mine.csv"));

        Assert.Throws<ArgumentException>(() => Add([Sample("y"), Sample("../z")]));
        Assert.Equal(before, File.ReadAllText(Path.Combine(Library, "mine.csv")));
        Assert.Equal([Library], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Circuit_of_another_table_is_refused()
    {
        Add([Sample("c", withCircuit: true)]);
        File.WriteAllText(Path.Combine(Library, "c.blif"), CarrySaveArray.Exact(Signedness.Unsigned).ToBlif("m"));
        Multiplier multiplier = MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned)["c"];

        Assert.Contains(
            "found a circuit of another table",
            Assert.Throws<InvalidDataException>(() => UserLibrary.ReadCircuit(Library, multiplier)).Message, StringComparison.Ordinal);
    }

    private static (Multiplier Multiplier, Netlist? Circuit) ExactOf(double relativePower, string name = "cheap") => (
        new Multiplier(
            name, Signedness.Unsigned, MultiplierFamilies.Exact(Signedness.Unsigned).Products.Span, relativePower, "a guess"), null);

    private string Costs => Path.Combine(Library, "mine.csv");

    [Fact]
    public void Relative_power_stays_when_a_cheaper_exact_multiplier_comes()
    {
        Add([Sample("x")]);
        string row = Assert.Single(File.ReadLines(Costs), line => line.StartsWith("x,", StringComparison.Ordinal));
        Add([ExactOf(0.8)]);
        Add([Sample("y")]);

        var library = MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned);
        Assert.Equal(["exact_unsigned", "cheap", "x", "y"], library.Multipliers.Select(m => m.Name));
        Assert.Equal([1, 0.8, 0.5, 0.5], library.Multipliers.Select(m => m.RelativePower));
        Assert.Contains(row, File.ReadLines(Costs));
    }

    /// <summary>A folder as one collects it by hand: columns in another order, one of them unknown, no source, no delay, no reference of
    /// power; other files, and all behind a symbolic link.</summary>
    [Fact]
    public void What_is_in_a_folder_stays()
    {
        string place = Directory.CreateDirectory(_folder["store"]).FullName;
        Directory.CreateSymbolicLink(Library, place);
        NpyTable.Write(Path.Combine(place, "e.npy"), ExactOf(1).Multiplier.Products.Span);
        NpyTable.Write(Path.Combine(place, "x.npy"), Sample("x").Multiplier.Products.Span);
        File.WriteAllText(Costs, "signed,name,found in,power_mw,area_um2\n0,e,a paper,0.4,700\n\n0, x,a thesis,0.1,90\n");
        File.WriteAllText(Path.Combine(place, "notes.txt"), "mine");
        Directory.CreateDirectory(Path.Combine(place, "sources"));

        Add([ExactOf(0.8), Sample("new"), Sample("x")]);

        Assert.Equal(place, new DirectoryInfo(Library).LinkTarget);
        Assert.Equal("mine", File.ReadAllText(Path.Combine(place, "notes.txt")));
        Assert.True(Directory.Exists(Path.Combine(place, "sources")));
        string[] lines = File.ReadAllLines(Costs);
        Assert.StartsWith("signed,name,found in,power_mw,area_um2,", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("0,e,a paper,0.4,700,", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("0,x,a thesis,0.1955,,", lines[2], StringComparison.Ordinal);
        var library = MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned);
        Assert.Equal(["e", "cheap", "new", "x"], library.Multipliers.Select(m => m.Name));
        Assert.Equal([1, 0.8, 0.5, 0.5], library.Multipliers.Select(m => m.RelativePower));
        Assert.Equal((700, null), (library["e"].AreaSquareMicrometres, library["e"].DelayNanoseconds));
    }

    [Fact]
    public void Circuit_goes_with_its_table()
    {
        Add([Sample("c", withCircuit: true)]);
        Add([(Sample("c", withCircuit: true).Multiplier, null)]);
        Multiplier Read() => MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned)["c"];
        Assert.NotNull(UserLibrary.ReadCircuit(Library, Read()));

        Add([Sample("c")], replace: true);
        Assert.Null(UserLibrary.ReadCircuit(Library, Read()));
    }

    [Fact]
    public void Writers_at_once_lose_nothing()
    {
        string[] names = [.. Enumerable.Range(0, 8).Select(i => $"x{i}")];
        Parallel.ForEach(names, name => Add([Sample(name)]));

        Assert.Equal(["exact_unsigned", .. names], MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned).Multipliers.Select(m => m.Name));
    }

    [Fact]
    public void Writer_that_waits_can_be_stopped_and_gives_up()
    {
        Add([Sample("x")]);
        string[] before = Directory.GetFiles(Library);
        using (UserLibrary.Lock(Library, TimeSpan.Zero, TestContext.Current.CancellationToken))
        {
            Assert.Contains("found another process writing for 0 s", Assert.Throws<IOException>(
                () => UserLibrary.Lock(Library, TimeSpan.Zero, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
            using var stop = new CancellationTokenSource(100);
            Assert.Throws<OperationCanceledException>(() => UserLibrary.Add(Library, [Sample("y")], replace: false, stop.Token));
        }

        Assert.Equal(before, Directory.GetFiles(Library));
        Add([Sample("y")]);
    }

    [Fact]
    public void What_a_killed_process_left_goes()
    {
        Directory.CreateDirectory(Path.Combine(Library, ".new"));
        File.WriteAllText(Path.Combine(Library, ".new", "z.npy"), "half");
        Add([Sample("x")]);

        string[] files = ["exact_unsigned.blif", "exact_unsigned.npy", "mine.csv", "x.npy", ".lock"];
        Assert.Equal(files.Order(), Directory.GetFileSystemEntries(Library).Select(path => Path.GetFileName(path)).Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_a_killed_process_has_begun_to_rename_is_renamed(int renamed)
    {
        Add([Sample("x")]);
        string[] order = ["exact_unsigned.blif", "exact_unsigned.npy", "x.npy", "mine.csv"];
        string staging = Directory.CreateDirectory(Path.Combine(Library, ".new")).FullName;
        foreach (string name in order.Skip(renamed))
        {
            File.Move(Path.Combine(Library, name), Path.Combine(staging, name));
        }

        if (renamed == 2)
        {
            UserLibrary.CheckCanAdd(Library, "y");
            Assert.False(Directory.Exists(staging));
        }

        Assert.Equal(["y"], Add([Sample("y", shift: 2)]));
        Assert.Equal(["exact_unsigned", "x", "y"], MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned).Multipliers.Select(m => m.Name));
        Assert.False(Directory.Exists(staging));
    }

    [Fact]
    public void The_circuit_of_a_table_whose_replacement_was_interrupted_goes()
    {
        Add([Sample("c", withCircuit: true)]);
        var (old, replaced) = (_folder["old"], _folder["new"]);
        Directory.Move(Library, old);
        Directory.CreateDirectory(Library);
        foreach (string file in Directory.GetFiles(old))
        {
            File.Copy(file, Path.Combine(Library, Path.GetFileName(file)));
        }

        Add([Sample("c")], replace: true);
        Assert.False(File.Exists(Path.Combine(Library, "c.blif")));
        Directory.Move(Library, replaced);
        Directory.Move(old, Library);

        // All is written and nothing renamed.
        string staging = Directory.CreateDirectory(Path.Combine(Library, ".new")).FullName;
        File.Copy(Path.Combine(replaced, "c.npy"), Path.Combine(staging, "c.npy"));
        File.Copy(Path.Combine(replaced, "mine.csv"), Path.Combine(staging, "mine.csv"));
        File.WriteAllText(Path.Combine(staging, "c.blif"), "");
        Add([Sample("y", shift: 2)]);

        var library = MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned);
        Assert.Equal(Sample("c").Multiplier.TableHash, library["c"].TableHash);
        Assert.Null(UserLibrary.ReadCircuit(Library, library["c"]));
    }

    [Theory]
    [InlineData(" x")]
    [InlineData("a:b")]
    public void Name_that_could_not_be_read_again_is_refused(string name)
    {
        Assert.Throws<ArgumentException>(() => Add([Sample(name)]));
        Assert.False(Directory.Exists(Library));
    }

    [Fact]
    public void Exact_multiplier_that_is_added_takes_a_free_name()
    {
        Assert.Equal(["exact_unsigned", "exact_unsigned_"], Add([Sample("exact_unsigned")]));
        Assert.Equal("exact_unsigned_", MultiplierLibrary.ReadFolder(Library, Signedness.Unsigned).Exact.Name);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(608)]
    public void Implausible_power_is_refused(double relativePower)
    {
        string message = Assert.Throws<InvalidDataException>(() => Add([ExactOf(relativePower)])).Message;
        Assert.Contains($"'cheap' with {relativePower} times the power", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Library));
    }
}
