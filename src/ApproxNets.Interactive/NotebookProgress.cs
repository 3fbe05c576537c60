using System.Diagnostics;
using System.Globalization;
using System.Net;
using ApproxNets.Interactive.Internals;
using ApproxNets.Training;
using Microsoft.DotNet.Interactive;
using Microsoft.DotNet.Interactive.Events;
using Microsoft.DotNet.Interactive.Formatting;

namespace ApproxNets.Interactive;

/// <summary>
/// Shows a training's progress: a bar that is redrawn at most five times a second, a line of text for each finished epoch, and a chart
/// of what the stage measures, redrawn after every epoch. Reports may come from any thread.
/// </summary>
public sealed class NotebookProgress : IProgress<TrainingProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private readonly Lock _gate = new();
    private readonly Func<object, Action<object>?> _show;
    private readonly List<double[]> _history = [];
    private object? _cell;
    private string? _stage;
    private int _epoch;
    private long _shown;
    private Action<object>? _bar;
    private Action<object>? _chart;

    internal NotebookProgress(Func<object, Action<object>?>? show = null) => _show = show ?? Display;

    /// <inheritdoc/>
    /// <exception cref="ArgumentNullException">The report is null.</exception>
    public void Report(TrainingProgress value)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_gate)
        {
            object? cell = KernelInvocationContext.Current?.Command;
            bool begins = _cell != cell || _stage != value.Stage || value.Epoch < _epoch;
            bool ended = value.Batch >= value.Batches;
            if (begins)
            {
                (_cell, _stage, _bar, _chart) = (cell, value.Stage, null, null);
                _history.Clear();
            }

            _epoch = value.Epoch;
            if (begins || ended || Stopwatch.GetElapsedTime(_shown) >= Interval)
            {
                _shown = Stopwatch.GetTimestamp();
                NotebookHost.Progress?.Invoke(ProgressText.Live(value), false);
                Replace(ref _bar, new ProgressBar(value));
            }

            if (ended)
            {
                Console.WriteLine(ProgressText.Epoch(value));
                NotebookHost.Progress?.Invoke(ProgressText.Epoch(value), true);
                if (value.Measured.Count > 0)
                {
                    Replace(ref _chart, Chart(value));
                }
            }
        }
    }

    /// <summary>Shows a value in the cell at work. Returns what replaces it, null outside of a notebook.</summary>
    private static Action<object>? Display(object value)
    {
        if (KernelInvocationContext.Current is not { } context)
        {
            return null;
        }

        var shown = context.Display(value);

        // By way of the context and not of the display: a report may come from a thread that knows of no cell.
        void Replace(object next) => context.Publish(new DisplayedValueUpdated(
            next, shown.DisplayId, context.Command, FormattedValue.CreateManyFromObject(next)));
        if (value is ProgressBar)
        {
            // The bar of a training that has ended says nothing.
            context.OnComplete(_ => Replace(new ProgressBar(null)));
        }

        return Replace;
    }

    private void Replace(ref Action<object>? replace, object value)
    {
        if (replace is null)
        {
            replace = _show(value);
        }
        else
        {
            replace(value);
        }
    }

    private Figure Chart(TrainingProgress epoch)
    {
        if (_history.Count > 0 && _history[0].Length != epoch.Measured.Count)
        {
            _history.Clear();
        }

        _history.Add([.. epoch.Measured]);
        double[] axis = [.. Enumerable.Range(epoch.Epoch - _history.Count + 1, _history.Count).Select(e => (double)e)];
        return Charts.Line(
            $"{epoch.Stage}: every layer's tolerance so far", "epoch", "share of std(y)",
            [.. Enumerable.Range(0, epoch.Measured.Count).Select(l => new Series($"{l + 1}", axis, _history.Select(row => row[l])))]);
    }
}

/// <summary>Where a training stands, as a bar with text; empty for null.</summary>
internal sealed record ProgressBar(TrainingProgress? Progress)
{
    public override string ToString() => Progress is null ? "" : ProgressText.Live(Progress);

    public string ToHtml() => Progress is not { } p ? "" : string.Create(CultureInfo.InvariantCulture,
        $"<div><progress style=\"width:12em\" max=\"{p.Epochs}\" value=\"{p.Epoch - 1 + ((double)p.Batch / p.Batches):F2}\"></progress> "
        + $"{WebUtility.HtmlEncode(ProgressText.Live(p))}</div>");
}
