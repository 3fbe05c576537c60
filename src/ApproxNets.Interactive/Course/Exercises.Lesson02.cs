using ApproxNets.Circuits;
using ApproxNets.Multipliers;

namespace ApproxNets.Interactive;

/// <content>Lesson 02: quantisation and behavioural simulation.</content>
public static partial class Exercises
{
    /// <summary>The 8-bit code of a number.</summary>
    public static Exercise<(double Value, double Scale, int ZeroPoint), int> CodeOf { get; } = new(
        "02.1", 1,
        given => (int)Math.Clamp(Math.Round(given.Value / given.Scale) + given.ZeroPoint, 0, 255),
        [(0, 0.1, 7), (1.26, 0.1, 0), (-1.24, 0.1, 100), (3.0, 0.02, 128), (-9.4, 0.05, 60), (0.6, 1, 255), (2.39, 0.4, 31)],
        given => FormattableString.Invariant($"the value {given.Value}, the scale {given.Scale} and the zero point {given.ZeroPoint}"),
        (a, b) => a == b);

    /// <summary>The sum of an unsigned layer without its zero points, from the accumulator of the kernel.</summary>
    public static Exercise<(int Accumulator, int[] X, int[] W, int ZeroX, int ZeroW), int> Corrected
    {
        get
        {
            var random = new Random(20);
            int[] Codes(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(256))];
            var rough = MultiplierFamilies.Truncated(Signedness.Unsigned, 8);
            return new(
                "02.2", 2,
                given => given.Accumulator - (given.ZeroW * given.X.Sum()) - (given.ZeroX * given.W.Sum()) + (given.X.Length * given.ZeroX * given.ZeroW),
                [.. new[] { (1, 0, 128), (9, 0, 117), (27, 3, 0), (27, 121, 130), (144, 64, 99) }.Select(c =>
                {
                    int[] x = Codes(c.Item1), w = Codes(c.Item1);
                    return (x.Zip(w, (a, b) => rough[a, b]).Sum(), x, w, c.Item2, c.Item3);
                })],
                given => $"{given.X.Length} products, z_x = {given.ZeroX}, z_w = {given.ZeroW}, acc = {given.Accumulator}",
                (a, b) => a == b);
        }
    }

    /// <summary>A multiplier that is exact where an operand is 0, and as given everywhere else.</summary>
    public static Exercise<Multiplier, Multiplier?> ZeroSkipping
    {
        get
        {
            return new(
                "02.3", 2,
                given => Multiplier.FromFunction(
                    given.Name, given.Signedness, (x, w) => x == 0 || w == 0 ? 0 : given[x, w], given.RelativePower, given.PowerSource),
                [
                    MultiplierFamilies.TruncatedCompensated(Signedness.Signed, 5),
                    MultiplierFamilies.TruncatedCompensated(Signedness.Unsigned, 8),
                    MultiplierFamilies.Drum(Signedness.Signed, 4),
                ],
                given => given.Name,
                (a, b) => b is not null && a!.Signedness == b.Signedness && a.Products.Span.SequenceEqual(b.Products.Span));
        }
    }
}
