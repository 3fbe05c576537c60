using System.Globalization;
using ApproxNets.Circuits;
using ApproxNets.Circuits.Import;
using ApproxNets.Multipliers;
using Spectre.Console;

namespace ApproxNets.Cli.Commands;

/// <summary>What <c>approxnets multipliers</c> prints, as tables and as data for JSON. Errors in per cent as EvoApproxLib gives
/// them.</summary>
internal static class MultiplierReport
{
    /// <summary>Data for JSON, and the same for a reader.</summary>
    internal sealed record Result(object Data, Action<IAnsiConsole> Print, int Code = CommandLine.Success);

    /// <summary>A multiplier in figures.</summary>
    internal sealed record Figures(
        string Name, string Library, string Signedness, double RelativePower, string PowerSource, double? AreaUm2, double? DelayNs,
        string? AreaDelaySource, double Mae, int Wce, double MrePercent, double EpPercent, double Mse, double MeanError, bool Exact,
        string TableHash)
    {
        /// <summary>Relative power of the unsigned circuit of a multiplier of sign and magnitude; null for others.</summary>
        public double? PowerWithoutSignLogic { get; init; }

        /// <summary>Gates, cells and levels of the circuit; null without one.</summary>
        public CircuitSize? Circuit { get; init; }
    }

    internal sealed record CircuitSize(int Gates, int Cells, int Depth, double EstimatedRelativePower);

    internal static Figures Of(LibraryEntry entry)
    {
        Multiplier m = entry.Multiplier;
        ErrorStatistics errors = ErrorStatistics.Of(m);
        return new Figures(
            m.Name, entry.Library, m.Signedness.Word(), m.RelativePower, m.PowerSource,
            m.AreaSquareMicrometres, m.DelayNanoseconds, m.AreaDelaySource,
            errors.MeanAbsoluteError, errors.WorstCaseError, 100 * errors.MeanRelativeError, 100 * errors.ErrorProbability,
            errors.MeanSquaredError, errors.MeanError, m.IsExact, m.TableHash)
        {
            PowerWithoutSignLogic = m.PowerWithoutSignLogic,
            Circuit = entry.Circuit() is { } netlist ? SizeOf(netlist, m.Signedness) : null,
        };
    }

    internal static Result Table(IReadOnlyList<Figures> multipliers) => new(multipliers, console =>
    {
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        foreach (string column in new[] { "multiplier", "library", "operands" })
        {
            table.AddColumn(new TableColumn(column).NoWrap());
        }

        foreach (string column in new[] { "power", "area um2", "delay ns", "MAE", "WCE", "MRE %", "EP %" })
        {
            table.AddColumn(new TableColumn(column).RightAligned().NoWrap());
        }

        foreach (Figures f in multipliers)
        {
            table.AddRow([.. new[]
            {
                f.Name, f.Library, f.Signedness, Number(f.RelativePower), Number(f.AreaUm2), Number(f.DelayNs), Number(f.Mae),
                Number(f.Wce), Number(f.MrePercent), Number(f.EpPercent),
            }.Select(Markup.Escape)]);
        }

        console.Write(table);
        console.WriteLine($"{multipliers.Count} multipliers; power is relative to the exact one.");
    });

    internal static Result Card(Figures f) => new(f, console =>
    {
        var table = Plain();
        foreach ((string name, string value) in Rows(f))
        {
            table.AddRow(Markup.Escape(name), Markup.Escape(value));
        }

        console.Write(table);
    });

    internal static Result Comparison(LibraryEntry first, LibraryEntry second)
    {
        Figures a = Of(first), b = Of(second);
        bool comparable = first.Multiplier.Signedness == second.Multiplier.Signedness;
        double? different = null;
        if (comparable)
        {
            ReadOnlySpan<int> x = first.Multiplier.Products.Span, y = second.Multiplier.Products.Span;
            int count = 0;
            for (int i = 0; i < x.Length; i++)
            {
                count += x[i] == y[i] ? 0 : 1;
            }

            different = 100.0 * count / x.Length;
        }

        return new Result(new { A = a, B = b, DifferentProductsPercent = different }, console =>
        {
            var table = new Spectre.Console.Table().Border(TableBorder.Simple)
                .AddColumns("", Markup.Escape(a.Name), Markup.Escape(b.Name));
            foreach (((string name, string left), (_, string right)) in Rows(a).Skip(1).Zip(Rows(b).Skip(1)))
            {
                table.AddRow(Markup.Escape(name), Markup.Escape(left), Markup.Escape(right));
            }

            console.Write(table);
            console.WriteLine(different is { } percent
                ? $"{Number(percent)} % of all products differ."
                : "The operands are read differently, so the products cannot be compared.");
        });
    }

