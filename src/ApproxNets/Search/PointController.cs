namespace ApproxNets.Search;

/// <summary>What a controller knows of an operating point.</summary>
/// <param name="RelativePower">Power of its multiplications relative to exact ones, &gt;= 0.</param>
/// <param name="Accuracy">Its accuracy, 0..1, on images that are not for the final test.</param>
public sealed record PointCost(double RelativePower, double Accuracy);

/// <summary>One interval of a device under control.</summary>
/// <param name="Point">Operating point in force.</param>
/// <param name="Spent">Energy spent, that of a switch included.</param>
/// <param name="Stored">Energy left at the end.</param>
/// <param name="Served">Share of the load that the energy was enough for, 0..1.</param>
public sealed record ControlStep(int Point, long Spent, long Stored, double Served);

/// <summary>A device over a whole trace.</summary>
/// <param name="Steps">One step per interval.</param>
/// <param name="Accuracy">Accuracy of the load, 0..1: of every unit that of the operating point which served it, 0 where none did.</param>
/// <param name="Switches">How often the point changed.</param>
public sealed record ControlRun(IReadOnlyList<ControlStep> Steps, double Accuracy, int Switches)
{
    /// <summary>What this run lost against the best one, in per cent of that one's accuracy.</summary>
    /// <param name="best">Such as that of <see cref="PointController.Optimum"/>.</param>
    public double Regret(ControlRun best) => best.Accuracy > 0 ? 100 * (best.Accuracy - Accuracy) / best.Accuracy : 0;
}

/// <summary>
/// Chooses the operating point of a <see cref="Layers.QosNet"/> while a device runs: the most accurate one that, by what is expected of load and income,
/// can be held to the end; if none can, the cheapest.
/// </summary>
/// <remarks>
/// <para>Hysteresis: a more accurate point than that in force must last even if <see cref="Margin"/> more load comes than expected. So small
/// deviations do not switch to and fro.</para>
/// <para>Where the energy of an interval is not enough, the device serves the share of the load that it is enough for. Nothing is ever
/// spent that is not there.</para>
/// </remarks>
/// <param name="points">The operating points.</param>
/// <param name="switchCost">Energy of a change of the point, in units of <see cref="EnergyTrace"/>, &gt;= 0.</param>
public sealed class PointController(IReadOnlyList<PointCost> points, long switchCost = 0)
{
    /// <summary>Share of load beyond the expected one that a more accurate point must last for, &gt;= 0.</summary>
    public double Margin { get; init; } = 0.05;

    /// <summary>Chooses the point of the next interval, by what is known before it.</summary>
    /// <param name="trace">What is expected; income and load that are still to come are not read.</param>
    /// <param name="interval">The next interval.</param>
    /// <param name="stored">Energy in store.</param>
    /// <param name="active">The point in force.</param>
    public int Next(EnergyTrace trace, int interval, long stored, int active)
    {
        int? best = null;
        for (int i = 0; i < points.Count; i++)
        {
            bool raises = points[i].Accuracy > points[active].Accuracy;
            if ((best is null || points[i].Accuracy > points[best.Value].Accuracy) && Lasts(trace, interval, stored, i, i != active, raises ? 1 + Margin : 1))
            {
                best = i;
            }
        }

        return best ?? Cheapest;
    }

    /// <summary>Runs a device over a trace under this control. It begins at the cheapest point.</summary>
    /// <param name="trace">The trace.</param>
    /// <exception cref="ArgumentException">There is no point, a number is out of range, or the trace is malformed.</exception>
    public ControlRun Run(EnergyTrace trace) => Simulate(trace, Next);

    /// <summary>The run that stays at one point.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="point">The point.</param>
    public ControlRun Fixed(EnergyTrace trace, int point) => Simulate(trace, (_, _, _, _) => point);

    /// <summary>The best of the runs that stay at one point.</summary>
    /// <param name="trace">The trace.</param>
    public ControlRun BestFixed(EnergyTrace trace) => Enumerable.Range(0, points.Count).Select(p => Fixed(trace, p)).MaxBy(r => r.Accuracy)!;

