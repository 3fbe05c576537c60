using System.Diagnostics;
using ApproxNets.Foundation;

namespace ApproxNets.Circuits.Evolution;

/// <summary>
/// Evolves approximate 8x8 multipliers from the exact array by Cartesian genetic programming: the least power within limits on the error.
/// </summary>
/// <remarks>
/// A (1 + 1) strategy: one to four random genes of the parent change, and the child takes its place if all limits hold and its power is
/// not greater, so that neutral changes go on (Vasicek and Sekanina, "Evolutionary approach to approximate digital circuits design", IEEE
/// Trans. Evolutionary Computation 19(3), 2015). The limits grow: in ten steps over the first four fifths of the run, each doubles from
/// 1/1024 of its value on, so that the error is not spent on the first change that happens to fit. Every child is tried on all 65,536 operand pairs, 64 a word, until a limit is exceeded.
/// Then a <see cref="CircuitEvolutionOptions.Rival"/> may take the parent's place. Power inside the loop is the formula of <see cref="CircuitCost"/> on unmapped cells. The same options give the same circuit, also after
/// interruptions.
/// </remarks>
public static class CircuitEvolution
{
    private const int StepsBetweenLooks = 256;

    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(10);

    /// <summary>Runs the evolution, or goes on with the one in <see cref="CircuitEvolutionOptions.CheckpointPath"/>.</summary>
    /// <param name="options">What to look for.</param>
    /// <param name="progress">Receives a report about twice a second.</param>
    /// <param name="cancellation">Ends the run early: its state is written, and the best circuit so far is the result.</param>
    /// <exception cref="ArgumentException">An option is out of range; see <see cref="CircuitEvolutionOptions.Check"/>.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged, or of a run with other options.</exception>
    /// <exception cref="IOException">The checkpoint cannot be read or written.</exception>
    public static EvolvedCircuit Run(
        CircuitEvolutionOptions options, Action<EvolutionProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        CellGenome parent = CellGenome.Exact(options.Signedness);
        CellGenome? rival = options.Rival is { } circuit ? CellGenome.Of(circuit) : null;
        int cells = Math.Max(parent.Cells.Length, rival?.Cells.Length ?? 0);
        parent = parent.Padded(cells);
        CellGenome child = parent.Padded(cells);
        rival = rival?.Padded(cells);
        var evaluator = new GenomeEvaluator(options, parent.SignalCount);
        double exact = evaluator.Power(parent);
        var random = SplitMix64.FromState((ulong)options.Seed);
        long first = 0;
        if (options.CheckpointPath is { } path && File.Exists(path))
        {
            var checkpoint = EvolutionCheckpoint.Read(path, options, parent);
            (first, random) = (checkpoint.Evaluations, SplitMix64.FromState(checkpoint.Random));
            if (first > options.Evaluations)
            {
                throw new InvalidDataException($"{path}: found {first} evaluations, expected at most {options.Evaluations}.");
            }
        }

        double power = evaluator.Power(parent);
        if (double.IsInfinity(power))
        {
            throw new InvalidDataException($"{options.CheckpointPath}: found a circuit outside the limits on the error, "
                + "expected one within: the file is damaged.");
        }

        long done = first;
        long started = Stopwatch.GetTimestamp(), told = started, saved = started;
        while (done < options.Evaluations)
        {
            if (done % StepsBetweenLooks == 0)
            {
                if (cancellation.IsCancellationRequested)
                {
                    break;
                }

                if (Stopwatch.GetElapsedTime(told) > TimeSpan.FromSeconds(0.5) && done > first)
                {
                    told = Stopwatch.GetTimestamp();
                    TimeSpan left = Stopwatch.GetElapsedTime(started) / (done - first) * (options.Evaluations - done);
                    progress?.Invoke(new EvolutionProgress(done, options.Evaluations, power / exact, left));
                }

                if (Stopwatch.GetElapsedTime(saved) > CheckpointInterval)
                {
                    saved = Stopwatch.GetTimestamp();
                    Save();
                }
            }

            if (rival is not null && done == FullSizeFrom(options.Evaluations) && evaluator.Power(rival) is var rivals && rivals < power)
            {
                power = rivals;
                parent.CopyFrom(rival);
            }

            child.CopyFrom(parent);
            if (child.Mutate(ref random))
            {
                child.FindActive();
                double childPower = evaluator.Power(child, Share(done, options.Evaluations));
                if (childPower <= power)
                {
                    power = childPower;
                    (parent, child) = (child, parent);
                }
            }
            else
            {
                (parent, child) = (child, parent); // only cells out of use have changed
            }

            done++;
        }

        Save();
        progress?.Invoke(new EvolutionProgress(done, options.Evaluations, power / exact, TimeSpan.Zero));
        return new EvolvedCircuit(parent.ToNetlist(), done, done == options.Evaluations);

        void Save()
        {
            if (options.CheckpointPath is not null)
            {
                EvolutionCheckpoint.Of(options, done, random, parent).Write(options.CheckpointPath);
            }
        }
    }

    /// <summary>Finds the circuit of least power among those within the limits, to be the <see cref="CircuitEvolutionOptions.Rival"/>.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="circuits">The circuits; those of other signedness are of no use.</param>
    /// <returns>The first of the cheapest; null when none is within the limits.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static Netlist? CheapestWithin(CircuitEvolutionOptions options, IEnumerable<Netlist> circuits)
    {
        options.Check();
        return circuits.AsParallel().AsOrdered()
            .Select(circuit => (Circuit: circuit, Genome: CellGenome.Of(circuit)))
            .Select(c => (c.Circuit, Power: new GenomeEvaluator(options, c.Genome.SignalCount).Power(c.Genome)))
            .Where(c => double.IsFinite(c.Power)).AsSequential()
            .OrderBy(c => c.Power).FirstOrDefault().Circuit;
    }

    /// <summary>The first evaluation for which the limits are as they were asked for.</summary>
    private static long FullSizeFrom(long evaluations) => ((4 * evaluations) + 4) / 5;

    /// <summary>The part of the limits that counts: doubles ten times, linearly in between, and is 1 from four fifths of the run on. All
    /// exact in binary, hence the same everywhere.</summary>
    internal static double Share(long done, long evaluations)
    {
        const int Doublings = 10;
        double position = Doublings * 5.0 * done / (4.0 * evaluations);
        int doubled = (int)Math.Min(position, Doublings);
        return doubled == Doublings ? 1 : (1 + (position - doubled)) / (1 << (Doublings - doubled));
    }
}

/// <summary>Where a run of <see cref="CircuitEvolution"/> is.</summary>
/// <param name="Evaluations">Circuits tried so far, those before an interruption included.</param>
/// <param name="Total">Circuits to try in all.</param>
/// <param name="RelativePower">Fast estimate of the power of the best circuit, relative to the exact one by the same estimate.</param>
/// <param name="Remaining">Time left at the speed so far.</param>
public sealed record EvolutionProgress(long Evaluations, long Total, double RelativePower, TimeSpan Remaining);

/// <summary>The outcome of <see cref="CircuitEvolution"/>.</summary>
/// <param name="Circuit">The best circuit; its limits on the error hold, and <see cref="CircuitCost"/> has its power.</param>
/// <param name="Evaluations">Circuits that were tried: fewer than asked for after a cancellation.</param>
/// <param name="IsComplete">Whether as many circuits were tried as asked for.</param>
public sealed record EvolvedCircuit(Netlist Circuit, long Evaluations, bool IsComplete);
