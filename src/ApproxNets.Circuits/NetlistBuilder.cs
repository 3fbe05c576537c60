using System.Runtime.InteropServices;

namespace ApproxNets.Circuits;

/// <summary>
/// Builds a <see cref="Netlist"/> gate by gate. Every method returns the number of the net it made; nets are those of the netlist. Gates
/// are kept as they are asked for: <see cref="Netlist.Simplified"/> folds constants and drops what no output needs.
/// </summary>
public sealed partial class NetlistBuilder
{
    private readonly List<Gate> _gates = [];
    private int _zero = -1, _one = -1;

    /// <summary>Starts a circuit of two operands.</summary>
    /// <param name="operandBits">Bits of each operand, 4 to 8.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width is not 4 to 8.</exception>
    public NetlistBuilder(int operandBits)
    {
        if (operandBits is < 4 or > 8)
        {
            throw new ArgumentOutOfRangeException(nameof(operandBits), $"Found operands of {operandBits} bits, expected 4 to 8.");
        }

        OperandBits = operandBits;
    }

    /// <summary>Bits n of each operand.</summary>
    public int OperandBits { get; }

    /// <summary>The constant 0.</summary>
    public int Zero => _zero >= 0 ? _zero : _zero = Add(new Gate(GateKind.Const0));

    /// <summary>The constant 1.</summary>
    public int One => _one >= 0 ? _one : _one = Add(new Gate(GateKind.Const1));

    /// <summary>Bit i of operand a, the activation.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such bit.</exception>
    public int A(int bit) => Operand(bit);

    /// <summary>Bit i of operand b, the weight.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such bit.</exception>
    public int B(int bit) => OperandBits + Operand(bit);

    /// <summary>A buffer.</summary>
    public int Buf(int x) => Add(new Gate(GateKind.Buf, x));

    /// <summary><c>not x</c>.</summary>
    public int Not(int x) => Add(new Gate(GateKind.Not, x));

    /// <summary><c>x and y</c>.</summary>
    public int And(int x, int y) => Add(new Gate(GateKind.And, x, y));

    /// <summary><c>x or y</c>.</summary>
    public int Or(int x, int y) => Add(new Gate(GateKind.Or, x, y));

    /// <summary><c>x xor y</c>.</summary>
    public int Xor(int x, int y) => Add(new Gate(GateKind.Xor, x, y));

    /// <summary><c>not (x and y)</c>.</summary>
    public int Nand(int x, int y) => Add(new Gate(GateKind.Nand, x, y));

    /// <summary><c>not (x or y)</c>.</summary>
    public int Nor(int x, int y) => Add(new Gate(GateKind.Nor, x, y));

    /// <summary><c>not (x xor y)</c>.</summary>
    public int Xnor(int x, int y) => Add(new Gate(GateKind.Xnor, x, y));

    /// <summary><c>select ? whenOne : whenZero</c>.</summary>
    public int Mux(int select, int whenZero, int whenOne) => Add(new Gate(GateKind.Mux, whenZero, whenOne, select));

    /// <summary>A half adder, <c>x + y = 2 carry + sum</c>: XOR and AND.</summary>
    public (int Sum, int Carry) HalfAdder(int x, int y) => (Xor(x, y), And(x, y));

    /// <summary>A full adder, <c>x + y + z = 2 carry + sum</c>: two half adders and an OR.</summary>
    public (int Sum, int Carry) FullAdder(int x, int y, int z)
    {
        (int partial, int first) = HalfAdder(x, y);
        (int sum, int second) = HalfAdder(partial, z);
        return (sum, Or(first, second));
    }

    /// <summary>Adds a gate.</summary>
    /// <returns>The net it drives.</returns>
    /// <exception cref="ArgumentException">The kind is unknown, or an input is not a net made before.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="Netlist.MaxGates"/> gates already.</exception>
    public int Add(Gate gate)
    {
        if (_gates.Count == Netlist.MaxGates)
        {
            throw new InvalidOperationException($"Found more than {Netlist.MaxGates} gates, expected at most that many.");
        }

        Netlist.Check(gate, _gates.Count, 2 * OperandBits);
        _gates.Add(gate);
        return (2 * OperandBits) + _gates.Count - 1;
    }

    /// <summary>Makes the netlist; the builder can go on from there.</summary>
    /// <param name="outputs">The nets of the product, least significant first, 1 to 16.</param>
    /// <exception cref="ArgumentException">There are none or more than 16 outputs, or one is no net.</exception>
    public Netlist Build(params ReadOnlySpan<int> outputs) =>
        new(OperandBits, CollectionsMarshal.AsSpan(_gates), outputs);

    private int Operand(int bit) => bit >= 0 && bit < OperandBits
        ? bit
        : throw new ArgumentOutOfRangeException(nameof(bit), $"Found bit {bit} of an operand, expected 0..{OperandBits - 1}.");
}
