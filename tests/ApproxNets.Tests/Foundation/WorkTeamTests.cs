using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Foundation;

public sealed class WorkTeamTests
{
    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 4)]
    [InlineData(7, 1)]
    [InlineData(7, 3)]
    [InlineData(1000, 2)]
    [InlineData(1000, 5)]
    [InlineData(3, int.MaxValue)]
    public void EveryUnitIsDoneOnce(int units, int threads)
    {
        for (int round = 0; round < 20; round++)
        {
            var done = new int[units];
            WorkTeam.Run(units, threads, new Count(done));
            Assert.All(done, times => Assert.Equal(1, times));
        }
    }

    [Fact]
    public void WorkMayShareOutWork()
    {
        var done = new int[12 * 30];
        WorkTeam.Run(12, 3, new Nested(done));
        Assert.All(done, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task ManyCallersDoNotStallABusyPool()
    {
        // More callers than the pool has threads: helpers come late or never, and are not waited for.
        var callers = Enumerable.Range(0, 64).Select(_ => Task.Run(() =>
        {
            var done = new int[50];
            WorkTeam.Run(done.Length, 4, new Count(done));
            return done;
        }));
        foreach (int[] done in await Task.WhenAll(callers).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken))
        {
            Assert.All(done, times => Assert.Equal(1, times));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void AFailureReachesTheCallerAndLeavesTheTeamUsable(int threads)
    {
        var error = Assert.Throws<InvalidOperationException>(() => WorkTeam.Run(100, threads, new Failing()));
        Assert.Equal("unit 40", error.Message);
        var done = new int[100];
        WorkTeam.Run(100, threads, new Count(done));
        Assert.All(done, times => Assert.Equal(1, times));
    }

    private readonly struct Count(int[] done) : IUnitWork
    {
        public void Run(int unit) => Interlocked.Increment(ref done[unit]);
    }

    private readonly struct Nested(int[] done) : IUnitWork
    {
        public void Run(int unit) => WorkTeam.Run(30, 2, new Inner(done, unit * 30));
    }

    private readonly struct Inner(int[] done, int first) : IUnitWork
    {
        public void Run(int unit) => Interlocked.Increment(ref done[first + unit]);
    }

    private readonly struct Failing : IUnitWork
    {
        public void Run(int unit)
        {
            if (unit == 40)
            {
                throw new InvalidOperationException($"unit {unit}");
            }
        }
    }
}
