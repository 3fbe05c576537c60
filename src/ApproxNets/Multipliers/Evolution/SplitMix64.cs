namespace ApproxNets.Multipliers.Evolution;

/// <summary>The generator SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): its state is one word, so a checkpoint can hold it.</summary>
internal struct SplitMix64(ulong state)
{
    internal ulong State { get; private set; } = state;

    /// <summary>A number below a bound, with a bias below 2^-32 for bounds that fit 32 bits.</summary>
    internal int Next(int bound)
    {
        State += 0x9E3779B97F4A7C15;
        ulong z = State;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)(((z ^ (z >> 31)) >> 32) * (ulong)bound >> 32);
    }
}