    /// <summary>
    /// The best run there is for one who knows the trace beforehand, by dynamic programming backwards over intervals, energy in store and
    /// point in force. No control does better. Memory: two bytes for each of these, 20 MB for 96 intervals and three points at a store of 36,000.
    /// </summary>
    /// <param name="trace">The trace.</param>
    public ControlRun Optimum(EnergyTrace trace)
    {
        Check(trace);
        int intervals = trace.Load.Count, count = points.Count, levels = checked((int)trace.Capacity + 1);
        double[][] next = [.. points.Select(_ => new double[levels])], value = [.. points.Select(_ => new double[levels])];
        var choices = new ushort[intervals][][];
        for (int t = intervals - 1; t >= 0; t--)
        {
            choices[t] = [.. points.Select(_ => new ushort[levels])];
            for (int active = 0; active < count; active++)
            {
                Array.Fill(value[active], double.NegativeInfinity);
                for (int i = 0; i < count; i++)
                {
                    var (need, cost, gain) = (Need(trace.Load[t], i), i == active ? 0 : switchCost, trace.Load[t] * points[i].Accuracy);
                    long income = trace.Income[t];
                    double[] best = value[active], then = next[i];
                    for (int stored = 0; stored < levels; stored++)
                    {
                        var step = Step(Math.Min(trace.Capacity, stored + income), need, cost);
                        double total = (gain * step.Served) + then[step.Stored];
                        if (total > best[stored])
                        {
                            (best[stored], choices[t][active][stored]) = (total, (ushort)i);
                        }
                    }
                }
            }

            (next, value) = (value, next);
        }

        return Simulate(trace, (_, t, stored, active) => choices[t][active][stored]);
    }

    private int Cheapest => points.Index().MinBy(p => p.Item.RelativePower).Index;

    private ControlRun Simulate(EnergyTrace trace, Func<EnergyTrace, int, long, int, int> choose)
    {
        Check(trace);
        var steps = new List<ControlStep>();
        long stored = trace.Stored;
        int active = Cheapest, switches = 0;
        double served = 0;
        for (int t = 0; t < trace.Load.Count; t++)
        {
            int point = choose(trace, t, stored, active);
            var step = Step(
                Math.Min(trace.Capacity, stored + trace.Income[t]), Need(trace.Load[t], point), point == active ? 0 : switchCost);
            steps.Add(new(point, step.Spent, step.Stored, step.Served));
            switches += point == active ? 0 : 1;
            served += trace.Load[t] * step.Served * points[point].Accuracy;
            (stored, active) = (step.Stored, point);
        }

        double load = trace.Load.Sum();
        return new(steps, load > 0 ? served / load : 0, switches);
    }

    /// <summary>Spends what is available on a switch first, then on the load.</summary>
    private static (long Spent, long Stored, double Served) Step(long available, long need, long cost)
    {
        cost = Math.Min(cost, available);
        long spent = Math.Min(need, available - cost);
        return (cost + spent, available - cost - spent, need == 0 ? 1 : (double)spent / need);
    }

    /// <summary>Whether the energy is enough for a point to the end, if load and income come as expected.</summary>
    private bool Lasts(EnergyTrace trace, int interval, long stored, int point, bool switches, double factor)
    {
        long left = stored - (switches ? switchCost : 0);
        for (int t = interval; t < trace.Load.Count && left >= 0; t++)
        {
            left = Math.Min(trace.Capacity, left + trace.ExpectedIncome[t]) - Need(factor * trace.ExpectedLoad[t], point);
        }

        return left >= 0;
    }

    private long Need(double load, int point) => (long)Math.Round(load * points[point].RelativePower * EnergyTrace.UnitsPerLoad);

    private void Check(EnergyTrace trace)
    {
        trace.Check();
        if (points.Count == 0 || switchCost < 0 || !(Margin >= 0)
            || points.Any(p => !(p.RelativePower >= 0) || !double.IsFinite(p.RelativePower) || !(p.Accuracy is >= 0 and <= 1)))
        {
            throw new ArgumentException(
                $"Controller: found the points {string.Join(", ", points)}, a switch of {switchCost} and a margin of {Margin}, expected at least one "
                + "point of no negative power and an accuracy of 0..1, and no negative cost or margin.");
        }
    }
}
