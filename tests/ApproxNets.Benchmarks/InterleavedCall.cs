using System.Diagnostics;

namespace ApproxNets.Benchmarks;

/// <summary>
/// One of several calls that are measured in turns, so that a slow phase of the machine meets all of them.
/// </summary>
/// <param name="call">What is measured.</param>
/// <param name="mostSamples">Samples at most.</param>
/// <param name="usesTorchThreads">Whether the call leaves threads of libtorch behind: see <see cref="Settle"/>.</param>
/// <param name="single">Whether a sample is exactly one call, however short.</param>
internal sealed class InterleavedCall(
    Action call, int mostSamples = int.MaxValue, bool usesTorchThreads = false, bool single = false)
{
    /// <summary>A sample lasts at least about this long: shorter calls are repeated within it.</summary>
    private const double SampleMilliseconds = 1;

    /// <summary>Longer calls are not run once more before each sample: a cold start does not count in them.</summary>
    private const double LongMilliseconds = 20;

    // The OpenMP threads of libtorch keep spinning for some milliseconds after a parallel region, on processors that the next call
    // wants. In a program of nothing but convolutions that is to their good; here it would slow down whatever comes next.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(15);

    private readonly List<double> _samples = [];
    private double _estimate;

    public Timing Timing => Timing.Of(_samples);

    /// <summary>Runs the call untimed, for caches, buffers and the compiler.</summary>
    public void WarmUp(int times = 1)
    {
        for (int i = 0; i < times; i++)
        {
            long start = Stopwatch.GetTimestamp();
            call();
            _estimate = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Leave();
    }

    /// <summary>Measures all calls in turns: at least <paramref name="least"/> rounds, up to <paramref name="most"/> within the
    /// time.</summary>
    public static void Measure(IReadOnlyList<InterleavedCall> calls, int least, int most, TimeSpan time, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round < most && (round < least || Stopwatch.GetElapsedTime(start) < time); round++)
        {
            foreach (var one in calls)
            {
                cancellation.ThrowIfCancellationRequested();
                one.Sample();
            }
        }
    }

    private void Sample()
    {
        if (_samples.Count >= mostSamples)
        {
            return;
        }

        if (!single && _estimate < LongMilliseconds)
        {
            call();
        }

        int calls = single ? 1 : (int)Math.Clamp(Math.Ceiling(SampleMilliseconds / _estimate), 1, 1000);
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < calls; i++)
        {
            call();
        }

        _estimate = Stopwatch.GetElapsedTime(start).TotalMilliseconds / calls;
        _samples.Add(_estimate);
        Leave();
    }

    private void Leave()
    {
        if (usesTorchThreads)
        {
            Thread.Sleep(Settle);
        }
    }
}
