using ApproxNets.Multipliers;
namespace ApproxNets.Tests.Circuits;

/// <summary>Circuits that tests share.</summary>
internal static class SampleCircuits
{
    /// <summary>
    /// The carry-save array: the bit products of each row of b are added to the rows above, with a ripple adder in the last row. In the
    /// signed form (Baugh and Wooley, IEEE Trans. Computers 1973) the bit products with one sign bit are inverted, and 2^n + 2^(2n-1) is
    /// added.
    /// </summary>
    /// <param name="bits">Operand width.</param>
    /// <param name="signedness">How operands are read.</param>
    /// <param name="firstColumn">Bit products of columns below are left out.</param>
    internal static Netlist Array(int bits, Signedness signedness, int firstColumn = 0)
    {
        var circuit = new NetlistBuilder(bits);
        bool signed = signedness == Signedness.Signed;
        var columns = new List<int>[2 * bits];
        for (int column = 0; column < columns.Length; column++)
        {
            columns[column] = [];
        }

        for (int j = 0; j < bits; j++)
        {
            for (int i = 0; i < bits; i++)
            {
                if (i + j >= firstColumn)
                {
                    bool inverted = signed && (i == bits - 1) != (j == bits - 1);
                    columns[i + j].Add(inverted ? circuit.Nand(circuit.A(i), circuit.B(j)) : circuit.And(circuit.A(i), circuit.B(j)));
                }
            }
        }

        if (signed)
        {
            columns[bits].Add(circuit.One);
            columns[(2 * bits) - 1].Add(circuit.One);
        }

        var outputs = new int[2 * bits];
        for (int column = 0; column < outputs.Length; column++)
        {
            var terms = new Queue<int>(columns[column]);
            while (terms.Count > 1)
            {
                int x = terms.Dequeue(), y = terms.Dequeue();
                (int sum, int carry) = terms.Count > 0 ? circuit.FullAdder(x, y, terms.Dequeue()) : circuit.HalfAdder(x, y);
                terms.Enqueue(sum);
                if (column + 1 < outputs.Length)
                {
                    columns[column + 1].Add(carry);
                }
            }

            outputs[column] = terms.Count == 1 ? terms.Dequeue() : circuit.Zero;
        }

        return circuit.Build(outputs);
    }

    /// <summary>A circuit of random gates of all kinds.</summary>
    internal static Netlist Random(int bits, int gates, int seed)
    {
        var random = new Random(seed);
        var circuit = new NetlistBuilder(bits);
        for (int i = 0; i < gates; i++)
        {
            var kind = (GateKind)random.Next(11);
            int inputs = new Gate(kind).InputCount, nets = (2 * bits) + i;
            circuit.Add(new Gate(
                kind, inputs > 0 ? random.Next(nets) : 0, inputs > 1 ? random.Next(nets) : 0, inputs > 2 ? random.Next(nets) : 0));
        }

        return circuit.Build([.. Enumerable.Range(0, 2 * bits).Select(_ => random.Next((2 * bits) + gates))]);
    }

    /// <summary>The value of every net for one pair of operand patterns, gate by gate.</summary>
    internal static bool[] Evaluate(Netlist circuit, int a, int b)
    {
        var nets = new bool[circuit.NetCount];
        for (int i = 0; i < circuit.OperandBits; i++)
        {
            nets[i] = ((a >> i) & 1) != 0;
            nets[circuit.OperandBits + i] = ((b >> i) & 1) != 0;
        }

        for (int i = 0; i < circuit.Gates.Length; i++)
        {
            Gate gate = circuit.Gates[i];
            bool x = nets[gate.X], y = nets[gate.Y];
            nets[circuit.InputCount + i] = gate.Kind switch
            {
                GateKind.Const0 => false,
                GateKind.Const1 => true,
                GateKind.Buf => x,
                GateKind.Not => !x,
                GateKind.And => x && y,
                GateKind.Or => x || y,
                GateKind.Xor => x != y,
                GateKind.Nand => !(x && y),
                GateKind.Nor => !(x || y),
                GateKind.Xnor => x == y,
                _ => nets[gate.S] ? y : x,
            };
        }

        return nets;
    }
}
