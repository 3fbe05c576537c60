using System.Collections.Concurrent;

namespace ApproxNets.Circuits;

/// <summary>
/// Estimated cost of a circuit in cells after a 45 nm standard-cell library (FreePDK45's gscl45nm, typical corner, 1.1 V, 1 GHz); a few
/// of their figures, of NOR, buffer and multiplexer, are rounded or set by analogy.
/// </summary>
/// <remarks>
/// <para>The circuit is simplified and covered with full adders, half adders and single gates. With p the probability of a 1, a net
/// switches <c>2 p (1 - p)</c> times a cycle (operands independent from cycle to cycle, no delays). Glitches, which a model without delays
/// leaves out, grow with depth until gates filter them, so an output at logic level l counts <c>g(l) = 1 + min(l, 10) / 2</c> times:
/// <c>P = f sum_nets 2 p (1 - p) g(l) (E_cell + C_fan-out V^2 / 2) + leakage</c>.</para>
/// <para>g and the 0.048 ns a level were chosen on 22 circuits of EvoApproxLib (v2022: all 13 signed and 9 of the unsigned ones). Against
/// their published power after one scale factor (the median ratio): Spearman correlation 0.99, median relative error 5 %, greatest 54 %
/// (<c>mul8s_1L12</c>); area 0.82 to 1.21 of the published, delay 0.8 to 1.1 but for two circuits of a few gates. That is a fit. Of four
/// unsigned circuits looked at afterwards, with the same factor, the estimate is 12, 19, 29 and 142 % too high (<c>mul8u_197B</c>,
/// <c>17C8</c>, <c>T83</c>, <c>17MN</c>, from 0.206 to 0.0017 mW); all 26 together give 0.99 and 8 %.</para>
/// <para>Limits: no wires, no sizing of gates, no restructuring by a synthesis tool, no correlation in time, and g stands in for real
/// glitches. Absolute figures are not to be compared with other sources; relative ones are what this is for.</para>
/// </remarks>
/// <param name="Cells">Number of cells after mapping; constants are none.</param>
/// <param name="AreaSquareMicrometres">Sum of the cells' areas.</param>
/// <param name="Depth">Logic levels on the longest path: 2 for XOR, multiplexer and adders, 1 for other gates.</param>
/// <param name="DelayNanoseconds"><see cref="Depth"/> times 0.048 ns.</param>
/// <param name="PowerMicrowatts">Switching and leakage at one multiplication a nanosecond.</param>
public sealed record CircuitCost(
    int Cells, double AreaSquareMicrometres, int Depth, double DelayNanoseconds, double PowerMicrowatts)
{
    /// <summary>What <see cref="Multiplier.PowerSource"/> says of a power from here.</summary>
    public const string Source = "estimate from switching activity in gscl45nm cells";

    internal const double OutputCapacitance = 2.3;
    private const double NanosecondsPerLevel = 0.048, GlitchesPerLevel = 0.5;
    private const int DeepestGlitches = 10;

    private static readonly ConcurrentDictionary<Signedness, CircuitCost> Exact = new();

    /// <summary>Estimates the cost with uniformly distributed operands: each pair of operands equally likely.</summary>
    public static CircuitCost Of(Netlist netlist)
    {
        ArgumentNullException.ThrowIfNull(netlist);
        Netlist simple = netlist.Simplified();
        return Of(simple, simple.SignalProbabilities());
    }

    /// <summary>Estimates the cost under the operand distributions of a layer.</summary>
    /// <param name="netlist">The circuit.</param>
    /// <param name="signedness">How the operands are read: the distributions are in numeric order.</param>
    /// <param name="activations">Probability of each value of operand a, from the least on: 2^n entries, sum 1.</param>
    /// <param name="weights">The same of operand b; independent of a.</param>
    /// <exception cref="ArgumentException">A distribution is not one; see
    /// <see cref="Netlist.SignalProbabilities(Signedness, ReadOnlySpan{double}, ReadOnlySpan{double})"/>.</exception>
    public static CircuitCost Of(
        Netlist netlist, Signedness signedness, ReadOnlySpan<double> activations, ReadOnlySpan<double> weights)
    {
        ArgumentNullException.ThrowIfNull(netlist);
        Netlist simple = netlist.Simplified();
        return Of(simple, simple.SignalProbabilities(signedness, activations, weights));
    }

    /// <summary>The cost of the exact 8x8 array multiplier (<see cref="CarrySaveArray.Exact"/>) with uniformly distributed operands.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    public static CircuitCost OfExact(Signedness signedness) => Exact.GetOrAdd(signedness, s => Of(CarrySaveArray.Exact(s)));

    /// <summary>Estimates the power relative to that of the exact 8x8 array multiplier, operands uniformly distributed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    public static double RelativePower(Netlist netlist, Signedness signedness) =>
        Of(netlist).PowerMicrowatts / OfExact(signedness).PowerMicrowatts;

    /// <summary>Estimates the power relative to that of the exact 8x8 array multiplier, both under the operand distributions of a
    /// layer.</summary>
    /// <param name="netlist">A circuit of 8-bit operands.</param>
    /// <param name="signedness">How the operands are read.</param>
    /// <param name="activations">Probability of each value of operand a, 256 entries in numeric order.</param>
    /// <param name="weights">The same of operand b.</param>
    /// <exception cref="ArgumentException">A distribution is not one, or has not 256 entries.</exception>
    public static double RelativePower(
        Netlist netlist, Signedness signedness, ReadOnlySpan<double> activations, ReadOnlySpan<double> weights) =>
        Of(netlist, signedness, activations, weights).PowerMicrowatts
        / Of(CarrySaveArray.Exact(signedness), signedness, activations, weights).PowerMicrowatts;

    private static CircuitCost Of(Netlist netlist, double[] probabilities)
    {
        List<MappedCell> cells = CellMapping.Cells(netlist);
        var levels = new int[netlist.NetCount];
        var load = new double[netlist.NetCount]; // fF
        double area = 0, power = 0; // um2, uW: fJ at 1 GHz
        foreach (MappedCell cell in cells)
        {
            int level = 0;
            foreach (int input in cell.Inputs)
            {
                level = Math.Max(level, levels[input]);
                load[input] += cell.Cell.InputCapacitance;
            }

            levels[cell.Output] = level + cell.Cell.Levels;
            if (cell.Carry >= 0)
            {
                levels[cell.Carry] = level + cell.Cell.Levels;
            }

            area += cell.Cell.Area;
            power += cell.Cell.Leakage / 1000;
        }

        int depth = 0;
        foreach (int output in netlist.Outputs)
        {
            load[output] += OutputCapacitance;
            depth = Math.Max(depth, levels[output]);
        }

        for (int input = 0; input < netlist.InputCount; input++)
        {
            power += Switching(input, 0);
        }

        foreach (MappedCell cell in cells)
        {
            power += Switching(cell.Output, cell.Cell.Energy);
            power += cell.Carry >= 0 ? Switching(cell.Carry, cell.Cell.CarryEnergy) : 0;
        }

        return new CircuitCost(cells.Count(cell => cell.Cell.Area > 0), area, depth, depth * NanosecondsPerLevel, power);

        double Switching(int net, double energy) => SwitchingPower(probabilities[net], levels[net], energy, load[net]);
    }

    /// <summary>The formula of the type for one net: p, l, E_cell and C_fan-out.</summary>
    internal static double SwitchingPower(double p, int level, double energy, double load) =>
        2 * p * (1 - p) * (1 + (GlitchesPerLevel * Math.Min(level, DeepestGlitches)))
        * (energy + (load * StandardCell.Supply * StandardCell.Supply / 2));
}
