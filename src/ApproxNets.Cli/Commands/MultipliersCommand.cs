using System.CommandLine;
using System.Text.Json;
using ApproxNets.Circuits;
using ApproxNets.Circuits.Import;
using ApproxNets.Foundation;
using ApproxNets.Multipliers;
using Spectre.Console;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets multipliers</c>: importing multipliers into a library, and looking at those that are there.</summary>
internal static partial class MultipliersCommand
{
    private const string DefaultLibrary = "user";
    private const int LogWidth = 160;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Prints JSON.", Recursive = true };
        return new Command("multipliers", "Imports and evolves multipliers; lists, shows and compares those that are there.")
        {
            Import(json), List(json), Show(json), Compare(json), Export(json), Evolve(json), Generate(), json,
        };
    }

    private static Command Import(Option<bool> json)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Circuits (.c, .v, .blif), tables (.npy, .csv, .bin), folders of them, or a checkout of EvoApproxLib.",
            Arity = ArgumentArity.OneOrMore,
        };
        var name = new Option<string>("--name")
        {
            Description = "The library, for -p library=NAME.",
            DefaultValueFactory = _ => DefaultLibrary,
            HelpName = "NAME",
        };
        var output = new Option<string>("--out")
        {
            Description = "The folder that holds the library's folder; by default where data is looked for.",
            HelpName = "FOLDER",
        };
        var signed = new Option<bool>("--signed") { Description = "Operands are -128..127." };
        var unsigned = new Option<bool>("--unsigned") { Description = "Operands are 0..255." };
        var swap = new Option<bool>("--swap") { Description = "The second operand of the file is the activation." };
        var power = new Option<double?>("--power")
        {
            Description = "Power relative to the exact multiplier, instead of what the file says or the circuit is estimated at.",
        };
        var replace = new Option<bool>("--replace") { Description = "Takes the place of multipliers of the same name." };
        var command = new Command("import", "Reads multipliers from files into a library.")
        {
            paths, name, output, signed, unsigned, swap, power, replace,
        };
        command.SetAction(parsed => Run(parsed.GetValue(json), () =>
        {
            if (parsed.GetValue(signed) && parsed.GetValue(unsigned))
            {
                throw new UsageException("--signed and --unsigned exclude each other.");
            }

            string library = parsed.GetValue(name)!;
            CheckName(library);

            Signedness? declared = parsed.GetValue(signed) ? Signedness.Signed
                : parsed.GetValue(unsigned) ? Signedness.Unsigned : null;
            var files = ImportFiles.Find(parsed.GetValue(paths)!);
            string folder = parsed.GetValue(output) is { } parent ? Path.Combine(parent, library) : MultiplierLibrary.FolderOf(library);
            return Import(files, folder, declared, parsed.GetValue(swap), parsed.GetValue(power), parsed.GetValue(replace));
        }));
        return command;
    }

    private static Command List(Option<bool> json)
    {
        var library = LibraryOption();
        var command = new Command("list", "Lists the multipliers of a library, or of all.") { library };
        command.SetAction(parsed => Run(parsed.GetValue(json), () =>
            MultiplierReport.Table([.. Open(parsed.GetValue(library)).Select(MultiplierReport.Of)])));
        return command;
    }

    private static Command Show(Option<bool> json)
    {
        var name = new Argument<string>("NAME") { Description = "The multiplier." };
        var library = LibraryOption();
        var command = new Command("show", "Shows a multiplier: power, area, errors, and where the figures come from.") { name, library };
        command.SetAction(parsed => Run(parsed.GetValue(json), () =>
            MultiplierReport.Card(MultiplierReport.Of(Find(parsed.GetValue(name)!, parsed.GetValue(library))))));
        return command;
    }

    private static Command Compare(Option<bool> json)
    {
        var a = new Argument<string>("A") { Description = "A multiplier." };
        var b = new Argument<string>("B") { Description = "Another one." };
        var library = LibraryOption();
        var command = new Command("compare", "Compares two multipliers.") { a, b, library };
        command.SetAction(parsed => Run(parsed.GetValue(json), () =>
        {
            string? from = parsed.GetValue(library);
            return MultiplierReport.Comparison(Find(parsed.GetValue(a)!, from), Find(parsed.GetValue(b)!, from));
        }));
        return command;
    }

    private static Command Export(Option<bool> json)
    {
        var name = new Argument<string>("NAME") { Description = "The multiplier." };
        var verilog = new Option<string>("--verilog")
        {
            Description = "The file to make: a module of the multiplier's name with operands a, b and the product p.",
            HelpName = "FILE",
            Required = true,
        };
        var library = LibraryOption();
        var command = new Command("export", "Writes the circuit of a multiplier as structural Verilog.") { name, verilog, library };
        command.SetAction(parsed => Run(parsed.GetValue(json), () =>
        {
            LibraryEntry entry = Find(parsed.GetValue(name)!, parsed.GetValue(library));
            Netlist netlist = entry.Circuit() ?? throw new InvalidDataException($"Found no circuit of '{entry.Multiplier.Name}' in the "
                + $"library '{entry.Library}', expected one to export: only its table is known.");
            string path = parsed.GetValue(verilog)!;
            AtomicFile.WriteText(path, netlist.Widened().ToVerilog(entry.Multiplier.Name));
            return new MultiplierReport.Result(
                new { Path = path, Gates = netlist.Gates.Length }, console => console.WriteLine($"{path}: {netlist.Gates.Length} gates."));
        }));
        return command;
    }

    private static void CheckName(string library)
    {
        if (library is MultiplierLibrary.BuiltIn or MultiplierLibrary.Shipped or "" or "." or ".."
            || library.AsSpan().IndexOfAny("/\\:\0,\"") >= 0)
        {
            throw new UsageException($"'{library}' cannot be a library's name.");
        }
    }

    private static Option<string?> LibraryOption() =>
        new("--library") { Description = "Only this library.", HelpName = "NAME" };

    private static int Run(bool json, Func<MultiplierReport.Result> action)
    {
        try
        {
            MultiplierReport.Result result = action();
            if (json)
            {
                Console.Out.WriteLine(JsonSerializer.Serialize(result.Data, Json));
            }
            else
            {
                if (Console.IsOutputRedirected)
                {
                    AnsiConsole.Profile.Width = LogWidth; // a file or a pipe has no width of its own
                }

                result.Print(AnsiConsole.Console);
            }

            return result.Code;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("approxnets: stopped; nothing was imported.");
            return CommandLine.Cancelled;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException
            or KeyNotFoundException)
        {
            Console.Error.WriteLine($"approxnets: {e.Message}");
            return CommandLine.Failure;
        }
    }

    private static MultiplierReport.Result Import(
        ImportFiles files, string folder, Signedness? declared, bool swap, double? power, bool replace)
    {
        using var interruption = new Interruption(Console.Error.WriteLine);
        var read = new List<ImportedMultiplier>();
        var errors = new List<string>();
        foreach (string path in files.Taken)
        {
            interruption.Token.ThrowIfCancellationRequested();
            try
            {
                read.Add(MultiplierImport.Read(path, declared, swap, power));
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                errors.Add(e.Message);
            }
        }

        if (errors.Count > 0)
        {
            throw new InvalidDataException(string.Join(Environment.NewLine, errors.Take(20))
                + (errors.Count > 20 ? $"{Environment.NewLine}and {errors.Count - 20} more" : "")
                + $"{Environment.NewLine}Nothing was imported.");
        }

        IReadOnlyList<string> names =
            UserLibrary.Add(folder, read.Select(r => (r.Multiplier, r.Circuit?.Netlist)), replace, interruption.Token);
        return MultiplierReport.Imported(folder, read, names, files.LeftOut);
    }

    /// <summary>All multipliers of one library or of all that can be opened, with the library's folder.</summary>
    private static IEnumerable<LibraryEntry> Open(string? library)
    {
        var statuses = MultiplierLibrary.List().Where(status => status.IsComplete && (library is null || status.Name == library)).ToList();
        if (library is not null && statuses.Count == 0)
        {
            LibraryStatus? broken = MultiplierLibrary.List().FirstOrDefault(status => status.Name == library);
            throw new InvalidDataException($"Library '{library}': {broken?.Missing ?? "found none of this name"}.");
        }

        foreach (LibraryStatus status in statuses)
        {
            foreach (Signedness signedness in MultiplierLibrary.SignednessOf(status.Name))
            {
                foreach (Multiplier multiplier in MultiplierLibrary.Open(status.Name, signedness).Multipliers)
                {
                    yield return new LibraryEntry(status.Name, status.Folder, multiplier);
                }
            }
        }
    }

    private static LibraryEntry Find(string name, string? library)
    {
        var all = Open(library).ToList();
        var found = all.Where(entry => entry.Multiplier.Name == name).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new InvalidDataException($"Found no multiplier '{name}' among {all.Count}; approxnets multipliers list has them."),
            _ when found.Select(entry => entry.Multiplier.TableHash).Distinct().Count() == 1 => found[0],
            _ => throw new InvalidDataException($"Found '{name}' in {string.Join(" and ", found.Select(entry => entry.Library))}; "
                + "choose with --library."),
        };
    }
}

/// <summary>A multiplier and the library it is in; the folder is null for a library in one file.</summary>
internal sealed record LibraryEntry(string Library, string? Folder, Multiplier Multiplier)
{
    /// <summary>Looks for the multiplier's circuit: in the folder, or among the shipped ones.</summary>
    internal Netlist? Circuit() => Folder is null ? ShippedCircuits.Find(Multiplier)?.Netlist : UserLibrary.ReadCircuit(Folder, Multiplier);
}
