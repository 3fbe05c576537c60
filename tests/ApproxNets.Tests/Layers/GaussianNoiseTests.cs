using ApproxNets.Layers;
using Xunit;

namespace ApproxNets.Tests.Layers;

public sealed class GaussianNoiseTests
{
    private const int Count = 4_000_000;

    private static readonly float[] Sample = Draw(Count, 1);

    // Tolerances: five standard errors of the estimate from 4 million independent values.
    [Fact]
    public void MomentsAreThoseOfTheStandardNormalDistribution()
    {
        double Moment(int power) => Sample.Average(v => Math.Pow(v, power));
        double error = 5 / Math.Sqrt(Count);
        Assert.Equal(0, Moment(1), error);
        Assert.Equal(1, Moment(2), error * Math.Sqrt(2));
        Assert.Equal(0, Moment(3), error * Math.Sqrt(15));
        Assert.Equal(3, Moment(4), error * Math.Sqrt(96));
    }

    // Distribution function of N(0, 1), Abramowitz and Stegun, table 26.1, and 26.5 for x = 5.
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(0.5, 0.3085375387)]
    [InlineData(1, 0.1586552539)]
    [InlineData(2, 0.0227501319)]
    [InlineData(3, 0.0013498980)]
    [InlineData(4, 0.0000316712)]
    [InlineData(5, 2.866516e-7)]
    public void TailsHaveTheirShare(double x, double share)
    {
        double error = 5 * Math.Sqrt(share * (1 - share) / Count);
        Assert.Equal(share, Sample.Count(v => v > x) / (double)Count, error);
        Assert.Equal(share, Sample.Count(v => v < -x) / (double)Count, error);
    }

    [Fact]
    public void HistogramFitsAndNoValueIsBeyondTheRadius()
    {
        // Chi-squared over 64 cells of equal probability, by the quantiles of the sample's distribution function (Marsaglia's series).
        var cells = new int[64];
        foreach (float value in Sample)
        {
            cells[Math.Min(63, (int)(64 * Normal(value)))]++;
        }

        double expected = Count / 64.0, chi = cells.Sum(c => (c - expected) * (c - expected) / expected);
        Assert.InRange(chi, 63 - (5 * Math.Sqrt(126)), 63 + (5 * Math.Sqrt(126)));
        Assert.True(Sample.All(v => Math.Abs(v) <= 6.67f));
    }

    // 8 and 16: cosine with its sine, and a block with the next; 16384: a chunk with the next.
    [Fact]
    public void LagsAreUncorrelatedAlsoInSquares()
    {
        foreach (int lag in (int[])[.. Enumerable.Range(1, 40), 64, 128, 256, 512, 1024, 4096, 8192, 16384, 65536])
        {
            double plain = 0, squares = 0;
            int n = Count - lag;
            for (int i = 0; i < n; i++)
            {
                double a = Sample[i], b = Sample[i + lag];
                plain += a * b;
                squares += ((a * a) - 1) * ((b * b) - 1);
            }

            // Some 100 estimates: five standard errors are still exceeded with a chance of less than 1 in 10,000.
            Assert.Equal(0, plain / n, 5 / Math.Sqrt(n));
            Assert.Equal(0, squares / n, 10 / Math.Sqrt(n));
        }
    }

    // Seeds as the search makes them: steps and layers in neighbouring bits; also seeds that differ in one high bit.
    [Fact]
    public void SeedsAreIndependent()
    {
        const int Length = 200_000;
        long[] seeds = [0, 1, 2, 3, -1, 1 << 10, (1 << 10) ^ 1, 2 << 10, 1L << 40, 1L << 63, (5L << 40) ^ (1 << 10)];
        float[][] drawn = [.. seeds.Select(s => Draw(Length, s))];
        for (int a = 0; a < seeds.Length; a++)
        {
            for (int b = 0; b < a; b++)
            {
                // Also shifted by a block and a pair: one seed's noise is no shifted copy of another's.
                foreach (int shift in (int[])[0, 1, 8, 16])
                {
                    double sum = 0;
                    for (int i = shift; i < Length; i++)
                    {
                        sum += drawn[a][i] * drawn[b][i - shift];
                    }

                    Assert.Equal(0, sum / Length, 5 / Math.Sqrt(Length));
                }
            }
        }
    }

    [Fact]
    public void OneElementOverManySeedsIsNormalToo()
    {
        float[] values = [.. Enumerable.Range(0, 100_000).Select(s => Draw(17, s)[16])];
        Assert.Equal(0, values.Average(), 5 / Math.Sqrt(values.Length));
        Assert.Equal(1, values.Average(v => v * v), 5 * Math.Sqrt(2.0 / values.Length));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(16383)]
    [InlineData(16384)]
    [InlineData(16385)]
    [InlineData(50_001)]
    public void AnyLengthIsTheBeginningOfTheSameSequence(int length)
    {
        var padded = new float[length + 2];
        padded[0] = padded[^1] = 7;
        GaussianNoise.Add(new float[length], padded.AsSpan(1, length), 1, 1);
        Assert.Equal(Sample.AsSpan(0, length), padded.AsSpan(1, length));
        Assert.Equal([7f, 7f], [padded[0], padded[^1]]);

        float[] values = Draw(length, 2);
        double dot = 0, mean = values.DefaultIfEmpty().Average(), square = 0;
        for (int i = 0; i < length; i++)
        {
            dot += (double)values[i] * Sample[i];
            square += (values[i] - mean) * (values[i] - mean);
        }

        // Pairs of products are added in float32.
        Assert.Equal(dot, GaussianNoise.Dot(values, 1), 1e-6 * (1 + length));
        if (length > 1)
        {
            Assert.Equal(Math.Sqrt(square / (length - 1)), GaussianNoise.Deviation(values), 1e-6);
        }
    }

    [Fact]
    public void SumsAreTheSameBitsEveryTime()
    {
        double dot = GaussianNoise.Dot(Sample, 3), deviation = GaussianNoise.Deviation(Sample);
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(dot, GaussianNoise.Dot(Sample, 3));
            Assert.Equal(deviation, GaussianNoise.Deviation(Sample));
        }
    }

    [Fact]
    public void DeviationOfOneValueIsNotANumberAndALargeMeanDoesNotHurt()
    {
        Assert.True(double.IsNaN(GaussianNoise.Deviation([3])));
        Assert.Equal(Math.Sqrt(0.5), GaussianNoise.Deviation([100_000, 100_001]), 1e-5);
    }

    [Fact]
    public void SignsAreBalancedAndFollowTheSeed()
    {
        float[] first = new float[100_000], second = new float[100_000];
        GaussianNoise.Signs(first, 1);
        GaussianNoise.Signs(second, 2);
        Assert.All(first, s => Assert.Equal(1, Math.Abs(s)));
        double error = 5 / Math.Sqrt(first.Length);
        Assert.Equal(0, first.Average(), error);
        Assert.Equal(0, first.Zip(second, (a, b) => a * b).Average(), error);
        Assert.Equal(0, first.Zip(first.Skip(1), (a, b) => a * b).Average(), error);
    }

    private static float[] Draw(int count, long seed)
    {
        var values = new float[count];
        GaussianNoise.Add(values, values, 1, seed);
        return values;
    }

    // Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/15 + ..), Marsaglia, "Evaluating the Normal Distribution", 2004.
    private static double Normal(double x)
    {
        double sum = x, term = x;
        for (int i = 3; Math.Abs(term) > 1e-17; i += 2)
        {
            term *= x * x / i;
            sum += term;
        }

        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}
