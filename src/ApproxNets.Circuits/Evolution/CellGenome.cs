using System.Diagnostics;
using ApproxNets.Foundation;

namespace ApproxNets.Circuits.Evolution;

/// <summary>The function of a cell of <see cref="CellGenome"/>.</summary>
internal enum CellKind
{
    And,
    Or,
    Xor,
    Nand,
    Nor,
    Xnor,
    FullAdder,
}

/// <summary>A cell and the signals at its inputs; the third one counts for full adders only.</summary>
internal record struct Cell(CellKind Kind, int X, int Y, int Z);

/// <summary>
/// A circuit as Cartesian genetic programming has it (Miller and Thomson, EuroGP 2000; of multipliers: Vasicek and Sekanina, IEEE Trans.
/// Evolutionary Computation 2015): a row of cells, each of which reads signals before it. Cells that no output needs are kept and may
/// come into use later. Full adders are cells here, as in the library of <see cref="CircuitCost"/>, so that adders are changed as a whole.
/// </summary>
/// <remarks>Signals: 0 and 1 are constants, then the 8 bits of both operands, then two of each cell: result and, of a full adder, carry.
/// The second signal of any other cell is 0.</remarks>
internal sealed class CellGenome
{
    internal const int Bits = 8, OutputCount = 2 * Bits, FirstCell = 2 + (2 * Bits);

    internal readonly Cell[] Cells;
    internal readonly int[] Outputs;

    internal CellGenome(Cell[] cells, int[] outputs)
    {
        (Cells, Outputs) = (cells, outputs);
        Active = new bool[cells.Length];
    }

    /// <summary>Which cells an output depends on, after <see cref="FindActive"/>.</summary>
    internal bool[] Active { get; }

    internal int SignalCount => FirstCell + (2 * Cells.Length);

    /// <summary>The exact array, cell for cell as <see cref="CarrySaveArray.Exact"/>.</summary>
    internal static CellGenome Exact(Signedness signedness)
    {
        bool signed = signedness == Signedness.Signed;
        var cells = new List<Cell>();
        for (int j = 0; j < Bits; j++)
        {
            for (int i = 0; i < Bits; i++)
            {
                bool negative = signed && (i == Bits - 1) != (j == Bits - 1);
                cells.Add(new Cell(negative ? CellKind.Nand : CellKind.And, 2 + i, 2 + Bits + j, 0));
            }
        }

        int[] sums = [.. Enumerable.Range(0, Bits).Select(i => FirstCell + (2 * i))], carries = new int[Bits];
        var outputs = new int[OutputCount];
        outputs[0] = sums[0];
        for (int j = 1; j < Bits; j++)
        {
            var (nextSums, nextCarries) = (new int[Bits], new int[Bits]);
            for (int i = 0; i < Bits; i++)
            {
                int above = i + 1 < Bits ? sums[i + 1] : signed && j == 1 ? 1 : 0; // 2^8 beside row 1
                (nextSums[i], nextCarries[i]) = Adder(above, carries[i], FirstCell + (2 * ((j * Bits) + i)));
            }

            (sums, carries) = (nextSums, nextCarries);
            outputs[j] = sums[0];
        }

        int carry = 0;
        for (int i = 0; i < Bits; i++)
        {
            int above = i + 1 < Bits ? sums[i + 1] : signed ? 1 : 0; // 2^15
            (outputs[Bits + i], carry) = Adder(above, carries[i], carry);
        }

        var genome = new CellGenome([.. cells], outputs);
        genome.FindActive();
        return genome;

        (int Sum, int Carry) Adder(int x, int y, int z)
        {
            cells.Add(new Cell(CellKind.FullAdder, x, y, z));
            int sum = FirstCell + (2 * (cells.Count - 1));
            return (sum, sum + 1);
        }
    }

