using ApproxNets.Circuits.Import;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class SignMagnitudeTests
{
    /// <summary>A circuit without any symmetry, which errs at 0, too.</summary>
    private static Multiplier Random { get; } = OfSeed(1);

    private static Multiplier OfSeed(int seed)
    {
        var random = new Random(seed);
        return Multiplier.FromFunction("mul8u_r", Signedness.Unsigned, (_, _) => random.Next(65536), 0.25, "test");
    }

    [Theory]
    [InlineData(false, "mul8u_r_sm")]
    [InlineData(true, "mul8u_r_sm_swapped")]
    public void The_table_is_that_of_the_definition_in_both_orders(bool swapped, string name)
    {
        var multiplier = Multiplier.SignMagnitude(Random, swapped);
        Assert.Equal((name, Signedness.Signed), (multiplier.Name, multiplier.Signedness));
        for (int x = -128; x <= 127; x++)
        {
            for (int w = -128; w <= 127; w++)
            {
                int ofX = 2 * Math.Abs(x == -128 ? -127 : x), ofW = 2 * Math.Abs(w == -128 ? -127 : w);
                double quarter = (swapped ? Random[ofW, ofX] : Random[ofX, ofW]) / 4.0;
                double sign = (x < 0 ? -1 : 1) * (w < 0 ? -1 : 1);
                Assert.Equal(sign * Math.Floor(quarter + 0.5), multiplier[x, w]);
            }
        }
    }

    [Fact]
    public void Every_quadrant_has_its_sign_and_zero_is_the_circuits()
    {
        var zeroAtZero = Multiplier.SignMagnitude(MultiplierFamilies.Drum(Signedness.Unsigned, 3));
        Assert.Equal([1, -1, -1, 1], new[] { zeroAtZero[40, 30], zeroAtZero[-40, 30], zeroAtZero[40, -30], zeroAtZero[-40, -30] }.Select(Math.Sign));
        Assert.Equal(zeroAtZero[40, 30], -zeroAtZero[-40, 30]);
        Assert.All(Enumerable.Range(-128, 256), v => Assert.Equal((0, 0), (zeroAtZero[v, 0], zeroAtZero[0, v])));

        var atZero = Multiplier.SignMagnitude(Random);
        Assert.Equal((Random[0, 60] + 2) / 4, atZero[0, 30]);
        Assert.Equal(-atZero[0, 30], atZero[0, -30]);
    }

    [Fact]
    public void The_exact_circuit_is_exact_but_for_the_magnitude_128()
    {
        var exact = Multiplier.SignMagnitude(MultiplierFamilies.Exact(Signedness.Unsigned));
        Assert.False(exact.IsExact);
        for (int x = -127; x <= 127; x++)
        {
            Assert.Equal(-127 * x, exact[x, -128]);
            for (int w = -127; w <= 127; w++)
            {
                Assert.Equal(x * w, exact[x, w]);
            }
        }
    }

    [Fact]
    public void The_figures_of_an_xor_are_those_of_the_cost_model()
    {
        var xor = StandardCell.Of(GateKind.Xor);
        double exact = CircuitCost.OfExact(Signedness.Signed).PowerMicrowatts;
        Assert.Equal(Multiplier.XorEnergy, CircuitCost.SwitchingPower(1, xor.Energy, 0) / exact, 1e-6);
        Assert.Equal(Multiplier.XorLoad, CircuitCost.SwitchingPower(1, 0, xor.InputCapacitance) / exact, 1e-6);
        Assert.Equal(Multiplier.XorLeakage, xor.Leakage / 1000 / exact, 1e-8);
        Assert.Equal(
            Multiplier.ExactUnsignedPower,
            PublishedFigures.ExactPowerMilliwatts(Signedness.Unsigned) / PublishedFigures.ExactPowerMilliwatts(Signedness.Signed), 1e-15);
    }

    /// <summary>The whole circuit, with seven bits of magnitude and one of sign an operand, against the same without the sign logic.</summary>
    [Fact]
    public void The_sign_logic_costs_what_it_adds_to_a_whole_circuit()
    {
        double exact = CircuitCost.OfExact(Signedness.Signed).PowerMicrowatts;
        foreach (var unsigned in new[]
        {
            MultiplierFamilies.Exact(Signedness.Unsigned), MultiplierFamilies.Truncated(Signedness.Unsigned, 6),
            MultiplierFamilies.Truncated(Signedness.Unsigned, 11), MultiplierFamilies.Drum(Signedness.Unsigned, 4),
        })
        {
            double added = (CircuitCost.Of(OfMagnitudes(unsigned.Netlist, true)).PowerMicrowatts
                - CircuitCost.Of(OfMagnitudes(unsigned.Netlist, false)).PowerMicrowatts) / exact;
            var made = Multiplier.SignMagnitude(unsigned);
            Assert.Equal(1, (made.RelativePower - made.PowerWithoutSignLogic!.Value) / added, 0.1);
        }
    }

    private static Netlist OfMagnitudes(Netlist unsigned, bool logic)
    {
        var builder = new NetlistBuilder(8);
        List<int> nets =
        [
            builder.Zero, .. Enumerable.Range(0, 7).Select(builder.A), builder.Zero, .. Enumerable.Range(0, 7).Select(builder.B),
        ];
        foreach (var gate in unsigned.Widened().Gates)
        {
            int Net(int input) => gate.InputCount > input ? nets[gate[input]] : 0;
            nets.Add(builder.Add(new Gate(gate.Kind, Net(0), Net(1), Net(2))));
        }

        int sign = builder.Xor(builder.A(7), builder.B(7));
        return builder.Build([.. unsigned.Widened().Outputs.ToArray().Select(net => logic ? builder.Xor(nets[net], sign) : nets[net])]);
    }

    [Fact]
    public void Savings_count_the_sign_logic()
    {
        var random = Multiplier.SignMagnitude(Random);
        Assert.Equal(0.25 * Multiplier.ExactUnsignedPower, random.PowerWithoutSignLogic!.Value, 1e-15);
        Assert.True(random.RelativePower > random.PowerWithoutSignLogic!.Value);
        Assert.EndsWith(": 17 XOR in gscl45nm cells", random.PowerSource, StringComparison.Ordinal);

        // Of nothing but zeros no bit varies, and only the XOR of the signs is left.
        var nothing = Multiplier.SignMagnitude(Multiplier.FromFunction("0", Signedness.Unsigned, (_, _) => 0, 0, "test"));
        Assert.Equal((Multiplier.XorEnergy * 2 * 15 / 256) + Multiplier.XorLeakage, nothing.RelativePower, 1e-12);
        Assert.Null(MultiplierFamilies.Exact(Signedness.Signed).Multiplier.PowerWithoutSignLogic);
        Assert.Equal(1 - ((random.RelativePower + (3 * nothing.RelativePower)) / 4), new Assignment([random, nothing], [1, 3]).Savings, 1e-12);
    }

    [Fact]
    public void Signed_circuits_are_refused() => Assert.Contains(
        "expected an unsigned multiplier",
        Assert.Throws<ArgumentException>(() => Multiplier.SignMagnitude(MultiplierFamilies.Exact(Signedness.Signed))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Orders_with_one_table_are_one_multiplier_and_those_above_the_exact_one_are_left_out()
    {
        Multiplier other = OfSeed(2);
        var renamed = new Multiplier("same, cheaper", Signedness.Unsigned, Random.Products.Span, 0.2, "test");
        var dear = new Multiplier("dear", Signedness.Unsigned, other.Products.Span, 1.2, "test");
        var made = Multiplier.SignMagnitudes([MultiplierFamilies.Truncated(Signedness.Unsigned, 6), Random, renamed, dear]);
        Assert.Equal(["mul8u_trunc6_sm", "same, cheaper_sm", "same, cheaper_sm_swapped"], made.Select(m => m.Name));
    }

    [Fact]
    public void The_shipped_library_has_them_besides_its_own()
    {
        var library = MultiplierLibrary.Open(MultiplierLibrary.Shipped, Signedness.Signed);
        var made = library.Multipliers.Where(m => m.PowerWithoutSignLogic is not null).ToList();
        Assert.InRange(made.Count, 100, 400);
        Assert.All(made, m => Assert.EndsWith(m.Name.EndsWith("swapped", StringComparison.Ordinal) ? Multiplier.SwappedSuffix : Multiplier.SignMagnitudeSuffix, m.Name, StringComparison.Ordinal));
        Assert.Equal(made.Count, made.Select(m => m.TableHash).Distinct().Count());
        Assert.Equal("mul8s_exact", library.Exact.Name);
        var own = MultiplierLibrary.Open(MultiplierLibrary.Shipped + MultiplierLibrary.OwnCircuits, Signedness.Signed);
        Assert.Equal(library.Multipliers.Except(made), own.Multipliers);
        Assert.Same(library, MultiplierLibrary.Open(MultiplierLibrary.Shipped, Signedness.Signed));
        Assert.Equal(library.Multipliers.OrderByDescending(m => m.RelativePower).Select(m => m.Name), library.Multipliers.Select(m => m.Name));
        Assert.DoesNotContain(MultiplierLibrary.Open(MultiplierLibrary.Shipped, Signedness.Unsigned).Multipliers, m => m.PowerWithoutSignLogic is not null);
        Assert.DoesNotContain(MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed).Multipliers, m => m.PowerWithoutSignLogic is not null);
    }
}
