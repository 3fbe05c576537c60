using ApproxNets.Foundation;

namespace ApproxNets.Search;

/// <summary>
/// Energy and work of a device over equal intervals, for <see cref="PointController"/>. Energy is counted in whole units:
/// <see cref="UnitsPerLoad"/> are what exact multipliers take for a load of 1. So optimum and control are of the same numbers, without rounding
/// between them.
/// </summary>
/// <param name="Name">Name in charts and tables.</param>
/// <param name="Stored">Energy stored at the beginning.</param>
/// <param name="Capacity">The most that the store holds; what comes beyond is lost.</param>
/// <param name="Income">Energy that comes in every interval, at its beginning.</param>
/// <param name="Load">Work of every interval: images, in any unit.</param>
/// <param name="ExpectedIncome">What a controller knows of the income beforehand.</param>
/// <param name="ExpectedLoad">What a controller knows of the load beforehand.</param>
public sealed record EnergyTrace(
    string Name, long Stored, long Capacity, IReadOnlyList<long> Income, IReadOnlyList<double> Load, IReadOnlyList<long> ExpectedIncome,
    IReadOnlyList<double> ExpectedLoad)
{
    /// <summary>Units of energy that exact multipliers take for a load of 1.</summary>
    public const int UnitsPerLoad = 1000;

    private const int Intervals = 96;

    /// <summary>
    /// A day on a battery in quarters of an hour: full at midnight, never charged, busy from 8 to 20 h. The load is up to half more or
    /// less than expected.
    /// </summary>
    /// <param name="share">Energy of the day divided by what exact multipliers take for its load, &gt; 0.</param>
    public static EnergyTrace Battery(double share)
    {
        double[] expected = [.. Times.Select(h => h is >= 8 and < 20 ? 1.6 : 0.4)];
        double[] load = Wavering(expected, seed: 1);
        long energy = Energy(share, load);
        return new("battery", energy, energy, new long[Intervals], load, new long[Intervals], expected);
    }

    /// <summary>
    /// Three days on a solar cell, in quarters of an hour: sun from 6 to 18 h under clouds, and a store for half a day that is half full
    /// at first. Clouds take up to two thirds of the expected light.
    /// </summary>
    /// <param name="share">Energy of the days, that of the store included, divided by what exact multipliers take for their load, &gt; 0.</param>
    public static EnergyTrace Harvested(double share)
    {
        double[] load = [.. Enumerable.Repeat(1.0, 3 * Intervals)];
        double[] sun = [.. Enumerable.Range(0, load.Length).Select(t => Math.Max(0, Math.Sin(Math.PI * (Times[t % Intervals] - 6) / 12)))];
        double[] light = [.. sun.Zip(Smooth(load.Length, seed: 2), (s, cloud) => s * (1 - (2 * cloud / 3)))];
        long energy = Energy(share, load), capacity = energy / 6;
        double unit = (energy - (capacity / 2)) / light.Sum();
        return new(
            "harvested", capacity / 2, capacity, [.. light.Select(l => (long)(unit * l))], load,
            [.. sun.Select(s => (long)(unit * s * 2 / 3))], load);
    }

    /// <summary>
    /// A job of 96 intervals with all its energy at the beginning. The load is expected to be even, but its last third is half as large again.
    /// </summary>
    /// <param name="share">Energy of the job divided by what exact multipliers take for its load, &gt; 0.</param>
    public static EnergyTrace Deadline(double share)
    {
        double[] load = [.. Enumerable.Range(0, Intervals).Select(t => t < 2 * Intervals / 3 ? 1 : 1.5)];
        long energy = Energy(share, load);
        return new("deadline", energy, energy, new long[Intervals], load, new long[Intervals], [.. load.Select(_ => 1.0)]);
    }

    /// <summary>The three traces.</summary>
    /// <param name="share">As of each.</param>
    public static IReadOnlyList<EnergyTrace> All(double share) => [Battery(share), Harvested(share), Deadline(share)];

    /// <summary>Checks that all lists are of one length and that no number is negative.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    internal void Check()
    {
        int intervals = Load.Count;
        if (intervals == 0 || Income.Count != intervals || ExpectedIncome.Count != intervals || ExpectedLoad.Count != intervals
            || Stored < 0 || Capacity < Stored || Income.Concat(ExpectedIncome).Any(e => e < 0)
            || Load.Concat(ExpectedLoad).Any(l => !(l >= 0) || !double.IsFinite(l)))
        {
            throw new ArgumentException(
                $"Energy trace '{Name}': found {intervals} loads, {Income.Count} incomes, {ExpectedIncome.Count} and {ExpectedLoad.Count} expected, {Stored} "
                + $"stored of {Capacity}; expected as many of each, at least one, no negative number and no more stored than the store holds.");
        }
    }

    private static double[] Times { get; } = [.. Enumerable.Range(0, Intervals).Select(t => t / 4.0)];

    private static long Energy(double share, double[] load) => share > 0 && double.IsFinite(share)
        ? (long)(share * load.Sum() * UnitsPerLoad)
        : throw new ArgumentOutOfRangeException(nameof(share), $"Energy trace: found the share {share}, expected a positive one.");

    private static double[] Wavering(double[] expected, int seed) => [.. expected.Zip(Smooth(expected.Length, seed), (e, r) => e * (0.5 + r))];

    /// <summary>Numbers of 0..1 that change slowly: straight lines between one draw every eight intervals.</summary>
    private static double[] Smooth(int count, int seed)
    {
        const int Step = 8;
        var random = new SplitMix64(seed);
        double[] draws = [.. Enumerable.Range(0, (count / Step) + 2).Select(_ => random.Unit())];
        return [.. Enumerable.Range(0, count).Select(t => draws[t / Step] + ((draws[(t / Step) + 1] - draws[t / Step]) * (t % Step) / Step))];
    }
}