    /// <summary>The cells of a circuit: full adders as <see cref="CircuitCost"/> finds them, gates otherwise. Inverters, which are no cells here,
    /// become XORs with 1, which count as none.</summary>
    /// <param name="netlist">The circuit; operands of fewer than 8 bits are widened.</param>
    internal static CellGenome Of(Netlist netlist)
    {
        Netlist simple = netlist.Widened().Simplified();
        var cells = new List<Cell>();
        var signals = new int[simple.NetCount];
        for (int i = 0; i < simple.InputCount; i++)
        {
            signals[i] = 2 + i;
        }

        foreach (MappedCell mapped in CellMapping.Cells(simple))
        {
            if (mapped.Carry >= 0 && mapped.Inputs.Length == 3)
            {
                FullAdder(mapped);
                continue;
            }

            // A half adder is two gates here, and the evaluator knows no cell of both.
            foreach (int net in mapped.Carry >= 0 ? [mapped.Output, mapped.Carry] : new[] { mapped.Output })
            {
                signals[net] = OfGate(simple.Gates[net - simple.InputCount]);
            }
        }

        int[] outputs = [.. simple.Outputs, .. Enumerable.Repeat(-1, OutputCount - simple.Outputs.Length)];
        var genome = new CellGenome([.. cells], [.. outputs.Select(net => net < 0 ? 0 : signals[net])]);
        genome.FindActive();
        return genome;

        int Add(CellKind kind, int x, int y, int z = 0)
        {
            cells.Add(new Cell(kind, x, y, z));
            return FirstCell + (2 * (cells.Count - 1));
        }

        int OfGate(Gate gate) => gate.Kind switch
        {
            GateKind.Const0 => 0,
            GateKind.Const1 => 1,
            GateKind.Buf => signals[gate.X],
            GateKind.Not => Add(CellKind.Xor, signals[gate.X], 1),
            GateKind.And => Add(CellKind.And, signals[gate.X], signals[gate.Y]),
            GateKind.Or => Add(CellKind.Or, signals[gate.X], signals[gate.Y]),
            GateKind.Xor => Add(CellKind.Xor, signals[gate.X], signals[gate.Y]),
            GateKind.Nand => Add(CellKind.Nand, signals[gate.X], signals[gate.Y]),
            GateKind.Nor => Add(CellKind.Nor, signals[gate.X], signals[gate.Y]),
            GateKind.Xnor => Add(CellKind.Xnor, signals[gate.X], signals[gate.Y]),
            GateKind.Mux => Add(
                CellKind.Or,
                Add(CellKind.And, signals[gate.X], Add(CellKind.Xor, signals[gate.S], 1)),
                Add(CellKind.And, signals[gate.Y], signals[gate.S])),
            _ => throw new UnreachableException($"Gate kind {gate.Kind}."),
        };

        // Inputs and outputs of an adder may be inverted: the values of the nets say which.
        void FullAdder(MappedCell adder)
        {
            int[] of = [.. adder.Inputs.Select(net => signals[net])];
            for (int inverted = 0; inverted < 8; inverted++)
            {
                var (differs, agrees) = Majority(simple, adder, inverted);
                if (differs && agrees)
                {
                    continue;
                }

                int[] inputs = [.. of.Select((signal, i) => (inverted >> i & 1) == 0 ? signal : Add(CellKind.Xor, signal, 1))];
                int sum = Add(CellKind.FullAdder, inputs[0], inputs[1], inputs[2]);
                signals[adder.Carry] = differs ? Add(CellKind.Xor, sum + 1, 1) : sum + 1;
                signals[adder.Output] = Differs(simple, adder, inverted) ? Add(CellKind.Xor, sum, 1) : sum;
                return;
            }

            throw new UnreachableException("A full adder's carry that is no majority.");
        }
    }

    /// <summary>Whether a mapped adder's carry differs from, and equals, the majority of its inputs, some inverted, for some operands.</summary>
    private static (bool Differs, bool Agrees) Majority(Netlist netlist, MappedCell adder, int inverted)
    {
        var (differs, agrees) = (false, false);
        ForEachWord(netlist, adder, inverted, (x, y, z, nets, word) =>
        {
            ulong difference = ((x & y) | (z & (x ^ y))) ^ nets[(adder.Carry * Netlist.BlockWords) + word];
            (differs, agrees) = (differs || difference != 0, agrees || difference != ulong.MaxValue);
        });
        return (differs, agrees);
    }

    private static bool Differs(Netlist netlist, MappedCell adder, int inverted)
    {
        bool differs = false;
        ForEachWord(netlist, adder, inverted, (x, y, z, nets, word) => differs |= (x ^ y ^ z) != nets[(adder.Output * Netlist.BlockWords) + word]);
        return differs;
    }