    internal static Result Imported(
        string folder, IReadOnlyList<ImportedMultiplier> read, IReadOnlyList<string> names,
        IReadOnlyList<(string Path, string Reason)> leftOut)
    {
        string library = Path.GetFileName(folder);
        var figures = read.DistinctBy(r => r.Multiplier.Name).Select(r => Of(new LibraryEntry(library, null, r.Multiplier)) with
        {
            Circuit = r.Circuit is { } circuit ? SizeOf(circuit.Netlist, r.Multiplier.Signedness) : null,
        }).ToList();
        string[] exact = [.. names.Except(read.Select(r => r.Multiplier.Name))];
        var data = new
        {
            Library = library,
            Folder = folder,
            Multipliers = figures,
            AddedExact = exact,
            LeftOut = leftOut.Select(file => new { file.Path, file.Reason }),
        };
        return new Result(data, console =>
        {
            Table(figures).Print(console);
            foreach (string name in exact)
            {
                console.WriteLine($"Added {name}, to relate power to.");
            }

            foreach (IGrouping<string, (string Path, string Reason)> files in leftOut.GroupBy(file =>
                file.Reason.StartsWith("another form", StringComparison.Ordinal) ? "another form of a circuit that is read" : file.Reason))
            {
                console.WriteLine($"Left out {files.Count()} files: {files.Key}.");
            }

            foreach (string note in read.Where(r => r.Multiplier.PowerSource == MultiplierImport.UnknownPower)
                .Select(r => r.Multiplier.Name).Distinct())
            {
                console.WriteLine($"{note}: the power of a table is not known and counts as 1; --power sets it.");
            }

            foreach (Figures f in figures.Where(f => f is { Exact: false, RelativePower: > 1 }))
            {
                console.WriteLine($"{f.Name}: errs and has {Number(f.RelativePower)} times the power of the exact multiplier.");
            }

            console.WriteLine($"In {folder}; use it with -p library={library}.");
        });
    }

    private static CircuitSize SizeOf(Netlist netlist, Signedness signedness)
    {
        CircuitCost cost = CircuitCost.Of(netlist);
        return new CircuitSize(
            netlist.Gates.Length, cost.Cells, cost.Depth, cost.PowerMicrowatts / CircuitCost.OfExact(signedness).PowerMicrowatts);
    }

    private static Spectre.Console.Table Plain() => new Spectre.Console.Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");

    private static IEnumerable<(string Name, string Value)> Rows(Figures f)
    {
        yield return ("multiplier", f.Name);
        yield return ("library", f.Library);
        yield return ("operands", f.Signedness);
        yield return ("relative power", Number(f.RelativePower));
        yield return ("without sign logic", Number(f.PowerWithoutSignLogic));
        yield return ("from", f.PowerSource);
        yield return ("area / um2", Number(f.AreaUm2));
        yield return ("delay / ns", Number(f.DelayNs));
        yield return ("from", f.AreaDelaySource ?? "not known");
        yield return ("circuit", f.Circuit is { } c
            ? $"{c.Gates} gates, {c.Cells} cells, {c.Depth} levels; estimated power {Number(c.EstimatedRelativePower)}"
            : "not there");
        yield return ("MAE", Number(f.Mae));
        yield return ("WCE", Number(f.Wce));
        yield return ("MRE / %", Number(f.MrePercent));
        yield return ("EP / %", Number(f.EpPercent));
        yield return ("MSE", Number(f.Mse));
        yield return ("mean error", Number(f.MeanError));
        yield return ("table", f.TableHash);
    }

    private static string Number(double? value) => value is { } v
        ? v == 0 ? "0" : v.ToString(Math.Abs(v) >= 1000 ? "F0" : "G4", CultureInfo.InvariantCulture)
        : "";
}
