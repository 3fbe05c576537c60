using ApproxNets.Kernels;
using ApproxNets.Multipliers;

namespace ApproxNets.Benchmarks;

/// <summary>Settings of <see cref="KernelBenchmark"/>.</summary>
public sealed record KernelBenchmarkOptions
{
    /// <summary>Threads of both libtorch and the kernels; 0 for one per processor.</summary>
    public int Threads { get; init; }

    /// <summary>Path of the look-up-table kernel.</summary>
    public KernelPath Path { get; init; } = KernelPath.Auto;

    /// <summary>The signed multiplier: broken array, whose errors have no simple closed form.</summary>
    public Multiplier Signed { get; init; } = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed)["mul8s_bam_h3_v8"];

    /// <summary>The unsigned multiplier.</summary>
    public Multiplier Unsigned { get; init; } = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Unsigned)["mul8u_bam_h3_v9"];

    /// <summary>Seed of activations, weights and biases.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether the gather baseline and the scalar loop are measured, too.</summary>
    public bool Baselines { get; init; } = true;

    /// <summary>Rounds at least, whatever they take.</summary>
    public int LeastRounds { get; init; } = 3;

    /// <summary>Rounds at most.</summary>
    public int MostRounds { get; init; } = 15;

    /// <summary>Time after which a layer gets no further round, in seconds.</summary>
    public double SecondsPerLayer { get; init; } = 0.5;

    /// <summary>Makes a multiplier whose 65,536 products are drawn uniformly from all 16-bit numbers of the signedness: no kernel can
    /// take advantage of any structure in it.</summary>
    /// <param name="signedness">Signed or unsigned products.</param>
    /// <param name="seed">Seed.</param>
    public static Multiplier RandomMultiplier(Signedness signedness, int seed)
    {
        var random = new Random(seed);
        int least = signedness == Signedness.Signed ? short.MinValue : 0;
        return Multiplier.FromFunction(
            $"random {signedness.Word()}", signedness, (_, _) => random.Next(least, least + 65536), 1, "none");
    }

    internal int ThreadCount => Threads == 0 ? Environment.ProcessorCount : Threads;

    internal void Validate()
    {
        if (Threads < 0 || LeastRounds < 1 || MostRounds < LeastRounds || !(SecondsPerLayer >= 0)
            || Signed.Signedness != Signedness.Signed || Unsigned.Signedness != Signedness.Unsigned)
        {
            throw new ArgumentException(
                $"Benchmark: found {this}, expected threads >= 0, 1 <= least rounds <= most rounds, seconds >= 0 and "
                + "a multiplier of each signedness.");
        }
    }
}
