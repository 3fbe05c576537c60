using ApproxNets.Cli.Commands;
using ApproxNets.Experiments;
using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class CompareCommandTests
{
    [Fact]
    public async Task A_comparison_of_two_seeds_is_a_file_that_is_read_as_a_comparison()
    {
        Assert.Equal(0, await CommandLine.InvokeAsync(CommandLine.Root(),
            ["compare", "--profile", "smoke", "--network", "lenet5", "--method", "agn", "uniform", "--lambda", "1", "--seed", "1", "2"]));
        string file = Path.Combine(RepositoryFolder.Find(), "artifacts", "results", "smoke", "agn-lenet5-built-in.json");
        var records = ResultFile.ReadComparison(file);
        Assert.Equal([1, 2], records.Select(record => record.Seed));
        Assert.All(records, record => Assert.Equal(["agn", "uniform"], record.Points.Select(point => point.Method)));
        Assert.All(records, record => Assert.True(record.Points[1].Savings >= record.Points[0].Savings - 1e-9));
        Assert.NotEqual(records[0].FloatTop1, records[1].FloatTop1);
    }

    [Theory]
    [InlineData("--method", "annealing")]
    [InlineData("--library", "nowhere")]
    [InlineData("--scheme", "ternary")]
    [InlineData("--network", "resnet9")]
    public async Task A_wrong_word_is_an_error_of_use(string option, string word) =>
        Assert.Equal(2, await CommandLine.InvokeAsync(CommandLine.Root(), ["compare", "--profile", "smoke", option, word]));
}
