using System.Diagnostics;
using System.Globalization;
using System.Text;
using ApproxNets.Foundation;

namespace ApproxNets.Circuits.Import;

/// <summary>
/// Writes multipliers into a library folder that <see cref="MultiplierLibrary.ReadFolder"/> reads: <c>NAME.csv</c> with power, area, delay,
/// errors, the sources of the figures and the hash of the table, a <c>.npy</c> table for each row, and a <c>.blif</c> of the circuit where there is one with a
/// product of 16 bits.
/// </summary>
public static class UserLibrary
{
    /// <summary>The greatest relative power that is taken. An exact multiplier of 16 bits, with four times the cells and twice the levels,
    /// is below 8; a figure in microwatts for milliwatts is a thousand times too large.</summary>
    public const double GreatestRelativePower = 10;

    private const string LockFile = ".lock", Staging = ".new";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // a writer takes a few at most

    private static readonly string[] Columns =
    [
        "name", "signed", "power_mw", "exact_power_mw", "area_um2", "delay_ns", "mae", "wce", "mre", "ep", "mse", "power_source",
        "area_delay_source", "table_hash",
    ];

    /// <summary>The name of the exact multiplier that is added for a signedness without one.</summary>
    public static string ExactName(Signedness signedness) => signedness == Signedness.Signed ? "exact_signed" : "exact_unsigned";

    /// <summary>
    /// Adds multipliers to a library folder, which is made if there is none. A signedness without an exact multiplier gets one, to relate
    /// power to: the array multiplier with power 1. <c>power_mw</c> is the relative power times <c>exact_power_mw</c>, the published power
    /// of EvoApproxLib's exact multiplier, so that published figures stay as they are. Rows, columns and files that are there stay, too;
    /// rows without <c>exact_power_mw</c> get the one that they were read with.
    /// </summary>
    /// <remarks>One process writes at a time, holding the file <c>.lock</c> of the folder; others wait. New files are written in the folder
    /// <c>.new</c>, flushed to disk and renamed, the costs last; what a killed process has begun to rename, the next one ends.</remarks>
    /// <param name="folder">The folder; its name is the library's.</param>
    /// <param name="multipliers">The multipliers to add, with the circuits they have.</param>
    /// <param name="replace">Whether a multiplier may take the place of another one of its name.</param>
    /// <param name="cancellation">Ends waiting and writing; nothing has changed then.</param>
    /// <returns>The names that are new or replaced, the added exact multipliers among them.</returns>
    /// <exception cref="InvalidDataException">Two multipliers of one name have different tables, or the library has another one of the name
    /// and <paramref name="replace"/> is false; a relative power is above <see cref="GreatestRelativePower"/>, or that of an exact
    /// multiplier is 0; the library is damaged.</exception>
    /// <exception cref="ArgumentException">A name cannot name a file.</exception>
    /// <exception cref="IOException">Writing fails, or another process has written for a minute; what was there before is still
    /// there.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IReadOnlyList<string> Add(
        string folder, IEnumerable<(Multiplier Multiplier, Netlist? Circuit)> multipliers, bool replace,
        CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var added = new Dictionary<string, (Multiplier Multiplier, Netlist? Circuit)>(StringComparer.Ordinal);
        foreach ((Multiplier multiplier, Netlist? circuit) in multipliers)
        {
            CheckName(multiplier.Name);
            if (multiplier.RelativePower > GreatestRelativePower || (multiplier.IsExact && multiplier.RelativePower == 0))
            {
                throw new InvalidDataException(FormattableString.Invariant(
                    $"{folder}: found '{multiplier.Name}' with {multiplier.RelativePower:G3} times the power of the exact multiplier ")
                    + $"({multiplier.PowerSource}), expected at most {GreatestRelativePower} times, and more than 0 of an exact one.");
            }

            if (added.TryGetValue(multiplier.Name, out var other))
            {
                CheckSame(folder, other.Multiplier, multiplier, "");
            }

            added[multiplier.Name] = (multiplier, circuit);
        }

        using FileStream held = Lock(folder, Patience, cancellation);
        Finish(folder);
        var present = ReadAll(folder).ToDictionary(multiplier => multiplier.Name, StringComparer.Ordinal);
        foreach ((Multiplier multiplier, _) in added.Values)
        {
            if (!replace && present.TryGetValue(multiplier.Name, out Multiplier? other))
            {
                CheckSame(folder, other, multiplier, "; --replace takes the new one");
            }
        }

