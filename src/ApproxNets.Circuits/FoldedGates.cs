using System.Runtime.InteropServices;

namespace ApproxNets.Circuits;

/// <summary>
/// Gates in topological order, each once and none that a constant or an inverter makes needless: what <see cref="Netlist.Simplified"/> and
/// the readers of circuits collect gates in. Nets are numbered as in a <see cref="Netlist"/>; <see cref="False"/> and <see cref="True"/>
/// stand for constants.
/// </summary>
internal sealed class FoldedGates(int inputCount)
{
    internal const int False = -1, True = -2;

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
            GateKind.Nand => Not(And(x, y)),
            GateKind.Or => Or(x, y),
            GateKind.Nor => Not(Or(x, y)),
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

    /// <summary>The netlist of two 8-bit operands, simplified.</summary>
    /// <exception cref="InvalidDataException">There are too many gates; the message has the file.</exception>
    internal Netlist ToNetlist(string path, ReadOnlySpan<int> outputs) => Gates.Count <= Netlist.MaxGates
        ? new Netlist(8, CollectionsMarshal.AsSpan(Gates), outputs).Simplified()
        : throw new InvalidDataException($"{path}: found {Gates.Count} gates, expected at most {Netlist.MaxGates}.");

    internal int Not(int x) => x switch
    {
        False => True,
        True => False,
        _ => Inverted(x) is { } inner ? inner : Made(new Gate(GateKind.Not, x)),
    };

    internal int And(int x, int y)
    {
        if (x == False || y == False || AreInverse(x, y))
        {
            return False;
        }

        return x == True || x == y ? y : y == True ? x : Symmetric(GateKind.And, x, y);
    }

    internal int Or(int x, int y)
    {
        if (x == True || y == True || AreInverse(x, y))
        {
            return True;
        }

        return x == False || x == y ? y : y == False ? x : Symmetric(GateKind.Or, x, y);
    }

    internal int Xor(int x, int y, bool inverted = false)
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

    internal int Mux(int select, int whenZero, int whenOne)
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
