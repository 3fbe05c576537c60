using System.Diagnostics;
using ApproxNets.Interactive.Internals;
using ApproxNets.Training;

namespace ApproxNets.Interactive;

/// <summary>
/// Shows a training's progress: a live line where the host has one, at most five times a second, and one lasting line for each
/// finished epoch; in a foreign host also a chart of what the stage measures, redrawn after every epoch. Reports may come from any thread.
/// </summary>
public sealed class NotebookProgress : IProgress<TrainingProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly Lock _gate = new();
    private readonly Func<INotebookHost?> _host;
    private readonly LiveChart _chart;
    private long _shown;

    internal NotebookProgress(Func<INotebookHost?> host, LiveChart? chart = null)
    {
        (_host, _chart) = (host, chart ?? new LiveChart(ForeignHost.Display));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException">The report is null.</exception>
    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            bool ended = value.Batch >= value.Batches;
            if (ended)
            {
                Keep(value);
            }

            if (_host() is { } host && (ended || _shown == 0 || Stopwatch.GetElapsedTime(_shown) >= Interval))
            {
                _shown = Stopwatch.GetTimestamp();
                host.ShowLive(ProgressText.Live(value));
            }
        }
    }

    private void Keep(TrainingProgress progress)
    {
        string line = ProgressText.Epoch(progress);
        if (_host() is { } host)
        {
            host.Keep(line);
        }
        else
        {
            Console.WriteLine(line);
            if (progress.Measured.Count > 0)
            {
                _chart.Add(progress);
            }
        }
    }
}
