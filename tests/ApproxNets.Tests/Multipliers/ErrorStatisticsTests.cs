using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class ErrorStatisticsTests
{
    [Theory]
    [InlineData(Signedness.Unsigned)]
    [InlineData(Signedness.Signed)]
    public void ExactMultiplierHasNoError(Signedness signedness) =>
        Assert.Equal(new ErrorStatistics(0, 0, 0, 0, 0, 0), ErrorStatistics.Of(MultiplierFamilies.Exact(signedness)));

    [Fact]
    public void ConstantOffsetHasClosedForm()
    {
        Multiplier multiplier = Make((x, w) => (x * w) + 3);
        double harmonic = Enumerable.Range(1, 255).Sum(x => 1.0 / x);
        ErrorStatistics statistics = ErrorStatistics.Of(multiplier);
        Assert.Equal(new ErrorStatistics(3, 3, statistics.MeanRelativeError, 1, 9, 3), statistics);
        Assert.Equal(3 * harmonic * harmonic / (255 * 255), statistics.MeanRelativeError, 1e-12);
    }

    [Fact]
    public void ZeroMultiplierHasClosedForm()
    {
        double meanSquare = 255.0 * 511 / 6; // of 0..255
        Assert.Equal(
            new ErrorStatistics(127.5 * 127.5, 255 * 255, 1, 65025 / 65536.0, meanSquare * meanSquare, -127.5 * 127.5),
            ErrorStatistics.Of(Make((_, _) => 0)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(14)]
    public void TruncationHasClosedForm(int columns)
    {
        // Column c of height h leaves out h cells worth 2^c, each 1 for a quarter of the pairs.
        int dropped = Enumerable.Range(0, columns).Sum(c => Math.Min(c + 1, 15 - c) << c);
        ErrorStatistics statistics = ErrorStatistics.Of(MultiplierFamilies.Truncated(Signedness.Unsigned, columns));
        Assert.Equal(
            (dropped / 4.0, -dropped / 4.0, dropped),
            (statistics.MeanAbsoluteError, statistics.MeanError, statistics.WorstCaseError));
    }

    /// <summary>Published figures of EvoApproxLib (branch v2022): mul8s_1KV8, 1KV9, 1KVA leave out 2, 3, 4 columns.</summary>
    [Theory]
    [InlineData(2, 1.25, 5, 0.28, 50, 3.75)]
    [InlineData(3, 4.25, 17, 0.90, 68.75, 34.25)]
    [InlineData(4, 12.25, 49, 2.53, 81.25, 248.25)]
    public void AgreesWithPublishedTruncatedCircuits(int columns, double mae, int wce, double mrePercent, double epPercent, double mse) =>
        AssertPublished(MultiplierFamilies.Truncated(Signedness.Signed, columns), mae, wce, mrePercent, epPercent, mse);

    /// <summary>As above: mul8s_1L2J, 1L2L, 1L2N leave out 1, 2, 3 bits of both operands.</summary>
    [Theory]
    [InlineData(1, 53.33398438, 255, 4.41, 74.609375, 5461.75)]
    [InlineData(2, 149.7843018, 759, 12.26, 93.1640625, 38236.25)]
    [InlineData(3, 339.9436646, 1743, 27.44, 97.75390625, 191238.25)]
    public void AgreesWithPublishedOperandTruncation(int bits, double mae, int wce, double mrePercent, double epPercent, double mse) =>
        AssertPublished(MultiplierFamilies.OperandTruncated(Signedness.Signed, bits, bits), mae, wce, mrePercent, epPercent, mse);

    private static void AssertPublished(Multiplier multiplier, double mae, int wce, double mrePercent, double epPercent, double mse)
    {
        ErrorStatistics statistics = ErrorStatistics.Of(multiplier);
        Assert.Equal(mae, statistics.MeanAbsoluteError, 1e-7);
        Assert.Equal(wce, statistics.WorstCaseError);
        Assert.Equal(mrePercent, 100 * statistics.MeanRelativeError, 0.00501); // published with two decimals
        Assert.Equal(epPercent, 100 * statistics.ErrorProbability, 1e-9);
        Assert.Equal(mse, statistics.MeanSquaredError);
    }

    private static Multiplier Make(Func<int, int, int> product) =>
        Multiplier.FromFunction("test", Signedness.Unsigned, product, 1, "test");
}
