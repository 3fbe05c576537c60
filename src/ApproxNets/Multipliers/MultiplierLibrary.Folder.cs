namespace ApproxNets.Multipliers;

/// <content>Reading a folder of product tables with its cost file.</content>
public sealed partial class MultiplierLibrary
{
    /// <summary>
    /// Reads the multipliers of one signedness from a folder: <c>NAME.npy</c> files (see <see cref="NpyTable"/>) and a cost file, such as
    /// EvoApproxLib's. Relative power is <c>power_mw</c> divided by <c>exact_power_mw</c>; without that, by the power of the exact
    /// multiplier of the same signedness (of several, the one of least power). Ordered by falling relative power, then by name.
    /// </summary>
    /// <param name="folder">The folder; its name becomes the library's.</param>
    /// <param name="signedness">Which multipliers to read, by the cost file's column <c>signed</c>.</param>
    /// <param name="costFile">The cost file: comma-separated without quotes, a header with at least <c>name,signed,power_mw</c>. By
    /// default the file in the folder that has its name: <c>evoapprox8/evoapprox8.csv</c>. <c>exact_power_mw</c>, <c>area_um2</c>,
    /// <c>delay_ns</c>, <c>power_source</c>, <c>area_delay_source</c> and <c>table_hash</c> are optional. A
    /// table must have the hash that its row says.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">There is no cost file, or one of its rows has no table.</exception>
    /// <exception cref="InvalidDataException">A table has no cost row, a file is malformed or contradicts the signedness, there is no
    /// multiplier of the signedness, none is exact, or the exact one's power is 0.</exception>
    public static MultiplierLibrary ReadFolder(string folder, Signedness signedness, string? costFile = null) =>
        FromFolder(folder, signedness, costFile, signMagnitude: false);

    private static MultiplierLibrary FromFolder(string folder, Signedness signedness, string? costFile, bool signMagnitude)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{folder}: found no such folder, expected .npy tables and a cost file.");
        }

        string costs = costFile ?? CostFile(folder), name = Path.GetFileNameWithoutExtension(CostFile(folder));
        if (!File.Exists(costs))
        {
            throw new FileNotFoundException($"{costs}: found no such file, expected the cost file of {folder}.", costs);
        }

        Dictionary<string, CostTable.Row> rows = CostTable.Read(costs);
        foreach (string path in Directory.EnumerateFiles(folder, "*.npy"))
        {
            if (!rows.ContainsKey(Path.GetFileNameWithoutExtension(path)))
            {
                throw new InvalidDataException(
                    $"{costs}: found no row for {Path.GetFileName(path)}, expected one for every table in {folder}.");
            }
        }

        var tables = Tables(folder, costs, rows, signedness);
        if (tables.Count == 0)
        {
            string asked = signedness.Word();
            string other = (signedness == Signedness.Signed ? Signedness.Unsigned : Signedness.Signed).Word();
            throw new InvalidDataException($"{folder}: found no {asked} tables, expected at least that of the exact multiplier."
                + (rows.Count > 0 ? $" Its tables are {other}: notebooks take them with -p scheme={other}." : ""));
        }

        CostTable.Row exact = ExactRow(folder, costs, signedness, tables);
        string csv = Path.GetFileName(costs);

        // Unsigned circuits for signed layers are related to the exact signed one, whatever exact unsigned one they name.
        double Exact(CostTable.Row row) => (row.Signedness == signedness ? row : exact).ExactPowerMilliwatts ?? exact.PowerMilliwatts;
        IEnumerable<Multiplier> Relative(IEnumerable<(string Name, CostTable.Row Row, int[] Products)> some) => some.Select(t => new Multiplier(
            t.Name, t.Row.Signedness, t.Products, t.Row.PowerMilliwatts / Exact(t.Row),
            t.Row.PowerSource ?? FormattableString.Invariant($"{csv}: {t.Row.PowerMilliwatts} mW of {Exact(t.Row)} mW exact"))
        {
            AreaSquareMicrometres = t.Row.AreaSquareMicrometres,
            DelayNanoseconds = t.Row.DelayNanoseconds,
            AreaDelaySource = t.Row.AreaDelaySource,
        });
        var library = new MultiplierLibrary(name, signedness, Ordered(Relative(tables)));
        return signMagnitude
            ? library.With(Multiplier.SignMagnitudes(Relative(Tables(folder, costs, rows, Signedness.Unsigned)), exactUnsignedPower: 1))
            : library;
    }

    private static List<(string Name, CostTable.Row Row, int[] Products)> Tables(
        string folder, string costs, Dictionary<string, CostTable.Row> rows, Signedness signedness)
    {
        var tables = new List<(string Name, CostTable.Row Row, int[] Products)>();
        foreach ((string multiplier, CostTable.Row row) in rows.Where(r => r.Value.Signedness == signedness))
        {
            string path = Path.Combine(folder, multiplier + ".npy");
            if (!File.Exists(path))
            {
                throw new FileNotFoundException($"{costs}, line {row.Line}: found no table {path}, expected one for every row.", path);
            }

            int[] products = NpyTable.Read(path, signedness);
            if (row.TableHash is { } expected && Multiplier.HashOf(products) is var found && found != expected)
            {
                throw new InvalidDataException(
                    $"{path}: found a table of the hash {found}, expected {expected}, as {Path.GetFileName(costs)} says in line {row.Line}. "
                    + "Import its circuit again, or clear the field table_hash if the table is meant.");
            }

            tables.Add((multiplier, row, products));
        }

        return tables;
    }

    /// <summary>The signednesses of which a folder has multipliers, by its cost file; see <see cref="ReadFolder"/>.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidDataException">The cost file is malformed.</exception>
    public static IReadOnlyList<Signedness> SignednessOfFolder(string folder) =>
        [.. CostTable.Read(CostFile(folder)).Values.Select(row => row.Signedness).Distinct().Order()];

    private static string CostFile(string folder)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        return Path.Combine(folder, Path.GetFileName(folder) + ".csv");
    }

    private static CostTable.Row ExactRow(
        string folder, string costs, Signedness signedness, List<(string Name, CostTable.Row Row, int[] Products)> tables)
    {
        int least = signedness == Signedness.Signed ? -128 : 0;
        var exact = tables
            .Where(t => t.Products.Select((product, i) => product == ((i >> 8) + least) * ((i & 255) + least)).All(equal => equal))
            .Select(t => t.Row)
            .OrderBy(row => row.PowerMilliwatts)
            .ToList();
        if (exact.Count == 0)
        {
            throw new InvalidDataException(
                $"{folder}: found no exact multiplier among {tables.Count} {signedness.Word()} tables, expected one to relate power to.");
        }

        return exact[0].PowerMilliwatts > 0
            ? exact[0]
            : throw CostTable.Wrong(costs, exact[0].Line, "power_mw 0 of an exact multiplier", "a number > 0 to relate power to");
    }
}
