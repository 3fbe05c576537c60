namespace ApproxNets.Circuits.Import;

/// <summary>A multiplier read from a file.</summary>
/// <param name="Multiplier">Table, power and figures with their sources.</param>
/// <param name="Circuit">The circuit; null when the file is a table.</param>
/// <param name="Published">What the file's header publishes; null when it says nothing.</param>
/// <param name="Path">The file.</param>
public sealed record ImportedMultiplier(Multiplier Multiplier, Circuit? Circuit, PublishedFigures? Published, string Path);

/// <summary>A circuit read from a file.</summary>
/// <param name="Netlist">The circuit, simplified: 8-bit operands, 16-bit product.</param>
/// <param name="Name">Name of the module or function.</param>
/// <param name="OperandA">Name of the first operand, the activation.</param>
/// <param name="OperandB">Name of the second operand, the weight.</param>
public sealed record Circuit(Netlist Netlist, string Name, string OperandA, string OperandB);

/// <summary>
/// Reads 8x8-bit multipliers from circuits (<c>.c</c>, <c>.v</c>, <c>.blif</c>) and tables (<c>.npy</c>, <c>.csv</c>, <c>.bin</c>,
/// <c>.raw</c>). The first operand of the file is the activation.
/// </summary>
/// <remarks>
/// A name that begins with <c>mul8s</c> or <c>mul8u</c> declares the signedness, unless the caller does; the C types of parameters declare
/// nothing, as some signed circuits of EvoApproxLib have unsigned ones. Without a declaration the reading that correlates best with the
/// exact product counts; with one, a better correlation of the other reading is an error. Power is the published one divided by that of
/// EvoApproxLib's exact multiplier, else the estimate of <see cref="CircuitCost"/>; a table has neither and counts as 1, which saves
/// nothing.
/// </remarks>
public static class MultiplierImport
{
    /// <summary>What <see cref="Multiplier.PowerSource"/> says when nothing is known.</summary>
    public const string UnknownPower = "not known: counted as that of the exact multiplier";

    private const string GivenPower = "given at import";

    /// <summary>Whether a file's extension is one that <see cref="Read"/> knows.</summary>
    public static bool IsKnown(string path) => IsCircuit(path) || TableFile.IsTable(path);

    /// <summary>Reads the circuit of a file.</summary>
    /// <exception cref="InvalidDataException">The file is malformed, is too large, or holds no circuit of two 8-bit operands with a 16-bit
    /// product; the message has file and line.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Circuit ReadCircuit(string path) => ReadCircuit(path, SourceText.ReadFile(path));

