using ApproxNets.ErrorModels;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;

namespace ApproxNets.Tests.ErrorModels;

/// <summary>Samples and multipliers made by hand.</summary>
internal static class LayerSamples
{
    /// <summary>A fully connected layer of fan-in n whose receptive fields and weights are given as operand values.</summary>
    public static LayerSample Of(Signedness scheme, int[][] fields, int[] weights, double scale = 1, double deviation = 1, string path = "l")
    {
        int n = fields[0].Length, offset = scheme == Signedness.Signed ? -128 : 0;
        byte[] activations = [.. fields.SelectMany(f => f).Select(v => (byte)(v - offset))];
        var shape = new Conv2dShape(fields.Length, n, 1, 1, weights.Length / n, 1, 1);
        return new LayerSample(path, scheme, shape, activations, (byte)-offset, [.. weights.Select(v => (byte)(v - offset))], activations, [scale], deviation);
    }

    public static LayerSample Random(Signedness scheme, int fields, int n, int outputs, int seed)
    {
        var random = new Random(seed);
        int least = scheme == Signedness.Signed ? -128 : 0;
        return Of(scheme, [.. Enumerable.Range(0, fields).Select(_ => Draw(n))], Draw(n * outputs));

        // The least of two draws: not uniform, so that a model that ignores the distribution shows.
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => Math.Min(random.Next(256), random.Next(256)) + least)];
    }

    /// <summary>The exact product plus an error, clamped to 16 bits.</summary>
    public static Multiplier WithError(Signedness scheme, Func<int, int, int> error, double power = 0.5, string name = "m")
    {
        (int least, int greatest) = scheme == Signedness.Signed ? (-32768, 32767) : (0, 65535);
        return Multiplier.FromFunction(name, scheme, (x, w) => Math.Clamp((x * w) + error(x, w), least, greatest), power, "test");
    }

    public static Multiplier Noisy(Signedness scheme, int size, int seed, double power = 0.5, string name = "noisy")
    {
        var random = new Random(seed);
        return WithError(scheme, (_, _) => random.Next(-size, size + 1), power, name);
    }
}
