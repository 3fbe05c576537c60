namespace ApproxNets.Benchmarks;

/// <summary>Settings of <see cref="ErrorModelBenchmark"/>. Threads are one per processor.</summary>
public sealed record ErrorModelBenchmarkOptions
{
    /// <summary>Depth of the ResNet.</summary>
    public int Depth { get; init; } = 20;

    /// <summary>Number of inexact multipliers.</summary>
    public int Multipliers { get; init; } = 300;

    /// <summary>Images that operands are taken from, and that the simulation runs.</summary>
    public int Images { get; init; } = 8;

    /// <summary>Draws of the Monte Carlo model.</summary>
    public int MonteCarloRuns { get; init; } = 10_000;

    /// <summary>Timed rounds; in each, every model runs once.</summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Seed of images, weights and draws.</summary>
    public int Seed { get; init; } = 1;

    internal void Validate()
    {
        if (Multipliers < 1 || Images < 1 || MonteCarloRuns < 1 || Rounds < 1)
        {
            throw new ArgumentException(
                $"Benchmark: found {this}, expected at least one multiplier, image, Monte Carlo run and round.");
        }
    }
}
