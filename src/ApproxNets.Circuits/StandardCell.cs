using System.Diagnostics;

namespace ApproxNets.Circuits;

/// <summary>
/// A cell of the open 45 nm library gscl45nm of FreePDK45 (North Carolina and Oklahoma State Universities; Liberty file of the typical
/// corner, 1.1 V, 27 C), after its X1 cells. A multiplexer is MUX2X1, which inverts, and INVX1. Not all figures are the library's own: the
/// leakage and energy of NOR, all but the area of the buffer, and part of the multiplexer's energy were rounded, or set by analogy with
/// the cells beside them.
/// </summary>
/// <param name="Area">Area in square micrometres.</param>
/// <param name="Leakage">Leakage in nanowatts.</param>
/// <param name="InputCapacitance">Mean over the input pins, in femtofarads.</param>
/// <param name="Energy">Internal energy in femtojoules of one transition of the output (of an adder: of the sum): the mean over the input
/// pins, rising and falling, at the smallest load and slew of the tables.</param>
/// <param name="CarryEnergy">The same for the carry output of an adder.</param>
/// <param name="Levels">Logic levels: 2 for everything made of an XOR or a multiplexer, 1 for other gates.</param>
internal readonly record struct StandardCell(
    double Area, double Leakage, double InputCapacitance, double Energy, double CarryEnergy, int Levels)
{
    /// <summary>Supply voltage in volts.</summary>
    internal const double Supply = 1.1;

    internal static readonly StandardCell HalfAdder = new(4.693, 47.6, 4.2, 5.3, 5.5, 2);
    internal static readonly StandardCell FullAdder = new(8.9167, 39.2, 10.4, 8.0, 7.6, 2);

    internal static StandardCell Of(GateKind kind) => kind switch
    {
        GateKind.Const0 or GateKind.Const1 => default,
        GateKind.Buf => new(2.3465, 10.0, 1.6, 3.0, 0, 1),
        GateKind.Not => new(1.4079, 1.7, 1.6, 1.0, 0, 1),
        GateKind.And => new(2.3465, 15.6, 2.3, 3.6, 0, 1),
        GateKind.Or => new(2.3465, 13.7, 2.5, 4.1, 0, 1),
        GateKind.Nand => new(1.8772, 3.3, 2.1, 2.2, 0, 1),
        GateKind.Nor => new(2.3465, 3.6, 2.3, 2.3, 0, 1),
        GateKind.Xor or GateKind.Xnor => new(4.693, 45.1, 5.5, 8.6, 0, 2),
        GateKind.Mux => new(5.1623, 20.3, 3.2, 7.2, 0, 2),
        _ => throw new UnreachableException($"Gate kind {kind}."),
    };
}
