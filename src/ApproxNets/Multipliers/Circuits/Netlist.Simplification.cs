namespace ApproxNets.Multipliers.Circuits;

/// <content>Simplification.</content>
public sealed partial class Netlist
{
    /// <summary>
    /// Makes an equivalent netlist without buffers, constants inside, gates that repeat another, double inverters and gates that no output
    /// depends on. An inverter behind a gate that drives nothing else becomes one with it (AND and NOT to NAND), inverted inputs of XOR and
    /// XNOR move to its output. The structure is otherwise kept: nothing is restructured or mapped to larger cells.
    /// </summary>
    public Netlist Simplified()
    {
        var folded = new FoldedGates(InputCount);
        var nets = new int[NetCount];
        for (int net = 0; net < NetCount; net++)
        {
            nets[net] = net < InputCount ? net : folded.Net(Renamed(_gates[net - InputCount], nets));
        }

        int[] outputs = [.. _outputs.Select(net => folded.Driven(nets[net]))];
        return new Netlist(OperandBits, [.. folded.Gates], outputs).WithInvertersMerged().WithoutDeadGates();
    }

    private static Gate Renamed(Gate gate, ReadOnlySpan<int> nets) => new(
        gate.Kind,
        gate.InputCount > 0 ? nets[gate.X] : 0,
        gate.InputCount > 1 ? nets[gate.Y] : 0,
        gate.InputCount > 2 ? nets[gate.S] : 0);

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

    /// <summary>How often each net is read by gates and outputs.</summary>
    private int[] Readers()
    {
        var readers = new int[NetCount];
        foreach (Gate gate in _gates)
        {
            for (int input = 0; input < gate.InputCount; input++)
            {
                readers[gate[input]]++;
            }
        }

        foreach (int output in _outputs)
        {
            readers[output]++;
        }

        return readers;
    }

    private Netlist WithInvertersMerged()
    {
        int[] readers = Readers();
        Gate[] gates = [.. _gates];
        for (int i = 0; i < gates.Length; i++)
        {
            int driver = gates[i].X - InputCount;
            if (gates[i].Kind == GateKind.Not && driver >= 0 && readers[gates[i].X] == 1
                && Complement(gates[driver].Kind) is { } complement)
            {
                gates[i] = gates[driver] with { Kind = complement };
            }
        }

        return new Netlist(OperandBits, gates, _outputs);
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
                gates.Add(Renamed(_gates[net - InputCount], nets));
            }
        }

        return new Netlist(OperandBits, [.. gates], [.. _outputs.Select(net => nets[net])]);
    }
}
