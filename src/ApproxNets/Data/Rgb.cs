using ApproxNets.Foundation;

namespace ApproxNets.Data;

/// <summary>A colour, each part on a 0..1 scale.</summary>
internal readonly record struct Rgb(double R, double G, double B)
{
    /// <summary>A colour drawn at random.</summary>
    public static Rgb Random(ref SplitMix64 random)
        => new(random.Between(0.05, 0.95), random.Between(0.05, 0.95), random.Between(0.05, 0.95));

    /// <summary><paramref name="part"/> of the second colour, the rest of the first.</summary>
    public static Rgb Mix(Rgb first, Rgb second, double part) => new(
        first.R + (part * (second.R - first.R)), first.G + (part * (second.G - first.G)), first.B + (part * (second.B - first.B)));

    /// <summary>The mean of the three parts.</summary>
    public double Brightness => (R + G + B) / 3;
}
