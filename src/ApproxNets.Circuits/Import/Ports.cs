using System.Globalization;

namespace ApproxNets.Circuits.Import;

/// <summary>
/// The ports of a circuit as two operands and a product. Vectors are taken as they are; scalars, as mapping tools write them, are joined by
/// their names: <c>a[3]</c>, <c>a_3</c> and <c>a3</c> are bit 3 of <c>a</c>. The first operand is the activation.
/// </summary>
internal static class Ports
{
    private const int MaxPorts = 64;

    /// <summary>Checks and orders the ports.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="line">The line of the module, for messages.</param>
    /// <param name="inputs">The inputs in order: name and nets, least significant first.</param>
    /// <param name="outputs">The outputs in order.</param>
    internal static (Bus A, Bus B, Bus Product) Of(string path, int line, IReadOnlyList<Bus> inputs, IReadOnlyList<Bus> outputs)
    {
        bool many = Math.Max(inputs.Count, outputs.Count) > MaxPorts;
        List<Bus> operands = many ? [.. inputs] : Joined(inputs), products = many ? [.. outputs] : Joined(outputs);
        if (operands.Count != 2 || operands.Exists(bus => bus.Nets.Count != 8) || products.Count != 1 || products[0].Nets.Count != 16)
        {
            throw SourceText.Error(
                path, line, $"inputs {Listed(operands)} and outputs {Listed(products)}", "two inputs of 8 bits and an output of 16");
        }

        return (operands[0], operands[1], products[0]);
    }

    private static string Listed(List<Bus> buses) => buses.Count == 0
        ? "(none)"
        : string.Join(", ", buses.Take(4).Select(bus => $"{SourceText.Shortened(bus.Name)} of {bus.Nets.Count} bits"))
            + (buses.Count > 4 ? $" and {buses.Count - 4} more" : "");

    private static List<Bus> Joined(IReadOnlyList<Bus> ports)
    {
        var joined = new List<Bus>();
        var bits = new Dictionary<string, SortedDictionary<int, int>>(StringComparer.Ordinal);
        var order = new List<string>();
        foreach (Bus port in ports)
        {
            if (port.Nets.Count == 1 && Bit(port.Name) is var (name, bit) && bits.GetOrAdd(name, order).TryAdd(bit, port.Nets[0]))
            {
                continue;
            }

            order.Add(port.Name);
            joined.Add(port);
        }

        var all = order.Select(name => joined.Find(bus => bus.Name == name) ?? new Bus(name, [.. bits[name].Values])).ToList();
        return all.TrueForAll(bus => !bits.TryGetValue(bus.Name, out var found) || IsWhole(found)) ? all : [.. ports];
    }

    private static bool IsWhole(SortedDictionary<int, int> bits) => bits.Keys.SequenceEqual(Enumerable.Range(0, bits.Count));

    private static SortedDictionary<int, int> GetOrAdd(
        this Dictionary<string, SortedDictionary<int, int>> bits, string name, List<string> order)
    {
        if (!bits.TryGetValue(name, out var found))
        {
            bits.Add(name, found = []);
            order.Add(name);
        }

        return found;
    }

    private static (string Name, int Bit)? Bit(string name)
    {
        string digits = name.TrimEnd(']', ')', '>');
        string stem = digits.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        return stem.Length > 0 && digits.Length - stem.Length is 1 or 2
            ? (stem.TrimEnd('[', '(', '<', '_'), int.Parse(digits.AsSpan(stem.Length), NumberStyles.None, CultureInfo.InvariantCulture))
            : null;
    }
}

/// <summary>A port and its nets, least significant first.</summary>
internal sealed record Bus(string Name, IReadOnlyList<int> Nets);
