namespace ApproxNets.Multipliers.Circuits;

/// <content>Simplification.</content>
public sealed partial class Netlist
{
    private const int False = -1, True = -2; // constants among the nets of a circuit being simplified

    /// <summary>
    /// Makes an equivalent netlist without buffers, constants inside, gates that repeat another, double inverters and gates that no output
    /// depends on. An inverter behind a gate that drives nothing else becomes one with it (AND and NOT to NAND), inverted inputs of XOR and
    /// XNOR move to its output. The structure is otherwise kept: nothing is restructured or mapped to larger cells.
    /// </summary>
    public Netlist Simplified()
    {
        var folded = new Folding(InputCount);
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

    /// <summary>Gates made so far, each once; their nets can be <see cref="False"/> or <see cref="True"/>.</summary>
    private sealed class Folding(int inputCount)
    {
        private readonly Dictionary<Gate, int> _known = [];

        internal List<Gate> Gates { get; } = [];

        /// <summary>The net of a gate whose inputs are nets here.</summary>
        internal int Net(Gate gate)
        {
            (int x, int y) = (gate.X, gate.Y);
            return gate.Kind switch
            {
                GateKind.Const0 => False,
                GateKind.Const1 => True,
                GateKind.Buf => x,
                GateKind.Not => Not(x),
                GateKind.And => And(x, y),
                GateKind.Nand => x < 0 || y < 0 || x == y ? Not(And(x, y)) : Symmetric(GateKind.Nand, x, y),
                GateKind.Or => Or(x, y),
                GateKind.Nor => x < 0 || y < 0 || x == y ? Not(Or(x, y)) : Symmetric(GateKind.Nor, x, y),
                GateKind.Xor => Xor(x, y),
                GateKind.Xnor => Xor(x, y, inverted: true),
                _ => Mux(gate.S, x, y),
            };
        }

        /// <summary>A net that exists in a netlist: constants get a gate.</summary>
        internal int Driven(int net) => net switch
        {
            False => Made(new Gate(GateKind.Const0)),
            True => Made(new Gate(GateKind.Const1)),
            _ => net,
        };

        private int Not(int x) => x switch
        {
            False => True,
            True => False,
            _ => Inverted(x) is { } inner ? inner : Made(new Gate(GateKind.Not, x)),
        };

        private int And(int x, int y)
        {
            if (x == False || y == False || AreInverse(x, y))
            {
                return False;
            }

            return x == True || x == y ? y : y == True ? x : Symmetric(GateKind.And, x, y);
        }

        private int Or(int x, int y)
        {
            if (x == True || y == True || AreInverse(x, y))
            {
                return True;
            }

            return x == False || x == y ? y : y == False ? x : Symmetric(GateKind.Or, x, y);
        }

        private int Xor(int x, int y, bool inverted = false)
        {
            (x, inverted) = WithoutInversion(x, inverted);
            (y, inverted) = WithoutInversion(y, inverted);
            if (x == y)
            {
                return inverted ? True : False;
            }

            if (x == False || y == False)
            {
                int other = x == False ? y : x;
                return inverted ? Not(other) : other;
            }

            return Symmetric(inverted ? GateKind.Xnor : GateKind.Xor, x, y);
        }

        private int Mux(int select, int whenZero, int whenOne)
        {
            if (select < 0 || whenZero == whenOne)
            {
                return select == True ? whenOne : whenZero;
            }

            if (Inverted(select) is { } inner)
            {
                (select, whenZero, whenOne) = (inner, whenOne, whenZero);
            }

            return (whenZero, whenOne) switch
            {
                (False, True) => select,
                (True, False) => Not(select),
                (False, _) => And(select, whenOne),
                (_, True) => Or(select, whenZero),
                (True, _) => Or(Not(select), whenOne),
                (_, False) => And(Not(select), whenZero),
                _ when AreInverse(whenZero, whenOne) => Xor(select, whenZero),
                _ => Made(new Gate(GateKind.Mux, whenZero, whenOne, select)),
            };
        }

        private (int Net, bool Inverted) WithoutInversion(int net, bool inverted) =>
            net == True ? (False, !inverted) : Inverted(net) is { } inner ? (inner, !inverted) : (net, inverted);

        private bool AreInverse(int x, int y) => (x >= 0 && Inverted(y) == x) || (y >= 0 && Inverted(x) == y);

        /// <summary>The input of the inverter that drives a net, or null.</summary>
        private int? Inverted(int net) =>
            net >= inputCount && Gates[net - inputCount] is { Kind: GateKind.Not } gate ? gate.X : null;

        private int Symmetric(GateKind kind, int x, int y) => Made(new Gate(kind, Math.Min(x, y), Math.Max(x, y)));

        private int Made(Gate gate)
        {
            if (!_known.TryGetValue(gate, out int net))
            {
                net = inputCount + Gates.Count;
                _known.Add(gate, net);
                Gates.Add(gate);
            }

            return net;
        }
    }
}
