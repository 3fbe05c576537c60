using System.Collections.Concurrent;

namespace ApproxNets.Circuits;

/// <summary>
/// Estimated cost of a circuit in cells after a 45 nm standard-cell library (FreePDK45's gscl45nm, typical corner, 1.1 V), as a synthesis
/// tool reports it; a few of the cells' figures, of NOR, buffer and multiplexer, are rounded or set by analogy.
/// </summary>
/// <remarks>
/// <para>The circuit is simplified and covered with full adders, half adders and single gates:
/// <c>P = sum_nets D_net (E_cell + C_fan-out V^2 / 2) + leakage</c> over the cells' outputs, with the cell's internal energy and the input
/// capacitance of the cells that it drives. Inputs are driven from outside, and outputs drive nothing.</para>
/// <para>The activity D_net is the one that explains EvoApproxLib's published power, and what a synthesis tool propagates when nobody tells
/// it more: every input bit toggles 0.1 times a nanosecond, independently, and a net's transitions are those between settled states, without
/// delays and so without glitches (rare toggles are the transition density of Najm, IEEE Trans. CAD 1993, with exact Boolean differences).
/// That glitches are not counted is seen in EvoApprox8b's ripple-carry array, which glitches far more than the carry-save array of the same
/// cells and is given 0.6 % more power. Estimated, D_net is 0.1 / t times the share of 65,536 transitions, in which every input bit toggles
/// with probability t = 1/16, that change the net. A product bit in the middle depends on all 16 inputs, a bit product on two: so adders
/// take nearly all of the power, and those of late rows more than those of early ones.</para>
/// <para>t is the only figure that was chosen, between the 1/8 that suits 8x8 multipliers and the 1/64 that suits narrower ones; energies,
/// capacitances, leakage and the 0.1 are not fitted. Against the published power, each relative to the exact array's (Spearman correlation,
/// median and 90th percentile of the relative error): EvoApprox8b, 246 circuits mostly of adders 0.993, 1.0 and 3.2 %, 225 mostly of gates
/// 0.997, 2.3 and 5.3 %, 34 exact ones 0.987, 4.3 and 5.0 %; EvoApproxLib, 13 signed 1.000, 0.6 and 2.6 %, 48 unsigned 0.996, 2.1 and
/// 21 %; these 566 together 0.997, 1.4 and 5.1 %. With t chosen on the other four families a family's median is 1.2 to 6.3 %. Narrower
/// multipliers of EvoApproxLib, 18 of 7x7 bits 0.996, 6.5 and 26 %, 159 of 8x2 to 8x7 bits 0.972 to 0.989 and 2.7 to 7.8 % (8x2: 17 %). The
/// exact arrays come to 369 and 407 uW (unsigned, signed), published are 391 and 425.</para>
/// <para>Exact trees, relative to the array: Wallace and Dadda with a ripple-carry adder 1.09 and 1.05, with a Sklansky adder 1.27 and
/// 1.28, with a Kogge-Stone adder 1.34 and 1.39; published Wallace trees have 1.32 and 1.38 (carry look-ahead, carry select; here 1.34 and
/// 1.43), exact circuits of EvoApprox8b 1.23 to 1.26 (1.28 to 1.32).</para>
/// <para>The 0.048 ns a level was chosen on 22 circuits of EvoApproxLib; on all 743 the delay is 8 % off in the median, the area 5 %.</para>
/// <para>Limits: what EvoApproxLib's figures do not count is not counted here, above all glitches: between operands that change at once a
/// deep array takes more, relative to a tree, than both say. No wires, no sizing of gates, no restructuring by a synthesis tool, which
/// makes the estimate too high for some circuits of few gates: 1.7 and 2.2 times the published power for <c>mul8u_1A0M</c> and
/// <c>17MN</c> (0.05 and 0.004 of the exact array).</para>
/// </remarks>
/// <param name="Cells">Number of cells after mapping; constants are none.</param>
/// <param name="AreaSquareMicrometres">Sum of the cells' areas.</param>
/// <param name="Depth">Logic levels on the longest path: 2 for XOR, multiplexer and adders, 1 for other gates.</param>
/// <param name="DelayNanoseconds"><see cref="Depth"/> times 0.048 ns.</param>
/// <param name="PowerMicrowatts">Switching and leakage when every input bit toggles 0.1 times a nanosecond.</param>
public sealed record CircuitCost(
    int Cells, double AreaSquareMicrometres, int Depth, double DelayNanoseconds, double PowerMicrowatts)
{
    /// <summary>What <see cref="Multiplier.PowerSource"/> says of a power from here.</summary>
    public const string Source = "estimate from switching activity in gscl45nm cells";

    private const double NanosecondsPerLevel = 0.048, InputTogglesPerNanosecond = 0.1;

    private static readonly ConcurrentDictionary<Signedness, CircuitCost> Exact = new();

    /// <summary>Estimates the cost with uniformly distributed operands: each pair of operands equally likely.</summary>
    public static CircuitCost Of(Netlist netlist)
    {
        ArgumentNullException.ThrowIfNull(netlist);
        Netlist simple = netlist.Simplified();
        return Of(simple, simple.Activities());
    }

    /// <summary>Estimates the cost under the operand distributions of a layer: with p and q the probabilities of a 1 under uniform operands
    /// and under those of the layer, a net's activity is <c>D_net q (1 - q) / (p (1 - p))</c>.</summary>
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
        double[] activities = simple.Activities(), uniform = simple.SignalProbabilities();
        double[] probabilities = simple.SignalProbabilities(signedness, activations, weights);
        for (int net = 0; net < activities.Length; net++)
        {
            double p = uniform[net], q = probabilities[net];
            activities[net] *= p is 0 or 1 ? 0 : q * (1 - q) / (p * (1 - p));
        }

        return Of(simple, activities);
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

    private static CircuitCost Of(Netlist netlist, double[] activities)
    {
        List<MappedCell> cells = CellMapping.Cells(netlist);
        var levels = new int[netlist.NetCount];
        var load = new double[netlist.NetCount]; // fF
        double area = 0, power = 0; // um2, uW
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
            depth = Math.Max(depth, levels[output]);
        }

        foreach (MappedCell cell in cells)
        {
            power += Switching(cell.Output, cell.Cell.Energy);
            power += cell.Carry >= 0 ? Switching(cell.Carry, cell.Cell.CarryEnergy) : 0;
        }

        return new CircuitCost(cells.Count(cell => cell.Cell.Area > 0), area, depth, depth * NanosecondsPerLevel, power);

        double Switching(int net, double energy) => SwitchingPower(activities[net], energy, load[net]);
    }

    /// <summary>The formula of the type for one net, in microwatts: d_net as the share of the <see cref="InputTransitions"/> in which it
    /// changes, E_cell and C_fan-out.</summary>
    internal static double SwitchingPower(double activity, double energy, double load) =>
        activity / InputTransitions.ToggleProbability * InputTogglesPerNanosecond
        * (energy + (load * StandardCell.Supply * StandardCell.Supply / 2));
}
