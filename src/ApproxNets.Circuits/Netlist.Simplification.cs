namespace ApproxNets.Circuits;

/// <content>Simplification.</content>
public sealed partial class Netlist
{
    /// <summary>
    /// Makes an equivalent netlist without buffers, constants inside, gates that repeat another, double inverters and gates that no output
    /// depends on. An inverter behind a gate whose value nothing else needs becomes one with it (AND and NOT to NAND), inverted inputs of
    /// XOR and XNOR move to its output. The structure is otherwise kept: nothing is restructured or mapped to larger cells.
    /// </summary>
    public Netlist Simplified()
    {
        var folded = new FoldedGates(InputCount);
        var nets = new int[NetCount];
        for (int net = 0; net < NetCount; net++)
        {
            nets[net] = net < InputCount ? net : folded.Net(_gates[net - InputCount].Renamed(nets));
        }

        int[] outputs = [.. _outputs.Select(net => folded.Driven(nets[net]))];
        return new Netlist(OperandBits, [.. folded.Gates], outputs).WithoutDeadGates().WithInvertersMerged().WithoutDeadGates();
    }

    private static GateKind? Complement(GateKind kind) => kind switch
    {
        GateKind.And => GateKind.Nand,
        GateKind.Or => GateKind.Nor,
        GateKind.Xor => GateKind.Xnor,
        GateKind.Nand => GateKind.And,
        GateKind.Nor => GateKind.Or,
        GateKind.Xnor => GateKind.Xor,
        _ => null,
    };

    /// <summary>
    /// Turns a gate with an inverter behind it into the complementary gate, when all its other readers are inverters too, or XOR and XNOR,
    /// which then turn into each other.
    /// </summary>
    private Netlist WithInvertersMerged()
    {
        var readers = new List<int>[NetCount];
        for (int i = 0; i < _gates.Length; i++)
        {
            for (int input = 0; input < _gates[i].InputCount; input++)
            {
                (readers[_gates[i][input]] ??= []).Add(i);
            }
        }

        Gate[] gates = [.. _gates];
        for (int i = 0; i < gates.Length; i++)
        {
            int net = InputCount + i;
            if (Complement(gates[i].Kind) is { } complement && readers[net] is { } own && Array.IndexOf(_outputs, net) < 0
                && own.Exists(reader => gates[reader].Kind == GateKind.Not)
                && own.TrueForAll(reader => gates[reader].Kind is GateKind.Not or GateKind.Xor or GateKind.Xnor))
            {
                gates[i] = gates[i] with { Kind = complement };
                foreach (int reader in own)
                {
                    GateKind kind = gates[reader].Kind == GateKind.Not ? GateKind.Buf : Complement(gates[reader].Kind)!.Value;
                    gates[reader] = gates[reader] with { Kind = kind };
                }
            }
        }

        return new Netlist(OperandBits, gates, _outputs).WithoutBuffers();
    }

    private Netlist WithoutBuffers()
    {
        var sources = new int[NetCount];
        Gate[] gates = [.. _gates];
        for (int net = 0; net < NetCount; net++)
        {
            sources[net] = net;
            if (net >= InputCount)
            {
                Gate gate = gates[net - InputCount] = gates[net - InputCount].Renamed(sources);
                sources[net] = gate.Kind == GateKind.Buf ? gate.X : net;
            }
        }

        return new Netlist(OperandBits, gates, [.. _outputs.Select(net => sources[net])]);
    }

    private Netlist WithoutDeadGates()
    {
        var alive = new bool[NetCount];
        foreach (int output in _outputs)
        {
            alive[output] = true;
        }

        for (int i = _gates.Length - 1; i >= 0; i--)
        {
            for (int input = 0; alive[InputCount + i] && input < _gates[i].InputCount; input++)
            {
                alive[_gates[i][input]] = true;
            }
        }

        var nets = new int[NetCount];
        var gates = new List<Gate>();
        for (int net = 0; net < NetCount; net++)
        {
            nets[net] = net < InputCount ? net : InputCount + gates.Count;
            if (net >= InputCount && alive[net])
            {
                gates.Add(_gates[net - InputCount].Renamed(nets));
            }
        }

        return new Netlist(OperandBits, [.. gates], [.. _outputs.Select(net => nets[net])]);
    }
}
