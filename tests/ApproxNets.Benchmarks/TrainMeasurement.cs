namespace ApproxNets.Benchmarks;

/// <summary>What training one network in one mode takes.</summary>
/// <param name="Depth">Depth of the ResNet.</param>
/// <param name="Mode">One of <see cref="TrainBenchmark.Modes"/>.</param>
/// <param name="Step">One step: forward, loss, backward, update.</param>
/// <param name="Memory">Peak memory of a process that does nothing else; null if not measured.</param>
public sealed record TrainMeasurement(int Depth, string Mode, Timing Step, PeakMemory? Memory)
{
    /// <summary>One step with 16-bit multiplications and channels last in memory, as the full recipe trains; null where not measured.</summary>
    public Timing? Reduced { get; init; }
}
