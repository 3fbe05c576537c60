using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests.Multipliers;

public sealed class SignednessNamesTests
{
    [Theory]
    [InlineData(Signedness.Signed, "signed", "Signed")]
    [InlineData(Signedness.Unsigned, "unsigned", "UNSIGNED")]
    public void WordsAreReadInAnyCase(Signedness signedness, string word, string other)
    {
        Assert.Equal(word, signedness.Word());
        Assert.Equal(signedness, SignednessNames.Parse(word));
        Assert.Equal(signedness, SignednessNames.Parse(other));
    }

    [Theory]
    [InlineData("sigend")]
    [InlineData("")]
    [InlineData("1")]
    public void AnotherWordIsAnError(string word) =>
        Assert.Contains($"found '{word}', expected signed or unsigned", Assert.Throws<ArgumentException>(() => SignednessNames.Parse(word)).Message);
}
