using ApproxNets.Cli.Commands;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class DoctorCommandTests
{
    [Fact]
    public async Task A_machine_that_runs_the_tests_is_well()
        => Assert.Equal(0, await CommandLine.InvokeAsync(CommandLine.Root(), ["doctor"]));

    [Fact]
    public async Task It_takes_no_arguments()
        => Assert.Equal(2, await CommandLine.InvokeAsync(CommandLine.Root(), ["doctor", "now"]));
}