    /// <summary>Reads a multiplier.</summary>
    /// <param name="path">The file; its name without extension is the multiplier's.</param>
    /// <param name="declared">The signedness it is said to have; null to take it from the name or the table.</param>
    /// <param name="swapped">Whether the second operand of the file is the activation.</param>
    /// <param name="power">Relative power, instead of what the file says or the circuit is estimated at.</param>
    /// <exception cref="InvalidDataException">The file is malformed, contradicts the declared signedness, or its table contradicts the
    /// errors that its header publishes; the message has the file and, for a circuit, the line.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The power is not finite, or not above 0.</exception>
    public static ImportedMultiplier Read(string path, Signedness? declared = null, bool swapped = false, double? power = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (power is not (null or > 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(power), FormattableString.Invariant($"{path}: found a power of {power}, expected a finite number > 0."));
        }

        string name = Path.GetFileNameWithoutExtension(path);
        declared ??= name.StartsWith("mul8s", StringComparison.OrdinalIgnoreCase) ? Signedness.Signed
            : name.StartsWith("mul8u", StringComparison.OrdinalIgnoreCase) ? Signedness.Unsigned
            : null;
        if (TableFile.IsTable(path))
        {
            (Signedness signedness, int[] products) = TableFile.Read(path, declared);
            products = swapped ? Transposed(products) : products;
            return new ImportedMultiplier(
                new Multiplier(name, signedness, products, power ?? 1, power is null ? UnknownPower : GivenPower), null, null, path);
        }

        string text = SourceText.ReadFile(path);
        Circuit circuit = ReadCircuit(path, text);
        if (swapped)
        {
            circuit = new Circuit(circuit.Netlist.WithOperandsSwapped(), circuit.Name, circuit.OperandB, circuit.OperandA);
        }

        PublishedFigures? published = PublishedFigures.Read(path, text);
        (Signedness read, int[] table) = Table(path, circuit.Netlist, declared);
        CircuitCost cost = CircuitCost.Of(circuit.Netlist);
        (double relativePower, string source) = power is { } given
            ? (given, GivenPower)
            : published?.PowerMilliwatts is { } milliwatts
            ? (milliwatts / PublishedFigures.ExactPowerMilliwatts(read), FormattableString.Invariant(
                $"published in {Path.GetFileName(path)}: {milliwatts} mW of {PublishedFigures.ExactPowerMilliwatts(read)} mW exact"))
            : (cost.PowerMicrowatts / CircuitCost.OfExact(read).PowerMicrowatts, CircuitCost.Source);
        (double area, double delay, string areaSource) =
            published is { AreaSquareMicrometres: { } publishedArea, DelayNanoseconds: { } publishedDelay }
            ? (publishedArea, publishedDelay, $"published in {Path.GetFileName(path)}")
            : (cost.AreaSquareMicrometres, cost.DelayNanoseconds, CircuitCost.Source);
        var multiplier = new Multiplier(name, read, table, relativePower, source)
        {
            AreaSquareMicrometres = area,
            DelayNanoseconds = delay,
            AreaDelaySource = areaSource,
        };
        published?.Check(path, multiplier);
        return new ImportedMultiplier(multiplier, circuit, published, path);
    }

    private static bool IsCircuit(string path) => Path.GetExtension(path).ToLowerInvariant() is ".c" or ".v" or ".sv" or ".blif";

    private static int[] Transposed(int[] products)
    {
        var transposed = new int[products.Length];
        for (int i = 0; i < products.Length; i++)
        {
            transposed[((i & 255) << 8) | (i >> 8)] = products[i];
        }

        return transposed;
    }

    /// <summary>Reads the table of a circuit, whose rows and columns are in numeric order for either signedness.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="netlist">The circuit.</param>
    /// <param name="declared">The signedness it is said to have, or null.</param>
    /// <exception cref="InvalidDataException">The other signedness correlates better than the declared one, or nothing is declared and
    /// neither correlates at all.</exception>
    private static (Signedness Signedness, int[] Products) Table(string path, Netlist netlist, Signedness? declared)
    {
        int[] unsigned = netlist.Products(Signedness.Unsigned), signed = netlist.Products(Signedness.Signed);
        double ofUnsigned = TableReading.Correlation(unsigned, Signedness.Unsigned);
        double ofSigned = TableReading.Correlation(signed, Signedness.Signed);
        if (declared is null && Math.Max(ofUnsigned, ofSigned) <= 0)
        {
            throw new InvalidDataException(
                $"{path}: found a circuit that correlates with no exact product, expected a declaration of its signedness.");
        }

        Signedness best = ofSigned > ofUnsigned ? Signedness.Signed : Signedness.Unsigned;
        Signedness taken = ofSigned == ofUnsigned ? declared ?? best : best;
        if (declared is { } said && said != taken)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"{path}: found a circuit that fits {taken} operands (correlation {Math.Max(ofSigned, ofUnsigned):F3} with the exact ")
                + FormattableString.Invariant($"product), expected {said} ones (correlation {Math.Min(ofSigned, ofUnsigned):F3})."));
        }

        return (taken, taken == Signedness.Signed ? signed : unsigned);
    }

    private static Circuit ReadCircuit(string path, string text) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".c" => CModel.Read(path, text),
        ".v" or ".sv" => VerilogNetlist.Read(path, text),
        ".blif" => BlifNetlist.Read(path, text),
        var other => throw new InvalidDataException($"{path}: found the extension '{other}', expected .c, .v, .sv or .blif of a circuit, "
            + "or .npy, .csv, .bin or .raw of a table."),
    };
}
