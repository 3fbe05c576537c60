namespace ApproxNets.Circuits;

/// <summary>A cell of a mapped circuit: a gate, or an adder with two outputs.</summary>
/// <param name="Cell">The library's figures.</param>
/// <param name="Inputs">The nets at its inputs.</param>
/// <param name="Output">The net at its output; of an adder the sum, perhaps inverted.</param>
/// <param name="Carry">The net of the carry, perhaps inverted; -1 when there is none.</param>
internal readonly record struct MappedCell(StandardCell Cell, int[] Inputs, int Output, int Carry = -1);

/// <summary>
/// Covers a netlist with the cells of a library: full adders, half adders, and a cell for each other gate. A full adder is found whatever
/// gates it is written in: as two nets that are the parity and the majority of the same three nets (inputs and outputs may be inverted), by
/// enumerating for every net the cuts of at most three leaves with their truth tables (Cong and Ding, FlowMap, IEEE Trans. CAD 1994; cut
/// enumeration as in Mishchenko et al., 2007). Gates that only serve the adder disappear in it.
/// </summary>
internal sealed class CellMapping
{
    private const int CutsPerNet = 16, ConeLimit = 24;
    private const byte Parity = 0x96, InverseParity = 0x69;

    private static readonly bool[] IsMajority = Majorities();

    private readonly Netlist _netlist;
    private readonly List<int>[] _readers;
    private readonly bool[] _isOutput;
    private readonly bool[] _covered;
    private readonly List<MappedCell> _cells = [];

    private CellMapping(Netlist netlist)
    {
        _netlist = netlist;
        _readers = new List<int>[netlist.NetCount];
        _isOutput = new bool[netlist.NetCount];
        _covered = new bool[netlist.NetCount];
        for (int i = 0; i < netlist.Gates.Length; i++)
        {
            for (int input = 0; input < netlist.Gates[i].InputCount; input++)
            {
                (_readers[netlist.Gates[i][input]] ??= []).Add(netlist.InputCount + i);
            }
        }

        foreach (int output in netlist.Outputs)
        {
            _isOutput[output] = true;
        }
    }

    /// <summary>The cells in topological order.</summary>
    internal static List<MappedCell> Cells(Netlist netlist)
    {
        var mapping = new CellMapping(netlist);
        mapping.FullAdders();
        mapping.HalfAdders();
        mapping.OtherGates();

        // All inputs of a cell are below each of its outputs.
        mapping._cells.Sort((x, y) => First(x).CompareTo(First(y)));
        return mapping._cells;

        static int First(MappedCell cell) => cell.Carry < 0 ? cell.Output : Math.Min(cell.Output, cell.Carry);
    }

    private void FullAdders()
    {
        var found = new Dictionary<(int, int, int), (int Sum, int Carry)>();
        var cuts = new List<Cut>[_netlist.NetCount];
        for (int net = 0; net < cuts.Length; net++)
        {
            cuts[net] = Cuts(net, cuts);
            foreach (Cut cut in cuts[net].Where(cut => cut.Count == 3))
            {
                bool sum = cut.Table is Parity or InverseParity;
                if (!sum && !IsMajority[cut.Table])
                {
                    continue;
                }

                var leaves = (cut.A, cut.B, cut.C);
                (int Sum, int Carry) adder = found.GetValueOrDefault(leaves, (-1, -1));
                adder = sum ? (adder.Sum < 0 ? net : adder.Sum, adder.Carry) : (adder.Sum, adder.Carry < 0 ? net : adder.Carry);
                found[leaves] = adder;
            }
        }

        foreach (((int a, int b, int c), (int sum, int carry)) in found
            .Where(f => f.Value.Sum >= 0 && f.Value.Carry >= 0)
            .OrderBy(f => Math.Max(f.Value.Sum, f.Value.Carry)).ThenBy(f => f.Key))
        {
            int[] leaves = [a, b, c];
            if (Absorbed(leaves, sum, carry) is { } gates && !gates.Exists(net => _covered[net]))
            {
                gates.ForEach(net => _covered[net] = true);
                _cells.Add(new MappedCell(StandardCell.FullAdder, leaves, sum, carry));
            }
        }
    }

    /// <summary>The gates between the leaves and an adder's outputs that nothing else reads; null when there are too many to be
    /// one.</summary>
    private List<int>? Absorbed(int[] leaves, int sum, int carry)
    {
        var cone = new SortedSet<int> { sum, carry };
        var pending = new Stack<int>(cone);
        while (pending.TryPop(out int net))
        {
            Gate gate = _netlist.Gates[net - _netlist.InputCount];
            for (int input = 0; input < gate.InputCount; input++)
            {
                if (!leaves.Contains(gate[input]) && cone.Add(gate[input]))
                {
                    pending.Push(gate[input]);
                }
            }

            if (cone.Count > ConeLimit)
            {
                return null;
            }
        }

        var absorbed = new List<int> { sum, carry };
        foreach (int net in cone.Reverse())
        {
            if (net != sum && net != carry && !_isOutput[net] && _readers[net].TrueForAll(absorbed.Contains))
            {
                absorbed.Add(net);
            }
        }

        return absorbed;
    }

