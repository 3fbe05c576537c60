using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ApproxNets.Circuits.Import;
using ApproxNets.Cli.Commands;
using ApproxNets.Multipliers;
using ApproxNets.Tests.Circuits.Import;
using Spectre.Console;
using Xunit;

namespace ApproxNets.Tests.Cli;

/// <summary>Runs the commands as a user does; their output is the process's, so these tests do not run beside each other.</summary>
[Collection(nameof(MultipliersCommandTests))]
[CollectionDefinition(nameof(MultipliersCommandTests), DisableParallelization = true)]
public sealed class MultipliersCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("data");
    private readonly string? _data = Environment.GetEnvironmentVariable("APPROXNETS_DATA");

    public MultipliersCommandTests() => Environment.SetEnvironmentVariable("APPROXNETS_DATA", _folder.Path);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("APPROXNETS_DATA", _data);
        _folder.Dispose();
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        using var captured = new StringWriter();
        using var errors = new StringWriter();
        try
        {
            Console.SetOut(captured);
            Console.SetError(errors);
            int code = await CommandLine.InvokeAsync(CommandLine.Root(), args);
            return (code, captured.ToString(), errors.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    private string Write(string name, string text)
    {
        string path = _folder[name];
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public async Task Unsigned_circuits_are_offered_to_signed_layers_with_and_without_sign_logic()
    {
        string exact = Write("mul8s_X.c", SampleSources.Header(0, 0, "0.425") + SampleSources.SignedC("mul8s_X"));
        string cut = Write("cut.v", SampleSources.Verilog("cut", 6, signed: false));
        Assert.Equal(0, (await RunAsync("multipliers", "import", exact, "--name", "mine", "--json")).Code);
        Assert.Equal(0, (await RunAsync("multipliers", "import", cut, "--name", "mine", "--json")).Code);

        var library = MultiplierLibrary.Open("mine", Signedness.Signed);
        Multiplier ofCut = library["cut_sm"], circuit = MultiplierLibrary.Open("mine", Signedness.Unsigned)["cut"];
        Assert.Equal("mul8s_X", library.Exact.Name);
        Assert.Equal(circuit.RelativePower * Multiplier.ExactUnsignedPower, ofCut.PowerWithoutSignLogic!.Value, 1e-9);
        Assert.True(ofCut.RelativePower > ofCut.PowerWithoutSignLogic);

        JsonNode shown = JsonNode.Parse((await RunAsync("multipliers", "show", "cut_sm", "--json")).Output)!;
        Assert.Equal((ofCut.RelativePower, ofCut.PowerWithoutSignLogic!.Value), ((double)shown["relativePower"]!, (double)shown["powerWithoutSignLogic"]!));
        string card = Printed(MultiplierReport.Card(MultiplierReport.Of(new LibraryEntry("mine", _folder["mine"], ofCut))));
        Assert.Matches(FormattableString.Invariant($@"without sign logic +{ofCut.PowerWithoutSignLogic:G4}\s"), card);
        JsonNode listed = JsonNode.Parse((await RunAsync("multipliers", "list", "--library", "mine", "--json")).Output)!;
        Assert.Contains("cut_sm", listed.AsArray().Select(m => (string)m!["name"]!));

        // A table of the folder comes before what is made of others under its name.
        string own = Write("cut_sm.v", SampleSources.Verilog("cut_sm", 3, signed: true));
        Assert.Equal(0, (await RunAsync("multipliers", "import", own, "--name", "mine", "--json")).Code);
        Assert.Null(MultiplierLibrary.Open("mine", Signedness.Signed)["cut_sm"].PowerWithoutSignLogic);
        File.Delete(own);
        Directory.Delete(_folder["mine"], recursive: true);
        Assert.Equal(0, (await RunAsync("multipliers", "import", exact, "--name", "mine", "--json")).Code);

        // What is made of the tables is not written back as another table.
        Assert.Equal(0, (await RunAsync("multipliers", "import", cut, "--name", "mine", "--json")).Code);
        Assert.Equal("cut_sm", MultiplierLibrary.Open("mine", Signedness.Signed).Multipliers.Single(m => m.Name == "cut_sm").Name);
        Assert.DoesNotContain("cut_sm", File.ReadAllText(_folder["mine/mine.csv"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Imported_circuits_can_be_listed_shown_compared_and_opened()
    {
        string exact = Write("mul8s_X.c", SampleSources.Header(0, 0, "0.425") + SampleSources.SignedC("mul8s_X"));
        string cut = Write("cut.v", SampleSources.Verilog("cut", 6, signed: true));

        var (code, output, error) = await RunAsync("multipliers", "import", exact, cut, "--name", "mine", "--json");
        Assert.Equal((0, ""), (code, error));
        JsonNode json = JsonNode.Parse(output)!;
        Assert.Equal(_folder["mine"], (string)json["folder"]!);
        Assert.Empty(json["addedExact"]!.AsArray());

        var library = MultiplierLibrary.Open("mine", Signedness.Signed);
        Assert.Equal(["mul8s_X", "cut"], library.Multipliers.Select(m => m.Name));
        Assert.Contains(MultiplierLibrary.List(), status => status is { Name: "mine", IsComplete: true });

        JsonNode listed = JsonNode.Parse((await RunAsync("multipliers", "list", "--library", "mine", "--json")).Output)!;
        Assert.Equal(["mul8s_X", "cut"], listed.AsArray().Select(m => (string)m!["name"]!));
        Assert.Equal([1, library["cut"].RelativePower], listed.AsArray().Select(m => (double)m!["relativePower"]!));

        JsonNode shown = JsonNode.Parse((await RunAsync("multipliers", "show", "cut", "--json")).Output)!;
        Assert.Equal("signed", (string)shown["signedness"]!);
        Assert.Equal(ErrorStatistics.Of(library["cut"]).MeanAbsoluteError, (double)shown["mae"]!);
        Assert.Equal((double)shown["relativePower"]!, (double)shown["circuit"]!["estimatedRelativePower"]!, 1e-9);

        JsonNode compared = JsonNode.Parse((await RunAsync("multipliers", "compare", "mul8s_X", "cut", "--json")).Output)!;
        Assert.Equal(
            100 * ErrorStatistics.Of(library["cut"]).ErrorProbability, (double)compared["differentProductsPercent"]!, 1e-9);
        Assert.Equal(("mul8s_X", "cut"), ((string)compared["a"]!["name"]!, (string)compared["b"]!["name"]!));
    }

    [Fact]
    public async Task Folder_of_one_broken_file_imports_nothing_and_says_where()
    {
        Directory.CreateDirectory(_folder["in"]);
        Write("in/mul8u_A.c", SampleSources.UnsignedC("mul8u_A"));
        string broken = Write("in/mul8u_B.c", SampleSources.UnsignedC("mul8u_B").Replace("n7 =", "n7 +", StringComparison.Ordinal));

        var (code, output, error) = await RunAsync("multipliers", "import", _folder["in"], "--name", "mine");
        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith($"approxnets: {broken}, line ", error, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was imported.", error.TrimEnd(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["mine"]));
    }

    [Fact]
    public async Task Table_is_imported_to_another_place_with_an_exact_one_beside()
    {
        string table = _folder["t.npy"];
        NpyTable.Write(table, MultiplierFamilies.Truncated(Signedness.Unsigned, 4).Multiplier.Products.Span);

        var (code, output, _) = await RunAsync(
            "multipliers", "import", table, "--unsigned", "--power", "0.75", "--out", _folder["elsewhere"], "--name", "x", "--json");
        Assert.Equal(0, code);
        Assert.Equal(["exact_unsigned"], JsonNode.Parse(output)!["addedExact"]!.AsArray().Select(name => (string)name!));
        var library = MultiplierLibrary.ReadFolder(_folder["elsewhere/x"], Signedness.Unsigned);
        Assert.Equal([1, 0.75], library.Multipliers.Select(m => m.RelativePower));
    }

    [Fact]
    public void Tables_for_readers_hold_the_figures()
    {
        Multiplier exact = MultiplierFamilies.Exact(Signedness.Unsigned), cut = MultiplierFamilies.Truncated(Signedness.Unsigned, 4);
        LibraryEntry a = new("lib", null, exact), b = new("lib", null, cut);
        string list = Printed(MultiplierReport.Table([MultiplierReport.Of(a), MultiplierReport.Of(b)]));
        string card = Printed(MultiplierReport.Card(MultiplierReport.Of(b)));
        string comparison = Printed(MultiplierReport.Comparison(a, b));

        ErrorStatistics errors = ErrorStatistics.Of(cut);
        Assert.Contains(cut.Name, list, StringComparison.Ordinal);
        Assert.Contains("2 multipliers; power is relative to the exact one.", list, StringComparison.Ordinal);
        Assert.Contains($" {errors.WorstCaseError} ", card, StringComparison.Ordinal);
        Assert.Contains(cut.PowerSource, card, StringComparison.Ordinal);
        Assert.Contains(cut.TableHash, comparison, StringComparison.Ordinal);
        string share = FormattableString.Invariant($"{100 * errors.ErrorProbability:G4} % of all products differ.");
        Assert.Contains(share, comparison, StringComparison.Ordinal);
    }

    private static string Printed(MultiplierReport.Result result)
    {
        using var writer = new StringWriter();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = 160;
        result.Print(console);
        return writer.ToString();
    }

    [Theory]
    [InlineData(1, "found no such file or folder", "import", "none.c")]
    [InlineData(2, "exclude each other", "import", ".", "--signed", "--unsigned")]
    [InlineData(2, "cannot be a library's name", "import", ".", "--name", "a/b")]
    [InlineData(2, "cannot be a library's name", "import", ".", "--name", "built-in")]
    [InlineData(1, "found none of this name", "list", "--library", "none")]
    [InlineData(1, "Found no multiplier 'none' among ", "show", "none")]
    [InlineData(2, "Required argument missing", "compare", "a")]
    public async Task Wrong_use_is_refused(int code, string message, params string[] args)
    {
        var result = await RunAsync(["multipliers", .. args]);

        Assert.Equal((code, ""), (result.Code, result.Output));
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_evolved_circuit_is_put_into_a_library_within_its_limit()
    {
        var (code, output, error) = await RunAsync(
            "multipliers", "evolve", "--signed", "--max-mae", "50", "--evaluations", "3000", "--seed", "2", "--library", "grown", "--json");
        JsonNode json = JsonNode.Parse(output)!;

        Assert.Equal((0, "mul8s_evo_mae50_s2_n3000", "signed"), (code, (string)json["name"]!, (string)json["signedness"]!));
        Assert.Contains("3000 of 3000 circuits tried", error, StringComparison.Ordinal);
        Assert.InRange((double)json["mae"]!, 1, 50);
        Assert.InRange((double)json["relativePower"]!, 0.1, 0.999);
        var library = MultiplierLibrary.Open("grown", Signedness.Signed);
        Assert.Equal((string)json["tableHash"]!, library["mul8s_evo_mae50_s2_n3000"].TableHash);
    }

    [Fact]
    public async Task A_circuit_for_magnitudes_is_evolved_for_the_operands_of_networks()
    {
        var (code, output, _) = await RunAsync(
            "multipliers", "evolve", "--sign-magnitude", "--max-deviation", "300", "--evaluations", "2000", "--library", "grown", "--json");
        JsonNode json = JsonNode.Parse(output)!;

        Assert.Equal((0, "mul8u_evo_sm_deviation300_s1_n2000", "unsigned"), (code, (string)json["name"]!, (string)json["signedness"]!));
        Assert.InRange(MultiplierLibrary.Open("grown", Signedness.Signed)[$"{json["name"]}_sm"].RelativePower, 0.01, 0.3); // a shipped rival has less
    }

    [Theory]
    [InlineData(1, "no limit on the error")]
    [InlineData(1, "no limit on a weighted error", "--sign-magnitude", "--max-mae", "5")]
    [InlineData(2, "--layer excludes", "--layer", "1", "--weights", "file", "--max-deviation", "5")]
    [InlineData(2, "--seconds excludes", "--max-mae", "5", "--seconds", "3", "--evaluations", "100")]
    [InlineData(2, "--seconds", "--max-mae", "5", "--seconds", "NaN")]
    [InlineData(2, "cannot be a library's name", "--max-mae", "5", "--library", "shipped")]
    [InlineData(1, "0 evaluations", "--max-mae", "5", "--evaluations", "0")]
    [InlineData(1, "limit of -5", "--max-mae", "-5")]
    [InlineData(1, "without both distributions", "--max-weighted", "5")]
    public async Task Wrong_options_of_evolution_are_errors(int expected, string found, params string[] options)
    {
        var (code, output, error) = await RunAsync(["multipliers", "evolve", .. options]);

        Assert.Equal((expected, ""), (code, output));
        Assert.Contains(found, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a:b", "one that can name a file")]
    [InlineData(" ", "one that can name a file")]
    [InlineData("x", "damaged.csv")]
    public async Task What_cannot_be_written_is_refused_before_the_evolution(string name, string found)
    {
        if (name == "x")
        {
            Directory.CreateDirectory(_folder["damaged"]);
            Write("damaged/damaged.csv", "nothing");
        }

        var (code, output, error) = await RunAsync(
            "multipliers", "evolve", "--max-mae", "50", "--evaluations", "300", "--name", name, "--library", "damaged", "--checkpoint",
            _folder["state"]);

        Assert.Equal((1, ""), (code, output));
        Assert.Contains(found, error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["state"])); // which is written at the end of a run
    }

    [Fact]
    public async Task A_run_of_given_time_says_how_to_get_its_circuit_again()
    {
        var (code, output, error) = await RunAsync("multipliers", "evolve", "--max-mae", "50", "--seconds", "0.01", "--json");
        Assert.Equal(0, code);
        string evaluations = Regex.Match(error, "--evaluations ([0-9]+) makes the same circuit again").Groups[1].Value;
        JsonNode first = JsonNode.Parse(output)!;
        Assert.EndsWith($"_n{evaluations}", (string)first["name"]!, StringComparison.Ordinal);

        JsonNode again = JsonNode.Parse((await RunAsync(
            "multipliers", "evolve", "--max-mae", "50", "--evaluations", evaluations, "--name", "again", "--json")).Output)!;
        Assert.Equal((string)first["tableHash"]!, (string)again["tableHash"]!);
    }

    [Fact]
    public async Task Power_of_nothing_or_in_another_unit_is_refused_and_more_than_the_exact_one_is_said()
    {
        string exact = Write("mul8s_X.c", SampleSources.SignedC("mul8s_X"));
        var none = await RunAsync("multipliers", "import", exact, "--power", "0", "--name", "mine");
        Assert.Equal((1, ""), (none.Code, none.Output));
        Assert.Contains("found a power of 0, expected a finite number > 0", none.Error, StringComparison.Ordinal);

        string cut = Write("mul8s_cut.c", SampleSources.Header(0, 0, "258") + SampleSources.SignedC("mul8s_cut"));
        var (code, output, error) = await RunAsync("multipliers", "import", cut, "--name", "mine");
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("607 times", error, StringComparison.Ordinal);
        Assert.Contains("258 mW of 0.425 mW", error, StringComparison.Ordinal);

        string table = _folder["t.npy"];
        NpyTable.Write(table, MultiplierFamilies.Truncated(Signedness.Unsigned, 4).Multiplier.Products.Span);
        Multiplier read = MultiplierImport.Read(table, power: 1.5).Multiplier;
        Assert.Contains("t: errs and has 1.5 times the power of the exact multiplier", Printed(MultiplierReport.Imported(
            "mine", [new ImportedMultiplier(read, null, null, table)], [], [])), StringComparison.Ordinal);
    }

    /// <summary>The module that is written gives the same table when it is read again: arrays, logarithms, narrow operands, both
    /// signednesses.</summary>
    [Theory]
    [InlineData("mul8u_bam_h2_v7")]
    [InlineData("mul8u_mitchell5")]
    [InlineData("mul8s_drum4")]
    [InlineData("mul8s_evo_mae100")]
    [InlineData("mul5s_trunc3")]
    public async Task An_exported_circuit_is_imported_with_the_same_table(string name)
    {
        string path = _folder[name + ".v"];
        var (code, _, error) = await RunAsync("multipliers", "export", name, "--verilog", path, "--library", "shipped", "--json");
        Assert.Equal((0, ""), (code, error));

        ImportedMultiplier read = MultiplierImport.Read(path);
        Multiplier shipped = MultiplierLibrary.Open("shipped", read.Multiplier.Signedness)[name];
        Assert.Equal((name, shipped.TableHash), (read.Circuit!.Name, read.Multiplier.TableHash));
        Assert.Equal(shipped.RelativePower, read.Multiplier.RelativePower, 0.01);
    }

    [Fact]
    public async Task A_multiplier_of_a_folder_is_exported_if_its_circuit_is_known()
    {
        string table = _folder["t.npy"];
        NpyTable.Write(table, MultiplierFamilies.Truncated(Signedness.Unsigned, 4).Multiplier.Products.Span);
        string cut = Write("cut.v", SampleSources.Verilog("cut", 6, signed: true));
        await RunAsync("multipliers", "import", table, cut, "--name", "mine", "--json");

        Assert.Equal(0, (await RunAsync("multipliers", "export", "cut", "--library", "mine", "--verilog", _folder["out.v"], "--json")).Code);
        Assert.Equal(MultiplierImport.Read(cut).Multiplier.TableHash, MultiplierImport.Read(_folder["out.v"]).Multiplier.TableHash);
        var (code, _, error) = await RunAsync("multipliers", "export", "t", "--library", "mine", "--verilog", _folder["t.v"]);
        Assert.Equal(1, code);
        Assert.Contains("Found no circuit of 't' in the library 'mine'", error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["t.v"]));
    }

    [Fact]
    public async Task The_shipped_library_is_listed_and_shown_with_its_circuits()
    {
        JsonNode listed = JsonNode.Parse((await RunAsync("multipliers", "list", "--library", "shipped", "--json")).Output)!;
        JsonNode shown = JsonNode.Parse((await RunAsync("multipliers", "show", "mul8u_dsm4", "--library", "shipped", "--json")).Output)!;

        Assert.True(listed.AsArray().Count > 300);
        Assert.Equal((double)shown["relativePower"]!, (double)shown["circuit"]!["estimatedRelativePower"]!, 1e-9);
    }
}
