namespace ApproxNets.Circuits;

/// <summary>
/// A combinational circuit of two n-bit operands, n from 4 to 8, as a list of gates in topological order. Immutable.
/// </summary>
/// <remarks>
/// Nets are numbered: 0..n-1 are the bits of operand a (the activation), n..2n-1 those of operand b (the weight), least significant first;
/// net 2n + i is the output of gate i. A gate reads only nets of a smaller number, so there is no cycle and each net has one driver. How
/// operands and result are read, signed or not, is not part of the circuit.
/// </remarks>
public sealed partial class Netlist
{
    /// <summary>Greatest number of gates: far more than any 8-bit multiplier needs.</summary>
    public const int MaxGates = 1 << 16;

    private readonly Gate[] _gates;
    private readonly int[] _outputs;

    /// <summary>Makes a netlist.</summary>
    /// <param name="operandBits">Bits of each operand, 4 to 8.</param>
    /// <param name="gates">The gates in topological order (copied).</param>
    /// <param name="outputs">The nets of the product, least significant first, 1 to 16 (copied).</param>
    /// <exception cref="ArgumentOutOfRangeException">The operand width is not 4 to 8.</exception>
    /// <exception cref="ArgumentException">There are too many gates, none or more than 16 outputs, a gate of unknown kind, one that reads
    /// its own net, a later or a negative one, or an output that is no net.</exception>
    public Netlist(int operandBits, ReadOnlySpan<Gate> gates, ReadOnlySpan<int> outputs)
    {
        if (operandBits is < 4 or > 8)
        {
            throw new ArgumentOutOfRangeException(nameof(operandBits), $"Found operands of {operandBits} bits, expected 4 to 8.");
        }

        if (gates.Length > MaxGates)
        {
            throw new ArgumentException($"Found {gates.Length} gates, expected at most {MaxGates}.", nameof(gates));
        }

        if (outputs.Length is < 1 or > 16)
        {
            throw new ArgumentException($"Found {outputs.Length} outputs, expected 1 to 16.", nameof(outputs));
        }

        OperandBits = operandBits;
        for (int i = 0; i < gates.Length; i++)
        {
            Check(gates[i], i, InputCount);
        }

        foreach (int output in outputs)
        {
            if (output < 0 || output >= InputCount + gates.Length)
            {
                throw new ArgumentException(
                    $"Found an output at net {output}, expected one of the {InputCount + gates.Length} nets.", nameof(outputs));
            }
        }

        _gates = gates.ToArray();
        _outputs = outputs.ToArray();
    }

    /// <summary>Bits n of each operand.</summary>
    public int OperandBits { get; }

    /// <summary>Number of input nets, 2n: the number of the first gate's net.</summary>
    public int InputCount => 2 * OperandBits;

    /// <summary>Number of nets: inputs and gates.</summary>
    public int NetCount => InputCount + _gates.Length;

    /// <summary>The gates in topological order; the output of gate i is net 2n + i.</summary>
    public ReadOnlySpan<Gate> Gates => _gates;

    /// <summary>The nets of the product, least significant first.</summary>
    public ReadOnlySpan<int> Outputs => _outputs;

    /// <summary>Tabulates the circuit as a multiplier; operands of fewer than 8 bits as <see cref="Widened"/> reads them.</summary>
    /// <param name="name">Name, unique within a library.</param>
    /// <param name="signedness">How operands and result are read.</param>
    /// <param name="relativePower">Power divided by that of the exact 8x8 multiplier of the same signedness, &gt;= 0.</param>
    /// <param name="powerSource">Where <paramref name="relativePower"/> comes from.</param>
    /// <exception cref="ArgumentException">The name is empty, or the product does not fit 16 bits.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The power is negative or not finite, or the signedness unknown.</exception>
    public MultiplierCircuit ToMultiplier(string name, Signedness signedness, double relativePower, string powerSource) =>
        new(new Multiplier(name, signedness, Widened().Products(signedness), relativePower, powerSource), this);

    /// <summary>Tabulates the circuit as a multiplier, with power, area and delay by <see cref="CircuitCost"/>.</summary>
    /// <param name="name">Name, unique within a library.</param>
    /// <param name="signedness">How operands and result are read.</param>
    /// <exception cref="ArgumentException">As for the other overload.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    public MultiplierCircuit ToMultiplier(string name, Signedness signedness)
    {
        var cost = CircuitCost.Of(this);
        return ToMultiplier(
            name, signedness, cost.PowerMicrowatts / CircuitCost.OfExact(signedness).PowerMicrowatts, cost.AreaSquareMicrometres,
            cost.DelayNanoseconds);
    }

    /// <summary>Tabulates the circuit as a multiplier of estimated figures.</summary>
    internal MultiplierCircuit ToMultiplier(
        string name, Signedness signedness, double relativePower, double areaSquareMicrometres, double delayNanoseconds) => new(
        new Multiplier(name, signedness, Widened().Products(signedness), relativePower, CircuitCost.Source)
        {
            AreaSquareMicrometres = areaSquareMicrometres,
            DelayNanoseconds = delayNanoseconds,
            AreaDelaySource = CircuitCost.Source,
        },
        this);

    /// <summary>
    /// Makes the circuit of 8-bit operands that multiplies their upper n bits, as if the lower 8 - n bits of both were cut off:
    /// <c>m(x, w) = circuit(x >> (8 - n), w >> (8 - n)) 2^(2 (8 - n))</c>, shifts being arithmetic.
    /// </summary>
    /// <exception cref="ArgumentException">The product has more than 16 bits.</exception>
    public Netlist Widened()
    {
        int cut = 8 - OperandBits;
        if (cut == 0)
        {
            return this;
        }

        var circuit = new NetlistBuilder(8);
        int[] nets = [.. circuit.OperandA()[cut..], .. circuit.OperandB()[cut..], .. new int[_gates.Length]];
        for (int i = 0; i < _gates.Length; i++)
        {
            nets[InputCount + i] = circuit.Add(_gates[i].Renamed(nets));
        }

        return circuit.Build([.. Enumerable.Repeat(circuit.Zero, 2 * cut), .. _outputs.Select(net => nets[net])]);
    }

    /// <summary>Makes the circuit whose operand a is this one's operand b, and the other way round.</summary>
    public Netlist WithOperandsSwapped()
    {
        int[] nets = [.. Enumerable.Range(OperandBits, OperandBits), .. Enumerable.Range(0, OperandBits),
            .. Enumerable.Range(InputCount, _gates.Length)];
        return new Netlist(OperandBits, [.. _gates.Select(gate => gate.Renamed(nets))], [.. _outputs.Select(net => nets[net])]);
    }

    internal static void Check(Gate gate, int index, int inputCount)
    {
        if (!Enum.IsDefined(gate.Kind))
        {
            throw new ArgumentException($"Gate {index}: found kind {(int)gate.Kind}, expected one of {nameof(GateKind)}.");
        }

        for (int input = 0; input < 3; input++)
        {
            int net = gate[input];
            bool used = input < gate.InputCount;
            if (used ? net < 0 || net >= inputCount + index : net != 0)
            {
                throw new ArgumentException(
                    $"Gate {index} ({gate.Kind}): found input {input} at net {net}, expected "
                    + (used ? $"an earlier net, 0..{inputCount + index - 1}." : "0, as there is no such input."));
            }
        }
    }
}
