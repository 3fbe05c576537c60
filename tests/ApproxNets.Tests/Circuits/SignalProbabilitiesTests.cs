using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Circuits;

public sealed class SignalProbabilitiesTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    public void Uniform_ones_are_counted_over_all_pairs(int bits)
    {
        Netlist circuit = SampleCircuits.Random(bits, 50, 11);
        var ones = new int[circuit.NetCount];
        int codes = 1 << bits;
        for (int pair = 0; pair < codes * codes; pair++)
        {
            bool[] nets = SampleCircuits.Evaluate(circuit, pair / codes, pair % codes);
            for (int net = 0; net < nets.Length; net++)
            {
                ones[net] += nets[net] ? 1 : 0;
            }
        }

        Assert.Equal(ones.Select(count => count / (double)(codes * codes)), circuit.SignalProbabilities());
    }

    [Theory]
    [InlineData(4, Signedness.Unsigned)]
    [InlineData(5, Signedness.Signed)]
    [InlineData(8, Signedness.Signed)]
    [InlineData(8, Signedness.Unsigned)]
    public void Weighted_probabilities_equal_the_plain_sum(int bits, Signedness signedness)
    {
        Netlist circuit = SampleCircuits.Random(bits, 40, 5);
        int codes = 1 << bits, half = signedness == Signedness.Signed ? codes / 2 : 0;
        double[] a = Distribution(codes, 1), b = Distribution(codes, 2);
        var expected = new double[circuit.NetCount];
        for (int pair = 0; pair < codes * codes; pair++)
        {
            int x = pair / codes, w = pair % codes;
            bool[] nets = SampleCircuits.Evaluate(circuit, x ^ half, w ^ half);
            for (int net = 0; net < nets.Length; net++)
            {
                expected[net] += nets[net] ? a[x] * b[w] : 0;
            }
        }

        double[] found = circuit.SignalProbabilities(signedness, a, b);
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-12)); // sums of 65,536 terms in another order
    }

    [Fact]
    public void Malformed_distributions_are_refused()
    {
        Netlist circuit = CarrySaveArray.Exact(Signedness.Unsigned);
        double[] uniform = [.. Enumerable.Repeat(1 / 256.0, 256)], negative = [.. uniform];
        (negative[0], negative[1]) = (-1 / 256.0, 3 / 256.0);

        Assert.Throws<ArgumentException>("operandA", () => circuit.SignalProbabilities(Signedness.Unsigned, new double[255], uniform));
        Assert.Throws<ArgumentException>("operandB", () => circuit.SignalProbabilities(Signedness.Unsigned, uniform, negative));
        Assert.Throws<ArgumentException>("operandB", () => circuit.SignalProbabilities(Signedness.Unsigned, uniform, new double[256]));
        Assert.Throws<ArgumentOutOfRangeException>(() => circuit.SignalProbabilities((Signedness)2, uniform, uniform));
    }

    private static double[] Distribution(int codes, int seed)
    {
        var random = new Random(seed);
        double[] weights = [.. Enumerable.Range(0, codes).Select(_ => random.NextDouble())];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
