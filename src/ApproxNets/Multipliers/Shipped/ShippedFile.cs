using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ApproxNets.Multipliers.Circuits;

namespace ApproxNets.Multipliers.Shipped;

/// <summary>A circuit of the shipped library with its figures; the product table follows from the circuit.</summary>
internal sealed record ShippedCircuit(
    string Name, Signedness Signedness, double RelativePower, double AreaSquareMicrometres, double DelayNanoseconds, Netlist Circuit)
{
    internal static ShippedCircuit Of(Multiplier multiplier) => new(
        multiplier.Name, multiplier.Signedness, multiplier.RelativePower, multiplier.Figures!.AreaSquareMicrometres,
        multiplier.Figures.DelayNanoseconds, multiplier.Circuit!);

    internal Multiplier ToMultiplier() => Circuit.ToMultiplier(
        Name, Signedness, RelativePower, CircuitCost.Source,
        new CircuitFigures(AreaSquareMicrometres, DelayNanoseconds, CircuitCost.Source));
}

/// <summary>
/// The file of the shipped library: a line of text with the SHA-256 of what follows and the command that makes it, then a list of circuits in
/// Brotli. Of each: name, signedness, operand bits, power, area, delay, gates and outputs.
/// </summary>
internal static class ShippedFile
{
    private const string Start = "ApproxNets multipliers 1, sha256 ", End = ", made by: approxnets multipliers generate\n";
    private const int HeaderLength = 33 + 64 + 43, MaxCircuits = 10_000, MaxBytes = 1 << 26;

    internal static byte[] Write(IReadOnlyCollection<ShippedCircuit> circuits)
    {
        using var body = new MemoryStream();
        using (var brotli = new BrotliStream(body, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            brotli.Write(Content(circuits));
        }

        using var file = new MemoryStream();
        file.Write(Encoding.ASCII.GetBytes(Start + Convert.ToHexStringLower(SHA256.HashData(body.ToArray())) + End));
        body.WriteTo(file);
        return file.ToArray();
    }

    /// <exception cref="InvalidDataException">The file is none of this form, or damaged.</exception>
    internal static List<ShippedCircuit> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        string header = Encoding.ASCII.GetString(file, 0, Math.Min(file.Length, HeaderLength));
        if (header.Length < HeaderLength || !header.StartsWith(Start, StringComparison.Ordinal)
            || !header.EndsWith(End, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{path}: found a file that starts with other bytes, expected '{Start}HASH{End.TrimEnd()}'.");
        }

        string expected = header.Substring(Start.Length, 64);
        string found = Convert.ToHexStringLower(SHA256.HashData(file.AsSpan(HeaderLength)));
        if (found != expected)
        {
            throw new InvalidDataException($"{path}: found content of the SHA-256 {found}, expected {expected}.");
        }

        try
        {
            return Parse(Decompressed(file));
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new InvalidDataException($"{path}: found a damaged list of circuits: {e.Message}", e);
        }
    }

    private static byte[] Decompressed(byte[] file)
    {
        using var brotli = new BrotliStream(new MemoryStream(file, HeaderLength, file.Length - HeaderLength), CompressionMode.Decompress);
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read = brotli.Read(buffer); read > 0; read = brotli.Read(buffer))
        {
            content.Write(buffer, 0, read);
            if (content.Length > MaxBytes)
            {
                throw new InvalidDataException($"Found more than {MaxBytes} bytes of circuits, expected at most that many.");
            }
        }

        return content.ToArray();
    }

    private static byte[] Content(IReadOnlyCollection<ShippedCircuit> circuits)
    {
        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write7BitEncodedInt(circuits.Count);
        foreach (ShippedCircuit circuit in circuits)
        {
            writer.Write(circuit.Name);
            writer.Write((byte)circuit.Signedness);
            writer.Write((byte)circuit.Circuit.OperandBits);
            writer.Write(circuit.RelativePower);
            writer.Write(circuit.AreaSquareMicrometres);
            writer.Write(circuit.DelayNanoseconds);
            writer.Write7BitEncodedInt(circuit.Circuit.Gates.Length);
            foreach (Gate gate in circuit.Circuit.Gates)
            {
                writer.Write((byte)gate.Kind);
                for (int input = 0; input < gate.InputCount; input++)
                {
                    writer.Write7BitEncodedInt(gate[input]);
                }
            }

            writer.Write7BitEncodedInt(circuit.Circuit.Outputs.Length);
            foreach (int output in circuit.Circuit.Outputs)
            {
                writer.Write7BitEncodedInt(output);
            }
        }

        writer.Flush();
        return content.ToArray();
    }

    private static List<ShippedCircuit> Parse(byte[] content)
    {
        using var reader = new BinaryReader(new MemoryStream(content));
        int count = Count(reader, MaxCircuits);
        var circuits = new List<ShippedCircuit>(count);
        for (int i = 0; i < count; i++)
        {
            string name = reader.ReadString();
            var signedness = (Signedness)reader.ReadByte();
            int operandBits = reader.ReadByte();
            (double power, double area, double delay) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            var gates = new Gate[Count(reader, Netlist.MaxGates)];
            for (int gate = 0; gate < gates.Length; gate++)
            {
                var kind = (GateKind)reader.ReadByte();
                int inputs = new Gate(kind).InputCount;
                gates[gate] = new Gate(
                    kind, inputs > 0 ? reader.Read7BitEncodedInt() : 0, inputs > 1 ? reader.Read7BitEncodedInt() : 0,
                    inputs > 2 ? reader.Read7BitEncodedInt() : 0);
            }

            var outputs = new int[Count(reader, 16)];
            for (int output = 0; output < outputs.Length; output++)
            {
                outputs[output] = reader.Read7BitEncodedInt();
            }

            circuits.Add(new ShippedCircuit(name, signedness, power, area, delay, new Netlist(operandBits, gates, outputs)));
        }

        return circuits;
    }

    private static int Count(BinaryReader reader, int most) => reader.Read7BitEncodedInt() is var count && count >= 0 && count <= most
        ? count
        : throw new InvalidDataException($"Found a count of {count}, expected 0 to {most}.");
}
