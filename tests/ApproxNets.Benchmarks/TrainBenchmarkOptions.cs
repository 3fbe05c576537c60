namespace ApproxNets.Benchmarks;

/// <summary>Settings of <see cref="TrainBenchmark"/>.</summary>
public sealed record TrainBenchmarkOptions
{
    /// <summary>Threads of both libtorch and the kernels; 0 for one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>Depths of the networks.</summary>
    public IReadOnlyList<int> Depths { get; init; } = [8, 20];

    /// <summary>Images of one step.</summary>
    public int Batch { get; init; } = 128;

    /// <summary>Timed steps of each mode, after two that are not timed.</summary>
    public int Rounds { get; init; } = 9;

    /// <summary>Steps of a memory measurement: a little more than the 32 between two collections of garbage in training.</summary>
    public int MemorySteps { get; init; } = 34;

    /// <summary>Seed of images and weights.</summary>
    public int Seed { get; init; } = 1;

    internal void Validate()
    {
        if (Threads < 0 || Batch < 2 || Rounds < 1 || MemorySteps < 1 || Depths.Count == 0)
        {
            throw new ArgumentException(
                $"Benchmark: found {this}, expected threads >= 0, a batch >= 2, rounds >= 1, memory steps >= 1 and a network.");
        }
    }
}
