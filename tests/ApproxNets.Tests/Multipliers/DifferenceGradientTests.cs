using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class DifferenceGradientTests
{
    [Theory]
    [InlineData(Signedness.Signed, 0)]
    [InlineData(Signedness.Signed, 8)]
    [InlineData(Signedness.Unsigned, 1)]
    [InlineData(Signedness.Unsigned, DifferenceGradient.MaxHalfWindow)]
    public void ExactMultiplierHasTheOtherOperandAsItsSlope(Signedness scheme, int halfWindow)
    {
        var exact = Multiplier.FromFunction("exact", scheme, (x, w) => x * w, 1, "definition");
        float[] ofX = DifferenceGradient.OfActivation(exact, halfWindow), ofW = DifferenceGradient.OfWeight(exact, halfWindow);
        for (int i = 0; i < ofX.Length; i++)
        {
            Assert.Equal((i & 255) + exact.MinOperand, ofX[i]);
            Assert.Equal((i >> 8) + exact.MinOperand, ofW[i]);
        }
    }

    // A step of height 100 at x = 100: a moving average of 2h + 1 makes it a ramp of that length; half of its slope at both ends.
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(16)]
    public void StepBecomesARamp(int halfWindow)
    {
        var step = Multiplier.FromFunction("step", Signedness.Unsigned, (x, _) => x >= 100 ? 100 : 0, 1, "test");
        float[] ofX = DifferenceGradient.OfActivation(step, halfWindow), ofW = DifferenceGradient.OfWeight(step, halfWindow);
        double slope = 100.0 / ((2 * halfWindow) + 1);
        for (int x = 0; x < 256; x++)
        {
            double distance = Math.Abs(x - 99.5) - halfWindow;
            double expected = distance < 0 ? slope : distance < 1 ? slope / 2 : 0;
            Assert.Equal(expected, ofX[x * 256], 1e-5);
            Assert.Equal(0, ofW[(x * 256) + x]);
        }
    }

    [Theory]
    [InlineData(Signedness.Signed, 0)]
    [InlineData(Signedness.Signed, 5)]
    [InlineData(Signedness.Unsigned, 8)]
    public void SlopesAreDifferencesOfTheMovingAverage(Signedness scheme, int halfWindow)
    {
        var multiplier = Noisy(scheme);
        float[] ofX = DifferenceGradient.OfActivation(multiplier, halfWindow), ofW = DifferenceGradient.OfWeight(multiplier, halfWindow);
        var random = new Random(1);
        for (int i = 0; i < 2000; i++)
        {
            int x = random.Next(256), w = random.Next(256);
            Assert.Equal(NaiveSlope(code => multiplier.Products.Span[(code * 256) + w], x, halfWindow), ofX[(x * 256) + w], 1e-3);
            Assert.Equal(NaiveSlope(code => multiplier.Products.Span[(x * 256) + code], w, halfWindow), ofW[(x * 256) + w], 1e-3);
        }
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.05)]
    public void LowRankGradientLeavesOutNoMoreThanItsShare(double share)
    {
        var multiplier = MultiplierFamilies.BrokenArray(Signedness.Unsigned, 3, 8);
        var gradient = LowRankGradient.Of(LowRankErrorTable.Of(multiplier), 8, share);
        float[] ofX = DifferenceGradient.OfActivation(multiplier, 8), ofW = DifferenceGradient.OfWeight(multiplier, 8);
        double Left(LowRankGradient g)
        {
            float[] u = g.U(0), v = g.V(0), uSlopes = g.USlopes(), vSlopes = g.VSlopes();
            double left = 0;
            for (int i = 0; i < ofX.Length; i++)
            {
                int x = i >> 8, w = i & 255;
                double dx = ofX[i], dw = ofW[i];
                for (int r = 0; r < g.Terms; r++)
                {
                    dx -= uSlopes[(r * 256) + x] * v[(r * 256) + w];
                    dw -= u[(r * 256) + x] * vSlopes[(r * 256) + w];
                }

                left += (dx * dx) + (dw * dw);
            }

            return Math.Sqrt(left);
        }

        double all = Left(LowRankGradient.Of(LowRankErrorTable.Of(multiplier), 8, 1));
        Assert.InRange(Left(gradient), 1e-9 * all, share * all);
        Assert.InRange(gradient.Rank, 1, 40);
    }

    [Fact]
    public void ExactMultiplierNeedsNoTerms() => Assert.Equal(0, LowRankGradient.Of(
        LowRankErrorTable.Of(Multiplier.FromFunction("exact", Signedness.Signed, (x, w) => x * w, 1, "definition")), 8, 0.05).Rank);

    [Theory]
    [InlineData(-1)]
    [InlineData(DifferenceGradient.MaxHalfWindow + 1)]
    public void WindowsThatDoNotFitAreErrors(int halfWindow) => Assert.Contains(
        $"found a half window size of {halfWindow}, expected 0..126",
        Assert.Throws<ArgumentOutOfRangeException>(() => DifferenceGradient.OfWeight(Noisy(Signedness.Signed), halfWindow)).Message);

    internal static Multiplier Noisy(Signedness scheme)
    {
        var random = new Random(3);
        int least = scheme == Signedness.Signed ? short.MinValue : 0, greatest = scheme == Signedness.Signed ? short.MaxValue : ushort.MaxValue;
        return Multiplier.FromFunction("noisy", scheme, (x, w) => Math.Clamp((x * w) + random.Next(-500, 501), least, greatest), 1, "test");
    }

    /// <summary>The definition, word for word.</summary>
    internal static double NaiveSlope(Func<int, double> function, int code, int halfWindow)
    {
        double Smoothed(int at) => Enumerable.Range(at - halfWindow, (2 * halfWindow) + 1).Average(function);
        code = Math.Max(code, halfWindow + 1);
        code = Math.Min(code, 255 - (halfWindow + 1));
        return (Smoothed(code + 1) - Smoothed(code - 1)) / 2;
    }
}
