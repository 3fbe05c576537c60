using ApproxNets.Multipliers.Circuits;

namespace ApproxNets.Multipliers.Evolution;

/// <summary>The outcome of <see cref="CircuitEvolution"/>.</summary>
/// <param name="Circuit">The best circuit; its limits on the error hold, and <see cref="CircuitCost"/> has its power.</param>
/// <param name="Evaluations">Circuits that were tried: fewer than asked for after a cancellation.</param>
/// <param name="IsComplete">Whether as many circuits were tried as asked for.</param>
public sealed record EvolvedCircuit(Netlist Circuit, long Evaluations, bool IsComplete);
