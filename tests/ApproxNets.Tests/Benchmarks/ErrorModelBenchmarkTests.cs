using ApproxNets.Benchmarks;
using Xunit;

namespace ApproxNets.Tests.Benchmarks;

public sealed class ErrorModelBenchmarkTests
{
    [Fact]
    public void Every_multiplier_of_the_library_has_a_table_of_its_own()
    {
        var library = ErrorModelBenchmark.Library(new ErrorModelBenchmarkOptions { Multipliers = 205 });

        Assert.Equal(205, library.Multipliers.Count(m => !m.IsExact));
        Assert.Equal(206, library.Multipliers.Select(m => m.TableHash).Distinct().Count());
    }

    [Fact]
    public void Wrong_options_are_refused() => Assert.Throws<ArgumentException>(
        () => ErrorModelBenchmark.Run(new ErrorModelBenchmarkOptions { Rounds = 0 }, TestContext.Current.CancellationToken));
}
