using System.Globalization;
using ApproxNets.Interactive.Internals;
using ApproxNets.Training;
using TorchSharp;

namespace ApproxNets.Interactive;

/// <summary>What every notebook needs of its host: a start, progress, cancellation, and values for the report.</summary>
public static class Notebook
{
    private static readonly Lock Gate = new();
    private static readonly List<KeyValuePair<string, object>> Published = [];
    private static NotebookProgress _progress = new(() => Host);

    /// <summary>
    /// Prepares the process for a notebook: loads libtorch, registers how figures, tables and images are shown, and makes plotly.js
    /// available to the page. Call it once, in the notebook's second cell.
    /// </summary>
    /// <exception cref="InvalidOperationException">The host's FSharp.Core is too old for the charts, or libtorch cannot be loaded;
    /// the message says what to do.</exception>
    public static void Start()
    {
        HostChecks.RequireTorch();
        HostChecks.RequireFSharpCore();
        Formatters.Register();
        FigureHtml.RestartNumbering();
        if (Host is null)
        {
            ForeignHost.Display(PlotlyScript.InlineHtml);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ApproxNets {typeof(Notebook).Assembly.GetName().Version?.ToString(3)}, "
            + $"libtorch {torch.__version__}, {torch.get_num_threads()} threads"));
    }

    /// <summary>Receives a training's progress: a live line where the host has one, and one lasting line for each epoch.</summary>
    public static IProgress<TrainingProgress> Progress => _progress;

    /// <summary>Is cancelled when the host is asked to stop; hand it to whatever takes long.</summary>
    public static CancellationToken Cancellation => Host?.Cancellation ?? CancellationToken.None;

    /// <summary>Publishes a value for the run's report, e.g. <c>Report("dataset_sha256", sha)</c>; the last value of a key
    /// counts.</summary>
    /// <param name="key">Name in the report.</param>
    /// <param name="value">A string, number or boolean, or a sequence of those.</param>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public static void Report(string key, object value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        ArgumentNullException.ThrowIfNull(value);
        lock (Gate)
        {
            Published.RemoveAll(entry => entry.Key == key);
            Published.Add(new(key, value));
        }
    }

    /// <summary>The host that runs this notebook in process; null in a foreign one.</summary>
    internal static INotebookHost? Host { get; private set; }

    /// <summary>Begins a notebook in the given host: nothing is published yet.</summary>
    internal static void Enter(INotebookHost? host)
    {
        lock (Gate)
        {
            Host = host;
            Published.Clear();
            _progress = new NotebookProgress(() => Host);
        }
    }

    /// <summary>What the notebook has published so far, in order.</summary>
    internal static IReadOnlyList<KeyValuePair<string, object>> PublishedValues()
    {
        lock (Gate)
        {
            return [.. Published];
        }
    }
}
