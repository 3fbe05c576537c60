using ApproxNets.Experiments;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Experiments;

public sealed class StageKeysTests
{
    [Fact]
    public void A_multiplier_is_its_name_its_table_and_its_scale()
    {
        Multiplier circuit = Multiplier.FromFunction("half", Signedness.Signed, (x, w) => 4 * x * w / 9, 0.3, "test");
        double[] codes = [.. Enumerable.Repeat(1.0, 256)], middle = [.. codes.Select((_, code) => Math.Abs(code - 128) < 90 ? 1.0 : 0)];
        Multiplier[] all = [circuit, circuit.TunedFor(codes, codes, scaled: false), circuit.TunedFor(codes, codes), circuit.TunedFor(codes, middle)];
        string[] keys = [.. all.Select(m => Assert.Single(StageKeys.Describe(new Assignment([m], [1]))))];

        // Stored stages of multipliers that are not tuned have keys of this form.
        Assert.Equal($"half:{circuit.TableHash}", keys[0]);
        Assert.Equal($"half:{all[1].TableHash}", keys[1]);
        Assert.Equal(FormattableString.Invariant($"half:{all[2].TableHash}:{all[2].Scale}"), keys[2]);
        Assert.Equal(4, keys.Distinct().Count());
        Assert.NotEqual(1, all[2].Scale);
    }
}
