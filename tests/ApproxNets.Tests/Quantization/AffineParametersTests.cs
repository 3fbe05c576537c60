using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using Xunit;

namespace ApproxNets.Tests.Quantization;

public sealed class AffineParametersTests
{
    [Theory]
    [InlineData(-2.0, 1.0, 2.0 / 127)]
    [InlineData(-1.0, 4.0, 4.0 / 127)]
    [InlineData(0.5, 3.0, 3.0 / 127)]
    public void SignedCodesAreSymmetric(double least, double greatest, double scale)
    {
        var activations = AffineParameters.ForActivations(least, greatest, Signedness.Signed);
        var weights = AffineParameters.ForWeights(least, greatest, Signedness.Signed);
        Assert.Equal(new AffineParameters((float)scale, 0, -128, 127), activations);
        Assert.Equal(new AffineParameters((float)scale, 0, -127, 127), weights);
        Assert.Equal((-128, 128), (activations.Offset, activations.ZeroCode));
        Assert.Equal((-128, 128), (weights.Offset, weights.ZeroCode));
    }

    [Theory]
    [InlineData(-1.0, 1.55, 2.55 / 255, 100)]
    [InlineData(0.0, 5.1, 5.1 / 255, 0)]
    [InlineData(-2.55, 0.0, 2.55 / 255, 255)]
    [InlineData(2.0, 5.1, 5.1 / 255, 0)] // widened to include 0
    [InlineData(-2.55, -1.0, 2.55 / 255, 255)]
    public void UnsignedCodesAreAffine(double least, double greatest, double scale, int zeroPoint)
    {
        var parameters = AffineParameters.ForActivations(least, greatest, Signedness.Unsigned);
        Assert.Equal(new AffineParameters((float)scale, zeroPoint, 0, 255), parameters);
        Assert.Equal(parameters, AffineParameters.ForWeights(least, greatest, Signedness.Unsigned));
        Assert.Equal((0, zeroPoint), (parameters.Offset, parameters.ZeroCode));
    }

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void RangeWithoutWidthGetsAPositiveScale(Signedness scheme)
    {
        var parameters = AffineParameters.ForActivations(0, 0, scheme);
        Assert.True(parameters.Scale > 0);
        Assert.Equal(0, parameters.ZeroPoint);
        Assert.True(AffineParameters.ForWeights(0, 0, scheme).Scale > 0);
        Assert.True(AffineParameters.ForActivations(0, 1e-300, scheme).Scale > 0);
    }

    [Theory]
    [InlineData(double.NaN, 1.0)]
    [InlineData(0.0, double.NaN)]
    [InlineData(double.NegativeInfinity, 1.0)]
    [InlineData(0.0, double.PositiveInfinity)]
    [InlineData(2.0, 1.0)]
    public void RangeThatIsNoneIsAnError(double least, double greatest)
    {
        foreach (var scheme in Enum.GetValues<Signedness>())
        {
            Assert.Contains($"{least}..{greatest}", Assert.Throws<ArgumentException>(() => AffineParameters.ForActivations(least, greatest, scheme)).Message);
            Assert.Throws<ArgumentException>(() => AffineParameters.ForWeights(least, greatest, scheme));
        }
    }
}
