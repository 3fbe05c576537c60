using System.IO.Compression;

namespace ApproxNets.Circuits;

/// <summary>A circuit of the shipped library with its figures; the product table follows from the circuit.</summary>
internal sealed record ShippedCircuit(
    string Name, Signedness Signedness, double RelativePower, double AreaSquareMicrometres, double DelayNanoseconds, Netlist Netlist)
{
    internal static ShippedCircuit Of(MultiplierCircuit circuit) => new(
        circuit.Multiplier.Name, circuit.Multiplier.Signedness, circuit.Multiplier.RelativePower,
        circuit.Multiplier.AreaSquareMicrometres!.Value, circuit.Multiplier.DelayNanoseconds!.Value, circuit.Netlist);

    internal MultiplierCircuit ToMultiplier() =>
        Netlist.ToMultiplier(Name, Signedness, RelativePower, AreaSquareMicrometres, DelayNanoseconds);
}

/// <summary>
/// The file of the shipped circuits: a <see cref="ChecksummedFile"/> of a list in Brotli. Of each circuit: name, signedness, operand bits,
/// power, area, delay, gates and outputs.
/// </summary>
internal static class CircuitFile
{
    private const string Kind = "multipliers";
    private const int Version = 1, MaxCircuits = 10_000, MaxBytes = 1 << 24;

    internal static byte[] Bytes(IReadOnlyCollection<ShippedCircuit> circuits)
    {
        using var body = new MemoryStream();
        using (var writer = new BinaryWriter(new BrotliStream(body, CompressionLevel.SmallestSize)))
        {
            Write(writer, circuits);
        }

        return ChecksummedFile.Bytes(Kind, Version, body.ToArray());
    }

    /// <exception cref="InvalidDataException">The file is none of this form, or damaged.</exception>
    internal static List<ShippedCircuit> Read(string path)
    {
        ReadOnlyMemory<byte> content = ChecksummedFile.Read(path, Kind, Version);
        var circuits = new byte[MaxBytes];
        try
        {
            return BrotliDecoder.TryDecompress(content.Span, circuits, out int length)
                ? Parse(new BinaryReader(new MemoryStream(circuits, 0, length)))
                : throw new InvalidDataException($"no Brotli of at most {MaxBytes} bytes.");
        }
        catch (Exception e) when (e is EndOfStreamException or InvalidDataException or InvalidOperationException or ArgumentException
            or FormatException)
        {
            throw new InvalidDataException($"{path}: found a damaged list of circuits: {e.Message}", e);
        }
    }

    private static void Write(BinaryWriter writer, IReadOnlyCollection<ShippedCircuit> circuits)
    {
        writer.Write7BitEncodedInt(circuits.Count);
        foreach (ShippedCircuit circuit in circuits)
        {
            writer.Write(circuit.Name);
            writer.Write((byte)circuit.Signedness);
            writer.Write((byte)circuit.Netlist.OperandBits);
            writer.Write(circuit.RelativePower);
            writer.Write(circuit.AreaSquareMicrometres);
            writer.Write(circuit.DelayNanoseconds);
            writer.Write7BitEncodedInt(circuit.Netlist.Gates.Length);
            foreach (Gate gate in circuit.Netlist.Gates)
            {
                writer.Write((byte)gate.Kind);
                for (int input = 0; input < gate.InputCount; input++)
                {
                    writer.Write7BitEncodedInt(gate[input]);
                }
            }

            writer.Write7BitEncodedInt(circuit.Netlist.Outputs.Length);
            foreach (int output in circuit.Netlist.Outputs)
            {
                writer.Write7BitEncodedInt(output);
            }
        }
    }

    private static List<ShippedCircuit> Parse(BinaryReader reader)
    {
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
        : throw new InvalidDataException($"a count of {count}, expected 0 to {most}.");
}
