using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class ParetoFrontTests
{
    [Fact]
    public void The_front_is_that_of_the_definition()
    {
        var random = new Random(1);
        for (int repeat = 0; repeat < 20; repeat++)
        {
            // Few levels, so that many are equal in one or both.
            Multiplier exact = MultiplierFamilies.Exact(Signedness.Unsigned);
            var all = Enumerable.Range(0, 12).Select(i => (Multiplier: new Multiplier(
                $"m{i}", Signedness.Unsigned, exact.Products.Span, random.Next(6), "drawn"), Error: random.Next(6))).ToArray();
            var error = all.ToDictionary(a => a.Multiplier, a => (double)a.Error);
            var expected = all.Where((a, i) => !all.Where((b, k) => k != i && b.Multiplier.RelativePower <= a.Multiplier.RelativePower
                && b.Error <= a.Error && (b.Multiplier.RelativePower < a.Multiplier.RelativePower || b.Error < a.Error || k < i)).Any())
                .Select(a => a.Multiplier).OrderByDescending(m => m.RelativePower);

            Assert.Equal(expected, ParetoFront.Of(error.Keys, m => error[m]));
        }
    }

    [Fact]
    public void The_error_is_the_mean_absolute_one_by_default()
    {
        var front = ParetoFront.Of(MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed).Multipliers);

        Assert.True(front[0].IsExact);
        Assert.Equal(front.OrderBy(m => ErrorStatistics.Of(m).MeanAbsoluteError), front);
    }
}
