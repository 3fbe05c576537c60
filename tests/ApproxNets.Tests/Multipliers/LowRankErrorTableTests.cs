using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class LowRankErrorTableTests
{
    /// <summary>A table without structure: its error map has the full rank.</summary>
    private static readonly Multiplier Noisy = Random(1);

    public static TheoryData<Multiplier, int> KnownRanks => new()
    {
        { MultiplierFamilies.Exact(Signedness.Signed), 0 },
        { Make((x, w) => (x * w) + 3), 1 },
        { Make((x, w) => (x * w) + ((x & 3) * (w & 7))), 1 },

        // With x = X + a and w = W + b, the low bits a and b cut off: E = X W - x w = -(x b) - (a W).
        { MultiplierFamilies.OperandTruncated(Signedness.Signed, 3, 3), 2 },

        // Without the k lowest columns E = -sum_(i < k) 2^i x_i (w mod 2^(k - i)), x_i the bits of x: k terms.
        { MultiplierFamilies.Truncated(Signedness.Unsigned, 2), 2 },
        { MultiplierFamilies.Truncated(Signedness.Unsigned, 4), 4 },
    };

    [Theory]
    [MemberData(nameof(KnownRanks))]
    public void RankIsThatOfTheErrorMap(Multiplier multiplier, int rank)
    {
        var table = LowRankErrorTable.Of(multiplier);
        Assert.Equal(rank, table.Rank);
        Assert.Equal((256 * rank, 256 * rank), (table.U.Length, table.V.Length));
        Assert.Equal(rank + 1, table.Residuals.Count);
        Assert.True(table.Residuals[^1].MaxAbsolute < 1e-3);
    }

    [Fact]
    public void AllTermsReproduceTheTableUpToFloatRounding()
    {
        var table = LowRankErrorTable.Of(Noisy);
        Assert.Equal(256, table.Rank);
        double greatest = 0;
        int[] errors = Noisy.ErrorMap();
        double largest = errors.Max(Math.Abs);
        for (int i = 0; i < errors.Length; i++)
        {
            greatest = Math.Max(greatest, Math.Abs(Term(table, i >> 8, i & 255) - errors[i]));
        }

        // 256 terms, each of two factors rounded to 2^-24 of themselves.
        Assert.True(greatest < 256 * Math.Pow(2, -23) * largest, $"{greatest}");
        Assert.Equal(greatest, table.Residuals[256].MaxAbsolute, 1e-6 * largest);
    }

    [Fact]
    public void ResidualsAreThoseOfThePlainLoopAndFallWithTheRank()
    {
        var table = LowRankErrorTable.Of(Noisy);
        for (int rank = 0; rank < 256; rank++)
        {
            Assert.True(table.Residuals[rank + 1].Rms < table.Residuals[rank].Rms);
        }

        foreach (int rank in (int[])[0, 1, 3, 200])
        {
            var truncated = table.Truncate(rank);
            Assert.Equal(rank, truncated.Rank);
            Assert.Equal(table.Residuals.Take(rank + 1), truncated.Residuals);
            var (max, rms) = Measure(truncated);
            Assert.Equal(max, truncated.Residuals[rank].MaxAbsolute, 1e-6 * max);
            Assert.Equal(rms, truncated.Residuals[rank].Rms, 1e-6 * rms);
            Assert.Equal(rms / table.Residuals[0].Rms, truncated.Residuals[rank].RelativeRms, 1e-6);
        }
    }

    [Fact]
    public void TruncationToAShareKeepsTheFewestTerms()
    {
        var table = LowRankErrorTable.Of(Noisy);
        var half = table.TruncateTo(0.5);
        Assert.True(half.Residuals[half.Rank].RelativeRms <= 0.5);
        Assert.True(half.Residuals[half.Rank - 1].RelativeRms > 0.5);
        Assert.Equal(0, table.TruncateTo(1).Rank);
        Assert.Equal(0, LowRankErrorTable.Of(MultiplierFamilies.Exact(Signedness.Unsigned)).TruncateTo(0).Rank);
        Assert.Contains("found a share of -1", Assert.Throws<ArgumentOutOfRangeException>(() => table.TruncateTo(-1)).Message);
    }

    [Fact]
    public void WrongRanksAreRefused()
    {
        var table = LowRankErrorTable.Of(Make((x, w) => (x * w) + 3));
        Assert.Contains("found rank 2, expected 0..1", Assert.Throws<ArgumentOutOfRangeException>(() => table.Truncate(2)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => table.Truncate(-1));
    }

    private static Multiplier Make(Func<int, int, int> product) =>
        Multiplier.FromFunction("test", Signedness.Unsigned, (x, w) => Math.Min(product(x, w), ushort.MaxValue), 1, "test");

    private static Multiplier Random(int seed)
    {
        var random = new Random(seed);
        return Multiplier.FromFunction("noisy", Signedness.Signed, (_, _) => random.Next(short.MinValue, short.MaxValue + 1), 1, "test");
    }

    private static double Term(LowRankErrorTable table, int x, int w)
    {
        double sum = 0;
        for (int r = 0; r < table.Rank; r++)
        {
            sum += (double)table.U.Span[(x * table.Rank) + r] * table.V.Span[(w * table.Rank) + r];
        }

        return sum;
    }

    private static (double Max, double Rms) Measure(LowRankErrorTable table)
    {
        int[] errors = table.Multiplier.ErrorMap();
        double max = 0, square = 0;
        for (int i = 0; i < errors.Length; i++)
        {
            double left = errors[i] - Term(table, i >> 8, i & 255);
            max = Math.Max(max, Math.Abs(left));
            square += left * left;
        }

        return (max, Math.Sqrt(square / errors.Length));
    }
}