    private void HalfAdders()
    {
        var found = new Dictionary<(int, int), (int Sum, int Carry)>();
        ForEachOpenGate((net, gate) =>
        {
            bool sum = gate.Kind is GateKind.Xor or GateKind.Xnor;
            if (sum || gate.Kind is GateKind.And or GateKind.Nand)
            {
                var leaves = (Math.Min(gate.X, gate.Y), Math.Max(gate.X, gate.Y));
                (int Sum, int Carry) adder = found.GetValueOrDefault(leaves, (-1, -1));
                found[leaves] = sum ? (net, adder.Carry) : (adder.Sum, net);
            }
        });
        foreach (((int a, int b), (int sum, int carry)) in found.Where(f => f.Value.Sum >= 0 && f.Value.Carry >= 0))
        {
            (_covered[sum], _covered[carry]) = (true, true);
            _cells.Add(new MappedCell(StandardCell.HalfAdder, [a, b], sum, carry));
        }
    }

    private void OtherGates() => ForEachOpenGate((net, gate) =>
        _cells.Add(new MappedCell(StandardCell.Of(gate.Kind), [.. Enumerable.Range(0, gate.InputCount).Select(i => gate[i])], net)));

    private void ForEachOpenGate(Action<int, Gate> action)
    {
        for (int i = 0; i < _netlist.Gates.Length; i++)
        {
            if (!_covered[_netlist.InputCount + i])
            {
                action(_netlist.InputCount + i, _netlist.Gates[i]);
            }
        }
    }

    private List<Cut> Cuts(int net, List<Cut>[] cuts)
    {
        var result = new List<Cut> { Cut.Leaf(net) };
        if (net < _netlist.InputCount)
        {
            return result;
        }

        Gate gate = _netlist.Gates[net - _netlist.InputCount];
        List<Cut> none = [default];
        foreach (Cut x in gate.InputCount > 0 ? cuts[gate.X] : none)
        {
            foreach (Cut y in gate.InputCount > 1 ? cuts[gate.Y] : none)
            {
                foreach (Cut s in gate.InputCount > 2 ? cuts[gate.S] : none)
                {
                    if (result.Count < CutsPerNet && Cut.Merged(gate.Kind, x, y, s) is { } cut && !result.Contains(cut))
                    {
                        result.Add(cut);
                    }
                }
            }
        }

        return result;
    }

    private static bool[] Majorities()
    {
        var tables = new bool[256];
        for (int inverted = 0; inverted < 8; inverted++)
        {
            int x = Cut.VariableA ^ ((inverted & 1) * 255), y = Cut.VariableB ^ ((inverted >> 1 & 1) * 255);
            int z = Cut.VariableC ^ ((inverted >> 2) * 255);
            int majority = (x & y) | (y & z) | (x & z);
            tables[majority] = tables[majority ^ 255] = true;
        }

        return tables;
    }

    /// <summary>Up to three nets that determine a net, in rising order, and its truth table: bit i is its value when the leaves are the
    /// bits of i.</summary>
    private readonly record struct Cut(int Count, int A, int B, int C, byte Table)
    {
        internal const int VariableA = 0xAA, VariableB = 0xCC, VariableC = 0xF0;

        internal static Cut Leaf(int net) => new(1, net, 0, 0, VariableA);

        internal static Cut? Merged(GateKind kind, Cut x, Cut y, Cut s)
        {
            Span<int> leaves = stackalloc int[9];
            int count = 0;
            foreach (Cut cut in (ReadOnlySpan<Cut>)[x, y, s])
            {
                for (int i = 0; i < cut.Count; i++)
                {
                    if (!leaves[..count].Contains(cut[i]))
                    {
                        leaves[count++] = cut[i];
                    }
                }
            }

            if (count > 3)
            {
                return null;
            }

            leaves = leaves[..count];
            leaves.Sort();
            int a = x.On(leaves), b = y.On(leaves), select = s.On(leaves);
            int table = kind switch
            {
                GateKind.Const0 => 0,
                GateKind.Const1 => 255,
                GateKind.Buf => a,
                GateKind.Not => ~a,
                GateKind.And => a & b,
                GateKind.Or => a | b,
                GateKind.Xor => a ^ b,
                GateKind.Nand => ~(a & b),
                GateKind.Nor => ~(a | b),
                GateKind.Xnor => ~(a ^ b),
                _ => (a & ~select) | (b & select),
            };
            return new Cut(count, count > 0 ? leaves[0] : 0, count > 1 ? leaves[1] : 0, count > 2 ? leaves[2] : 0, (byte)table);
        }

        private int this[int leaf] => leaf == 0 ? A : leaf == 1 ? B : C;

        /// <summary>The truth table over more leaves.</summary>
        private int On(ReadOnlySpan<int> leaves)
        {
            int table = 0;
            for (int i = 0; i < 8; i++)
            {
                int own = 0;
                for (int leaf = 0; leaf < Count; leaf++)
                {
                    own |= ((i >> leaves.IndexOf(this[leaf])) & 1) << leaf;
                }

                table |= ((Table >> own) & 1) << i;
            }

            return table;
        }
    }
}