        Multiplier[] all = [.. added.Values.Select(entry => entry.Multiplier), .. present.Values.Where(m => !added.ContainsKey(m.Name))];
        foreach (Signedness signedness in all.Select(multiplier => multiplier.Signedness).Distinct())
        {
            if (!all.Any(multiplier => multiplier.Signedness == signedness && multiplier.IsExact))
            {
                string name = ExactName(signedness);
                while (all.Any(multiplier => multiplier.Name == name))
                {
                    name += "_";
                }

                Netlist array = CarrySaveArray.Exact(signedness);
                var cost = CircuitCost.OfExact(signedness);
                added[name] = (new Multiplier(
                    name, signedness, array.Products(signedness), 1, "reference: the exact array multiplier")
                {
                    AreaSquareMicrometres = cost.AreaSquareMicrometres,
                    DelayNanoseconds = cost.DelayNanoseconds,
                    AreaDelaySource = CircuitCost.Source,
                }, array);
            }
        }

        Write(folder, present, added, cancellation);
        return [.. added.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Throws if <see cref="Add"/> would not take a multiplier of this name: for who takes long to make it. Makes the folder if
    /// there is none.</summary>
    /// <param name="folder">The folder, as for <see cref="Add"/>.</param>
    /// <param name="name">The multiplier's name.</param>
    /// <exception cref="ArgumentException">The name cannot name a file.</exception>
    /// <exception cref="InvalidDataException">The library is damaged.</exception>
    /// <exception cref="IOException">The folder cannot be written to, or a file is missing.</exception>
    public static void CheckCanAdd(string folder, string name)
    {
        CheckName(name);
        using FileStream held = Lock(folder, Patience, default);
        Finish(folder);
        ReadAll(folder);
    }

    /// <summary>Reads the circuit that a library folder holds for a multiplier; null when it holds none.</summary>
    /// <exception cref="InvalidDataException">The circuit is malformed, or does not compute the multiplier's table.</exception>
    public static Netlist? ReadCircuit(string folder, Multiplier multiplier)
    {
        string path = Path.Combine(folder, multiplier.Name + ".blif");
        if (!File.Exists(path))
        {
            return null;
        }

        Netlist netlist = MultiplierImport.ReadCircuit(path).Netlist;
        return netlist.Products(multiplier.Signedness).AsSpan().SequenceEqual(multiplier.Products.Span)
            ? netlist
            : throw new InvalidDataException($"{path}: found a circuit of another table, expected that of {multiplier.Name}.npy.");
    }

    /// <summary>Waits until no other process writes to the folder, and keeps others from it until disposed.</summary>
    internal static FileStream Lock(string folder, TimeSpan patience, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, LockFile);
        for (long started = Stopwatch.GetTimestamp(); ; Thread.Sleep(50))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                // The system takes the lock from a process that ends. The file stays: who deletes it lets two in.
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (File.Exists(path))
            {
                if (Stopwatch.GetElapsedTime(started) > patience)
                {
                    throw new IOException(
                        $"{folder}: found another process writing for {patience.TotalSeconds} s, expected none; try again later.", e);
                }
            }
        }
    }

    private static void CheckName(string name)
    {
        if (name.Trim() != name || name.Length == 0 || Encoding.UTF8.GetByteCount(name) > 200
            || name.AsSpan().IndexOfAny("/\\:\0,\"\n\r") >= 0)
        {
            throw new ArgumentException($"Found the name '{name}', expected one that can name a file.");
        }
    }

    private static void CheckSame(string folder, Multiplier first, Multiplier second, string remedy)
    {
        if (!Same(first, second))
        {
            throw new InvalidDataException(
                $"{folder}: found two multipliers '{first.Name}', {first.Signedness} with the table {first.TableHash} and "
                + $"{second.Signedness} with the table {second.TableHash}, expected distinct names{remedy}.");
        }
    }

    private static bool Same(Multiplier first, Multiplier second) =>
        first.Signedness == second.Signedness && first.TableHash == second.TableHash;

    private static string CostFile(string folder) => Path.Combine(folder, Path.GetFileName(folder) + ".csv");

    /// <summary>The multipliers of a folder; none of one without tables and costs.</summary>
    private static List<Multiplier> ReadAll(string folder) =>
        File.Exists(CostFile(folder)) || Directory.EnumerateFiles(folder, "*.npy").Any()
            ? [.. MultiplierLibrary.SignednessOfFolder(folder).SelectMany(s => MultiplierLibrary.ReadFolder(folder, s).Multipliers)]
            : [];

    private static void Write(
        string folder, Dictionary<string, Multiplier> present, Dictionary<string, (Multiplier Multiplier, Netlist? Circuit)> added,
        CancellationToken cancellation)
    {
        string costs = CostFile(folder), staging = Path.Combine(folder, Staging);
        Directory.CreateDirectory(staging);
        try
        {
            foreach ((string name, (Multiplier multiplier, Netlist? circuit)) in added)
            {
                cancellation.ThrowIfCancellationRequested();
                NpyTable.Write(Path.Combine(staging, name + ".npy"), multiplier.Products.Span);
                if (circuit?.Widened() is { Outputs.Length: 16 } wide)
                {
                    AtomicFile.WriteText(Path.Combine(staging, name + ".blif"), wide.ToBlif("multiplier"));
                }
                else if (present.TryGetValue(name, out var old) && !Same(old, multiplier))
                {
                    AtomicFile.WriteText(Path.Combine(staging, name + ".blif"), ""); // the old circuit goes
                }
            }

            AtomicFile.WriteText(Path.Combine(staging, Path.GetFileName(costs)), Costs(costs, present, added.Values.Select(entry => entry.Multiplier)));
        }
        catch
        {
            Directory.Delete(staging, recursive: true);
            throw;
        }

        Finish(folder);
    }

    /// <summary>
    /// Ends what a writer has begun, this one or one that was killed. The costs are written last and renamed last: where they stand among the new files,
    /// these are whole, and some may be renamed already; where they do not, nothing has changed yet.
    /// </summary>
    private static void Finish(string folder)
    {
        string staging = Path.Combine(folder, Staging);
        if (!Directory.Exists(staging))
        {
            return;
        }

        string newCosts = Path.Combine(staging, Path.GetFileName(CostFile(folder)));
        if (File.Exists(newCosts))
        {
            foreach (string path in Directory.GetFiles(staging).OrderBy(path => path == newCosts))
            {
                string target = Path.Combine(folder, Path.GetFileName(path));
                if (new FileInfo(path).Length == 0)
                {
                    File.Delete(target);
                    File.Delete(path);
                }
                else
                {
                    File.Move(path, target, overwrite: true);
                }
            }
        }

        Directory.Delete(staging, recursive: true);
    }

    /// <summary>The cost file with new rows, and what it has before: unknown columns, and rows but for those of the same name.</summary>
    private static string Costs(string path, Dictionary<string, Multiplier> present, IEnumerable<Multiplier> added)
    {
        List<string[]> lines = File.Exists(path)
            ? [.. File.ReadLines(path).Where(line => line.Length > 0).Select(line => line.Split(',', StringSplitOptions.TrimEntries))]
            : [Columns];
        string[] header = [.. lines[0], .. Columns.Except(lines[0])];
        int Column(string name) => Array.IndexOf(header, name);
        var rows = new OrderedDictionary<string, string[]>(StringComparer.Ordinal);
        foreach (string[] line in lines.Skip(1))
        {
            rows.Add(line[Column("name")], [.. line, .. Enumerable.Repeat("", header.Length - line.Length)]);
        }

        foreach (var alike in present.Values.GroupBy(multiplier => multiplier.Signedness))
        {
            // What the folder was read with: the least power of an exact one.
            string reference = alike.Where(multiplier => multiplier.IsExact).Select(multiplier => rows[multiplier.Name][Column("power_mw")])
                .MinBy(power => double.Parse(power, CultureInfo.InvariantCulture))!;
            foreach (string[] row in alike.Select(multiplier => rows[multiplier.Name]).Where(row => row[Column("exact_power_mw")] == ""))
            {
                row[Column("exact_power_mw")] = reference;
            }
        }

        foreach (Multiplier multiplier in added)
        {
            bool same = present.TryGetValue(multiplier.Name, out Multiplier? old) && Same(old, multiplier);
            string[] row = same ? rows[multiplier.Name] : new string[header.Length];
            foreach ((string column, string value) in Columns.Zip(Fields(multiplier)))
            {
                row[Column(column)] = value;
            }

            rows[multiplier.Name] = row;
        }

        return string.Concat(rows.Values.Prepend(header).Select(row => string.Join(',', row) + "\n"));
    }

    /// <summary>What stands in <see cref="Columns"/>.</summary>
    private static string[] Fields(Multiplier multiplier)
    {
        ErrorStatistics errors = ErrorStatistics.Of(multiplier);
        double exactPower = PublishedFigures.ExactPowerMilliwatts(multiplier.Signedness);
        string Number(double? value) => value?.ToString("G12", CultureInfo.InvariantCulture) ?? "";
        string Plain(string? text) => text?.Replace(',', ';').Replace('"', '\'').ReplaceLineEndings(" ") ?? "";
        return
        [
            multiplier.Name, multiplier.Signedness == Signedness.Signed ? "1" : "0",
            Number(multiplier.RelativePower * exactPower), Number(exactPower),
            Number(multiplier.AreaSquareMicrometres), Number(multiplier.DelayNanoseconds),
            Number(errors.MeanAbsoluteError), errors.WorstCaseError.ToString(CultureInfo.InvariantCulture),
            Number(100 * errors.MeanRelativeError), Number(100 * errors.ErrorProbability), Number(errors.MeanSquaredError),
            Plain(multiplier.PowerSource), Plain(multiplier.AreaDelaySource), multiplier.TableHash,
        ];
    }
}
