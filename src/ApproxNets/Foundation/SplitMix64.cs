namespace ApproxNets.Foundation;

/// <summary>
/// The SplitMix64 generator (G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014):
/// a counter of step 0x9E3779B97F4A7C15, finished by a mixing function. Written out here, so that what it gives does not
/// depend on the version of .NET.
/// </summary>
public struct SplitMix64
{
    private const ulong Step = 0x9E3779B97F4A7C15;
    private ulong _state;

    /// <summary>Makes the generator of a seed and of whatever else tells streams apart (epoch, image, ...).</summary>
    public SplitMix64(int seed, params ReadOnlySpan<int> stream)
    {
        _state = Mix(unchecked((uint)seed + Step));
        foreach (int part in stream)
        {
            // Mixing after each part keeps (1, 2) and (2, 1) apart, and neighbouring streams from being shifts of one another.
            _state = Mix(unchecked((_state ^ (uint)part) + Step));
        }
    }

    /// <summary>The state: one word, so that a checkpoint can hold it.</summary>
    public readonly ulong State => _state;

    /// <summary>Makes the generator of a state.</summary>
    public static SplitMix64 FromState(ulong state) => new() { _state = state };

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        unchecked
        {
            _state += Step;
        }

        return Mix(_state);
    }

    /// <summary>A number of 0..bound-1; the bias of the multiplication is below bound / 2^32.</summary>
    public int Below(int bound) => (int)(((Next() >> 32) * (uint)bound) >> 32);

    /// <summary>A number of [0, 1), a multiple of 2^-53.</summary>
    public double Unit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number of [least, greatest).</summary>
    public double Between(double least, double greatest) => least + ((greatest - least) * Unit());

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
