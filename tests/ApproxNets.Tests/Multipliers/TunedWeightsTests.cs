using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class TunedWeightsTests
{
    private static readonly double[] Activations = HalfNormal(128, 40), Weights = Normal(128, 30);

    public static TheoryData<string> Circuits => ["truncated", "broken", "sign and magnitude", "unsigned", "nothing", "noise"];

    private static Multiplier Circuit(string name) => name switch
    {
        "truncated" => MultiplierFamilies.TruncatedCompensated(Signedness.Signed, 10),
        "broken" => MultiplierFamilies.BrokenArray(Signedness.Signed, 5, 10),
        "sign and magnitude" => Multiplier.SignMagnitude(MultiplierFamilies.BrokenArray(Signedness.Unsigned, 5, 11), swapped: true),
        "unsigned" => MultiplierFamilies.BrokenArray(Signedness.Unsigned, 5, 10),
        "nothing" => Multiplier.FromFunction("nothing", Signedness.Signed, (_, _) => 0, 0, "test"),
        _ => Noise(5),
    };

    private static Multiplier Noise(int seed)
    {
        var random = new Random(seed);
        return Multiplier.FromFunction("noise", Signedness.Signed, (x, w) => (x * w / 2) + random.Next(-3000, 3001), 0.1, "test");
    }

    /// <summary>Codes from <paramref name="zero"/> on, by their distance.</summary>
    private static double[] HalfNormal(int zero, double deviation) =>
        [.. Enumerable.Range(0, 256).Select(code => code < zero ? 0 : Math.Exp(-Math.Pow((code - zero) / deviation, 2) / 2))];

    private static double[] Normal(int zero, double deviation) =>
        [.. Enumerable.Range(0, 256).Select(code => Math.Exp(-Math.Pow((code - zero) / deviation, 2) / 2))];

    /// <summary>E[(alpha m(x, w) - x w)^2] by a double loop.</summary>
    private static double WeightedError(Multiplier m, double[] activations, double[] weights)
    {
        double error = 0;
        for (int x = 0; x < 256; x++)
        {
            for (int w = 0; w < 256; w++)
            {
                double e = (m.Scale * m.Products.Span[(x * 256) + w]) - ((x + m.MinOperand) * (w + m.MinOperand));
                error += activations[x] * weights[w] * e * e;
            }
        }

        return error;
    }

    [Theory]
    [MemberData(nameof(Circuits))]
    public void Codes_are_the_best_of_all_and_the_table_is_theirs(string name)
    {
        Multiplier circuit = Circuit(name), tuned = circuit.TunedFor(Activations, Weights, scaled: false);
        var codes = tuned.WeightCodes.Span;
        Assert.Equal(1, tuned.Scale);
        for (int w = 0; w < 256; w += 3)
        {
            int weight = w;
            double[] errors = [.. Enumerable.Range(0, 256).Select(c => Enumerable.Range(128, 128).Sum(x => Activations[x] * Math.Pow(
                circuit.Products.Span[(x * 256) + c] - ((x + circuit.MinOperand) * (weight + circuit.MinOperand)), 2)))];
            Assert.Equal(errors.Min(), errors[codes[w]], 1e-9 * (1 + errors.Max()));
            for (int x = 0; x < 256; x++)
            {
                Assert.Equal(circuit.Products.Span[(x * 256) + codes[w]], tuned.Products.Span[(x * 256) + w]);
            }
        }

        Assert.Equal((circuit.Name, circuit.Signedness, circuit.RelativePower, circuit.PowerWithoutSignLogic, circuit.PowerSource),
            (tuned.Name, tuned.Signedness, tuned.RelativePower, tuned.PowerWithoutSignLogic, tuned.PowerSource));
    }

    [Theory]
    [MemberData(nameof(Circuits))]
    public void Tuning_never_adds_error_and_neither_does_the_scale(string name)
    {
        Multiplier circuit = Circuit(name);
        foreach (double[] weights in new[] { Weights, Normal(128, 5), Normal(0, 1000) })
        {
            double before = WeightedError(circuit, Activations, weights), rounding = 1e-12 * before;
            Multiplier plain = circuit.TunedFor(Activations, weights, scaled: false), scaled = circuit.TunedFor(Activations, weights);
            Assert.True(WeightedError(plain, Activations, weights) <= before + rounding);
            Assert.True(WeightedError(scaled, Activations, weights) <= WeightedError(plain, Activations, weights) + rounding);
            Assert.Equal((scaled.TableHash, scaled.Scale), (circuit.TunedFor(Activations, weights).TableHash, circuit.TunedFor(Activations, weights).Scale));
        }
    }

    [Fact]
    public void A_circuit_that_loses_a_third_is_scaled()
    {
        var third = Multiplier.FromFunction("third", Signedness.Signed, (x, w) => 2 * x * w / 3, 0.5, "test");
        double[] weights = Normal(0, 1e6); // all alike: large ones have no greater code to take
        var tuned = third.TunedFor(Activations, weights);
        Assert.InRange(tuned.Scale, 1.1, 1.6);
        Assert.True(WeightedError(tuned, Activations, weights) < 0.5 * WeightedError(third.TunedFor(Activations, weights, scaled: false), Activations, weights));

        // For its codes the scale is the least squares, and has four digits.
        double products = 0, squares = 0;
        for (int i = 0; i < 65536; i++)
        {
            double share = Activations[i >> 8] * weights[i & 255], product = tuned.Products.Span[i];
            products += share * product * ((i >> 8) - 128) * ((i & 255) - 128);
            squares += share * product * product;
        }

        Assert.Equal(products / squares, tuned.Scale, 0.01);
        Assert.Equal(Math.Round(tuned.Scale, 3), tuned.Scale);
        Assert.Contains("tuned weights, scale 1.", tuned.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void The_exact_multiplier_is_itself(Signedness signedness)
    {
        var exact = MultiplierFamilies.Exact(signedness).Multiplier;
        var tuned = exact.TunedFor(Activations, Weights);
        Assert.True(tuned.IsExact);
        Assert.Equal((1, exact.TableHash), (tuned.Scale, tuned.TableHash));
        Assert.Equal(Enumerable.Range(0, 256), tuned.WeightCodes.ToArray().Select(c => (int)c));
    }

    [Fact]
    public void Unsigned_multipliers_have_no_scale()
    {
        var third = Multiplier.FromFunction("third", Signedness.Unsigned, (x, w) => 2 * x * w / 3, 0.5, "test");
        Assert.Equal(1, third.TunedFor(Activations, Weights).Scale);
    }

    [Fact]
    public void Bad_distributions_and_tuning_twice_are_refused()
    {
        Multiplier circuit = Circuit("broken");
        double[] negative = [.. Activations];
        (negative[3], double[] nothing) = (-1, new double[256]);
        Assert.Contains("256 entries >= 0", Assert.Throws<ArgumentException>(() => circuit.TunedFor(negative, Weights)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => circuit.TunedFor(Activations, nothing));
        Assert.Throws<ArgumentException>(() => circuit.TunedFor(Activations.AsSpan(1), Weights));
        Assert.Contains("found tuned weights",
            Assert.Throws<ArgumentException>(() => circuit.TunedFor(Activations, Weights).TunedFor(Activations, Weights)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_library_file_has_no_place_for_tuned_weights() => Assert.Contains(
        "found broken", Assert.Throws<ArgumentException>(() => LibraryFile.Bytes([Renamed(Circuit("broken")).TunedFor(Activations, Weights)])).Message,
        StringComparison.Ordinal);

    private static Multiplier Renamed(Multiplier m) => new("broken", m.Signedness, m.Products.Span, m.RelativePower, m.PowerSource);

    [Fact]
    public void The_hash_of_a_library_sees_the_scale()
    {
        Multiplier exact = MultiplierFamilies.Exact(Signedness.Signed), circuit = Circuit("noise");
        Multiplier scaled = circuit.TunedFor(Activations, Weights);
        Assert.NotEqual(1, scaled.Scale);
        var plain = new Multiplier(scaled.Name, Signedness.Signed, scaled.Products.Span, scaled.RelativePower, scaled.PowerSource);
        Assert.NotEqual(
            new MultiplierLibrary("l", Signedness.Signed, [exact, plain]).Sha256, new MultiplierLibrary("l", Signedness.Signed, [exact, scaled]).Sha256);
    }
}
