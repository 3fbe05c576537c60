using ApproxNets.Multipliers;
using static TorchSharp.torch;

namespace ApproxNets.Benchmarks;

/// <summary>
/// Measures training steps of ResNets on images of CIFAR's shape in every arithmetic: forward, loss, backward and the
/// update of stochastic gradient descent. Quantised steps are those of quantisation-aware training (QAT).
/// </summary>
/// <remarks>Loading and augmenting images is in no time. Steps run in turns, each mode with a network of its own; medians count.
/// Garbage is collected between two rounds, untimed (the trainer does so every 32 steps). The memory of a mode is measured in a
/// process of its own, which the caller starts: <see cref="MeasureMemory"/>.</remarks>
public static class TrainBenchmark
{
    private const int WarmUpSteps = 2;

    /// <summary>The arithmetics, by name. The last one, the surrogate, is not trained with.</summary>
    public static IReadOnlyList<string> Modes { get; } = ["Float", "Quantized", "Noise", "Approximate", "Surrogate"];

    /// <summary>The multiplier of all layers in mode Approximate.</summary>
    public static Multiplier Multiplier { get; } = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed)["mul8s_bam_h3_v8"];

    /// <summary>Measures all networks and modes.</summary>
    /// <param name="options">Networks, threads, repetitions.</param>
    /// <param name="memory">Starts a process that calls <see cref="MeasureMemory"/> with this depth and mode, and returns what that
    /// returns; memory is left out if null.</param>
    /// <param name="measured">Called after every network.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="ArgumentException">The options are out of range.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public static IReadOnlyList<TrainMeasurement> Run(
        TrainBenchmarkOptions options,
        Func<int, string, PeakMemory>? memory,
        Action<IReadOnlyList<TrainMeasurement>>? measured = null,
        CancellationToken cancellation = default)
    {
        options.Validate();
        var measurements = new List<TrainMeasurement>();
        foreach (int depth in options.Depths)
        {
            var times = WithThreads(options, () => Times(depth, options, cancellation));
            TrainMeasurement[] network =
            [
                .. times.Select(time =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    return new TrainMeasurement(depth, time.Mode, time.Step, memory?.Invoke(depth, time.Mode)) { Reduced = time.Reduced };
                }),
            ];
            measurements.AddRange(network);
            measured?.Invoke(network);
        }

        return measurements;
    }

    /// <summary>Trains for some steps in one mode, as the trainer does, and tells this process's peak memory. Meant for a process that
    /// has done nothing else.</summary>
    /// <param name="depth">Depth of the ResNet.</param>
    /// <param name="mode">One of <see cref="Modes"/>.</param>
    /// <param name="options">Batch, steps, threads.</param>
    public static PeakMemory MeasureMemory(int depth, string mode, TrainBenchmarkOptions options)
    {
        options.Validate();
        return WithThreads(options, () =>
        {
            using var training = new TrainingStep(depth, mode, reduced: false, Multiplier, options);
            long start = PeakMemory.OfThisProcess();
            for (int step = 0; step < options.MemorySteps; step++)
            {
                training.Run();
                if (step % 32 == 0)
                {
                    GC.Collect(); // Where and why: Trainer.
                }
            }

            return new PeakMemory(start, PeakMemory.OfThisProcess());
        });
    }

    private static IReadOnlyList<(string Mode, Timing Step, Timing? Reduced)> Times(
        int depth, TrainBenchmarkOptions options, CancellationToken cancellation)
    {
        var steps = new List<TrainingStep>();
        try
        {
            steps.AddRange(Modes.Select(mode => new TrainingStep(depth, mode, reduced: false, Multiplier, options)));
            steps.AddRange(Modes.SkipLast(1).Select(mode => new TrainingStep(depth, mode, reduced: true, Multiplier, options)));
            InterleavedCall[] calls = [.. steps.Select(step => new InterleavedCall(step.Run, usesTorchThreads: true, single: true))];
            foreach (InterleavedCall call in calls)
            {
                cancellation.ThrowIfCancellationRequested();
                call.WarmUp(WarmUpSteps);
            }

            for (int round = 0; round < options.Rounds; round++)
            {
                GC.Collect();
                InterleavedCall.Measure(calls, 1, 1, TimeSpan.Zero, cancellation);
            }

            return [.. Modes.Select((mode, m) =>
                (mode, calls[m].Timing, Modes.Count + m < calls.Length ? calls[Modes.Count + m].Timing : (Timing?)null))];
        }
        finally
        {
            steps.ForEach(step => step.Dispose());
        }
    }

    private static T WithThreads<T>(TrainBenchmarkOptions options, Func<T> run)
    {
        int before = get_num_threads();
        set_num_threads(options.Threads == 0 ? Environment.ProcessorCount : options.Threads);
        try
        {
            return run();
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