    private static void ForEachWord(Netlist netlist, MappedCell adder, int inverted, Action<ulong, ulong, ulong, ulong[], int> action)
    {
        var nets = new ulong[netlist.NetCount * Netlist.BlockWords];
        for (int first = 0; first < netlist.WordCount; first += Netlist.BlockWords)
        {
            netlist.Evaluate(first, nets);
            for (int word = 0; word < Netlist.BlockWords; word++)
            {
                ulong Input(int i) => nets[(adder.Inputs[i] * Netlist.BlockWords) + word] ^ ((inverted >> i & 1) == 0 ? 0 : ulong.MaxValue);
                action(Input(0), Input(1), Input(2), nets, word);
            }
        }
    }

    /// <summary>The same circuit with cells out of use behind its own.</summary>
    internal CellGenome Padded(int cells)
    {
        var genome = new CellGenome([.. Cells, .. new Cell[cells - Cells.Length]], [.. Outputs]);
        genome.FindActive();
        return genome;
    }

    internal void CopyFrom(CellGenome other)
    {
        other.Cells.CopyTo(Cells, 0);
        other.Outputs.CopyTo(Outputs, 0);
        other.Active.CopyTo(Active, 0);
    }

    internal void FindActive()
    {
        Array.Clear(Active);
        foreach (int output in Outputs)
        {
            Mark(output);
        }

        for (int i = Cells.Length - 1; i >= 0; i--)
        {
            if (Active[i])
            {
                Mark(Cells[i].X);
                Mark(Cells[i].Y);
                Mark(Cells[i].Kind == CellKind.FullAdder ? Cells[i].Z : 0);
            }
        }

        void Mark(int signal)
        {
            if (signal >= FirstCell)
            {
                Active[(signal - FirstCell) / 2] = true;
            }
        }
    }

    /// <summary>Changes one to four random genes.</summary>
    /// <returns>Whether one of them counts: belongs to an active cell or an output.</returns>
    internal bool Mutate(ref SplitMix64 random)
    {
        bool counts = false;
        for (int changes = 1 + random.Below(4); changes > 0; changes--)
        {
            int gene = random.Below((4 * Cells.Length) + OutputCount);
            if (gene >= 4 * Cells.Length)
            {
                Outputs[gene - (4 * Cells.Length)] = Signal(ref random, SignalCount);
                counts = true;
                continue;
            }

            ref Cell cell = ref Cells[gene / 4];
            int limit = FirstCell + (2 * (gene / 4));
            counts |= Active[gene / 4] && (gene % 4 != 3 || cell.Kind == CellKind.FullAdder);
            switch (gene % 4)
            {
                case 0:
                    cell.Kind = (CellKind)random.Below(7);
                    break;
                case 1:
                    cell.X = Signal(ref random, limit);
                    break;
                case 2:
                    cell.Y = Signal(ref random, limit);
                    break;
                default:
                    cell.Z = Signal(ref random, limit);
                    break;
            }
        }

        return counts;
    }

    internal Netlist ToNetlist()
    {
        var circuit = new NetlistBuilder(Bits);
        int[] nets = [circuit.Zero, circuit.One, .. circuit.OperandA(), .. circuit.OperandB(), .. new int[2 * Cells.Length]];
        for (int i = 0; i < Cells.Length; i++)
        {
            Cell cell = Cells[i];
            (int x, int y, int z) = (nets[cell.X], nets[cell.Y], nets[cell.Z]);
            (nets[FirstCell + (2 * i)], nets[FirstCell + (2 * i) + 1]) = cell.Kind switch
            {
                CellKind.And => (circuit.And(x, y), circuit.Zero),
                CellKind.Or => (circuit.Or(x, y), circuit.Zero),
                CellKind.Xor => (circuit.Xor(x, y), circuit.Zero),
                CellKind.Nand => (circuit.Nand(x, y), circuit.Zero),
                CellKind.Nor => (circuit.Nor(x, y), circuit.Zero),
                CellKind.Xnor => (circuit.Xnor(x, y), circuit.Zero),
                CellKind.FullAdder => circuit.FullAdder(x, y, z),
                _ => throw new UnreachableException($"Cell kind {cell.Kind}."),
            };
        }

        return circuit.Build([.. Outputs.Select(signal => nets[signal])]).Simplified();
    }

    /// <summary>A signal below a limit; the constants more often than others: leaving things out saves most, and a constant makes up for
    /// what was left out.</summary>
    private static int Signal(ref SplitMix64 random, int limit) => random.Below(16) switch
    {
        < 4 => 0,
        4 => 1,
        _ => random.Below(limit),
    };
}
