using System.Globalization;
using System.Text;

namespace ApproxNets.Circuits.Import;

/// <summary>
/// Writes multipliers into a library folder that <see cref="MultiplierLibrary.ReadFolder"/> reads: <c>NAME.csv</c> with power, area, delay,
/// errors and the sources of the figures, a <c>.npy</c> table for each row, and a <c>.blif</c> of the circuit where there is one with a
/// product of 16 bits.
/// </summary>
public static class UserLibrary
{
    private const string Header =
        "name,signed,power_mw,area_um2,delay_ns,mae,wce,mre,ep,mse,power_source,area_delay_source";

    /// <summary>The name of the exact multiplier that is added for a signedness without one.</summary>
    public static string ExactName(Signedness signedness) => signedness == Signedness.Signed ? "exact_signed" : "exact_unsigned";

    /// <summary>
    /// Adds multipliers to a library folder, which is made if there is none. A signedness without an exact multiplier gets one, to relate
    /// power to: the array multiplier with power 1. <c>power_mw</c> is the relative power times the published power of EvoApproxLib's
    /// exact multiplier, so that published figures stay as they are. The folder changes as a whole or not at all: a new one is written
    /// beside it, flushed to disk and renamed.
    /// </summary>
    /// <param name="folder">The folder; its name is the library's.</param>
    /// <param name="multipliers">The multipliers to add, with the circuits they have.</param>
    /// <param name="replace">Whether a multiplier may take the place of another one of its name.</param>
    /// <returns>The names that are new or replaced, the added exact multipliers among them.</returns>
    /// <exception cref="InvalidDataException">Two multipliers of one name have different tables, or the library has another one of the name
    /// and <paramref name="replace"/> is false.</exception>
    /// <exception cref="ArgumentException">A name cannot name a file.</exception>
    /// <exception cref="IOException">Writing fails; what was there before is still there.</exception>
    public static IReadOnlyList<string> Add(string folder, IEnumerable<(Multiplier Multiplier, Netlist? Circuit)> multipliers, bool replace)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var all = Directory.Exists(folder)
            ? ReadAll(folder).ToDictionary(entry => entry.Multiplier.Name, StringComparer.Ordinal)
            : new Dictionary<string, (Multiplier Multiplier, Netlist? Circuit)>(StringComparer.Ordinal);
        var added = new Dictionary<string, Multiplier>(StringComparer.Ordinal);
        foreach ((Multiplier multiplier, Netlist? circuit) in multipliers)
        {
            if (multiplier.Name.AsSpan().IndexOfAny("/\\:\0,\"\n\r") >= 0)
            {
                throw new ArgumentException($"Found the name '{multiplier.Name}', expected one that can name a file.", nameof(multipliers));
            }

            bool twice = added.TryGetValue(multiplier.Name, out Multiplier? other);
            if (!twice && all.TryGetValue(multiplier.Name, out var present))
            {
                other = replace ? null : present.Multiplier;
            }

            if (other is not null && (other.Signedness != multiplier.Signedness || other.TableHash != multiplier.TableHash))
            {
                throw new InvalidDataException(
                    $"{folder}: found two multipliers '{multiplier.Name}', {other.Signedness} with the table {other.TableHash} and "
                    + $"{multiplier.Signedness} with the table {multiplier.TableHash}, expected distinct names"
                    + (twice ? "." : "; --replace takes the new one."));
            }

            added[multiplier.Name] = multiplier;
            all[multiplier.Name] = (multiplier, circuit);
        }

        foreach (Signedness signedness in all.Values.Select(entry => entry.Multiplier.Signedness).Distinct().ToList())
        {
            if (!all.Values.Any(entry => entry.Multiplier.Signedness == signedness && entry.Multiplier.IsExact))
            {
                Netlist array = CarrySaveArray.Exact(signedness);
                var cost = CircuitCost.OfExact(signedness);
                Multiplier exact = new(
                    ExactName(signedness), signedness, array.Products(signedness), 1, "reference: the exact array multiplier")
                {
                    AreaSquareMicrometres = cost.AreaSquareMicrometres,
                    DelayNanoseconds = cost.DelayNanoseconds,
                    AreaDelaySource = CircuitCost.Source,
                };
                added[exact.Name] = exact;
                all[exact.Name] = (exact, array);
            }
        }

        Write(folder, [.. all.Values]);
        return [.. added.Keys.Order(StringComparer.Ordinal)];
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

    private static IEnumerable<(Multiplier Multiplier, Netlist? Circuit)> ReadAll(string folder)
    {
        foreach (Signedness signedness in MultiplierLibrary.SignednessOfFolder(folder))
        {
            foreach (Multiplier multiplier in MultiplierLibrary.ReadFolder(folder, signedness).Multipliers)
            {
                yield return (multiplier, ReadCircuit(folder, multiplier));
            }
        }
    }

    private static void Write(string folder, List<(Multiplier Multiplier, Netlist? Circuit)> entries)
    {
        string beside = $"{folder}.{Guid.NewGuid():N}", fresh = beside + ".tmp", old = beside + ".old";
        try
        {
            Directory.CreateDirectory(fresh);
            var csv = new StringBuilder(Header + "\n");
            foreach ((Multiplier multiplier, Netlist? circuit) in entries
                .OrderBy(entry => entry.Multiplier.Signedness).ThenByDescending(entry => entry.Multiplier.RelativePower)
                .ThenBy(entry => entry.Multiplier.Name, StringComparer.Ordinal))
            {
                csv.Append(Row(multiplier)).Append('\n');
                NpyTable.Write(Path.Combine(fresh, multiplier.Name + ".npy"), multiplier.Products.Span);
                if (circuit?.Widened() is { Outputs.Length: 16 } wide)
                {
                    WriteText(Path.Combine(fresh, multiplier.Name + ".blif"), wide.ToBlif("multiplier"));
                }
            }

            WriteText(Path.Combine(fresh, Path.GetFileName(folder) + ".csv"), csv.ToString());
            if (Directory.Exists(folder))
            {
                Directory.Move(folder, old);
            }

            Directory.Move(fresh, folder);
        }
        catch (IOException) when (Directory.Exists(old) && !Directory.Exists(folder))
        {
            Directory.Move(old, folder);
            throw;
        }
        finally
        {
            foreach (string rest in new[] { fresh, old }.Where(Directory.Exists))
            {
                Directory.Delete(rest, recursive: true);
            }
        }
    }

    private static string Row(Multiplier multiplier)
    {
        ErrorStatistics errors = ErrorStatistics.Of(multiplier);
        string Number(double? value) => value?.ToString("G12", CultureInfo.InvariantCulture) ?? "";
        string Plain(string? text) => text?.Replace(',', ';').Replace('"', '\'').ReplaceLineEndings(" ") ?? "";
        return string.Join(
            ',', multiplier.Name, multiplier.Signedness == Signedness.Signed ? "1" : "0",
            Number(multiplier.RelativePower * PublishedFigures.ExactPowerMilliwatts(multiplier.Signedness)),
            Number(multiplier.AreaSquareMicrometres), Number(multiplier.DelayNanoseconds),
            Number(errors.MeanAbsoluteError), errors.WorstCaseError.ToString(CultureInfo.InvariantCulture),
            Number(100 * errors.MeanRelativeError), Number(100 * errors.ErrorProbability), Number(errors.MeanSquaredError),
            Plain(multiplier.PowerSource), Plain(multiplier.AreaDelaySource));
    }

    private static void WriteText(string path, string text)
    {
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        stream.Write(Encoding.UTF8.GetBytes(text));
        stream.Flush(flushToDisk: true);
    }
}
