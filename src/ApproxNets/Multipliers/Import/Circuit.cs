using ApproxNets.Multipliers.Circuits;

namespace ApproxNets.Multipliers.Import;

/// <summary>A circuit read from a file.</summary>
/// <param name="Netlist">The circuit, simplified: 8-bit operands, 16-bit product.</param>
/// <param name="Name">Name of the module or function.</param>
/// <param name="OperandA">Name of the first operand, the activation.</param>
/// <param name="OperandB">Name of the second operand, the weight.</param>
public sealed record Circuit(Netlist Netlist, string Name, string OperandA, string OperandB);
