namespace ApproxNets.Circuits.Import;

/// <summary>
/// Nets of a netlist in no order, each with a name, the line it is first seen in and at most one driver; the common ground of the Verilog
/// and BLIF readers. <see cref="Build"/> orders them and finds cycles and nets without a driver.
/// </summary>
internal sealed class NetGraph(string path)
{
    private const int MaxNets = 4 * Netlist.MaxGates;

    private readonly List<Net> _nets = [];

    /// <summary>Makes a net without a driver.</summary>
    internal int Add(string name, int line)
    {
        if (_nets.Count == MaxNets)
        {
            throw SourceText.Error(path, line, $"more than {MaxNets} nets", "at most that many");
        }

        _nets.Add(new Net(name, line));
        return _nets.Count - 1;
    }

    /// <summary>Makes a net that a gate drives.</summary>
    internal int Gate(int line, GateKind kind, int x = 0, int y = 0, int s = 0)
    {
        int net = Add(kind.ToString(), line);
        _nets[net].Driver = new Gate(kind, x, y, s);
        return net;
    }

    /// <summary>Makes one net follow another.</summary>
    internal void Connect(int net, int source, int line) => Drive(net, new Gate(GateKind.Buf, source), line);

    /// <summary>Gives a net its driver.</summary>
    internal void Drive(int net, Gate gate, int line)
    {
        if (_nets[net].Driver is not null || _nets[net].IsInput)
        {
            throw SourceText.Error(
                path, line, $"a second driver of '{SourceText.Shortened(_nets[net].Name)}' (the first in line {_nets[net].DriverLine})",
                "one driver for each net");
        }

        _nets[net].Driver = gate;
        _nets[net].DriverLine = line;
    }

    /// <summary>Makes a net an operand's bit.</summary>
    internal void MakeInput(int net, int line)
    {
        Drive(net, default, line);
        _nets[net].Driver = null;
        _nets[net].IsInput = true;
    }

    /// <summary>Orders all nets that have a driver and makes the netlist.</summary>
    /// <param name="a">The bits of operand a.</param>
    /// <param name="b">The bits of operand b.</param>
    /// <param name="outputs">The bits of the product.</param>
    internal Netlist Build(IReadOnlyList<int> a, IReadOnlyList<int> b, IReadOnlyList<int> outputs)
    {
        var gates = new FoldedGates(a.Count + b.Count);
        var built = new int?[_nets.Count];
        for (int i = 0; i < a.Count; i++)
        {
            (built[a[i]], built[b[i]]) = (i, a.Count + i);
        }

        foreach (int output in outputs)
        {
            Order(output, built, gates);
        }

        // What no output needs has to be sound, too.
        for (int net = 0; net < _nets.Count; net++)
        {
            if (_nets[net].Driver is not null)
            {
                Order(net, built, gates);
            }
        }

        return gates.ToNetlist(path, [.. outputs.Select(net => gates.Driven(built[net]!.Value))]);
    }

    /// <summary>Depth first without recursion: chains may be as long as the file.</summary>
    private void Order(int root, int?[] built, FoldedGates gates)
    {
        var open = new Stack<int>([root]);
        while (open.TryPeek(out int index))
        {
            Net net = _nets[index];
            if (built[index] is not null)
            {
                open.Pop();
                continue;
            }

            if (net.Driver is not { } gate)
            {
                throw SourceText.Error(
                    path, net.Line, $"'{SourceText.Shortened(net.Name)}', which is read but has no driver", "a driver for each net");
            }

            int waiting = open.Count;
            for (int input = 0; input < gate.InputCount; input++)
            {
                if (built[gate[input]] is null)
                {
                    if (_nets[gate[input]].IsOpen || gate[input] == index)
                    {
                        throw SourceText.Error(
                            path, net.DriverLine > 0 ? net.DriverLine : net.Line,
                            $"a cycle through '{SourceText.Shortened(net.Name)}'", "a combinational circuit without cycles");
                    }

                    open.Push(gate[input]);
                }
            }

            net.IsOpen = true;
            if (open.Count == waiting)
            {
                built[index] = gates.Net(new Gate(gate.Kind, Input(0), Input(1), Input(2)));
                net.IsOpen = false;
                open.Pop();
            }

            int Input(int input) => input < gate.InputCount ? built[gate[input]]!.Value : 0;
        }
    }

    private sealed class Net(string name, int line)
    {
        internal string Name { get; } = name;

        internal int Line { get; } = line;

        internal Gate? Driver { get; set; }

        internal int DriverLine { get; set; } = line;

        internal bool IsInput { get; set; }

        internal bool IsOpen { get; set; }
    }
}
