using System.Globalization;
using ApproxNets.Experiments;
using ApproxNets.Interactive.Internals;
using ApproxNets.Multipliers;
using ApproxNets.Training;
using Microsoft.AspNetCore.Html;
using Microsoft.DotNet.Interactive;
using TorchSharp;

namespace ApproxNets.Interactive;

/// <summary>What every notebook needs of its host: a start, progress, cancellation, and values for the report.</summary>
public static class Notebook
{
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
        if (!NotebookHost.PageHasPlotly)
        {
            KernelInvocationContext.Current?.Display(new HtmlString(FigureHtml.PlotlyScript), "text/html");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"ApproxNets {typeof(Notebook).Assembly.GetName().Version?.ToString(3)}, "
            + $"libtorch {torch.__version__}, {torch.get_num_threads()} threads"));
    }

    /// <summary>Receives a training's progress: a display that is redrawn, and one lasting line for each epoch.</summary>
    public static IProgress<TrainingProgress> Progress { get; } = new NotebookProgress();

    /// <summary>Cancelled when the cell shall stop; hand it to whatever takes long.</summary>
    public static CancellationToken Cancellation => NotebookHost.Cancellation is { CanBeCanceled: true } token
        ? token : KernelInvocationContext.Current?.CancellationToken ?? CancellationToken.None;

    /// <summary>Reports a value to whoever runs the notebook, e.g. <c>Report("dataset_sha256", sha)</c>; the last value of a key
    /// counts.</summary>
    /// <param name="key">Name in the report.</param>
    /// <param name="value">A string, number or boolean, or a sequence of those.</param>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public static void Report(string key, object value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        ArgumentNullException.ThrowIfNull(value);
        NotebookHost.Report(key, value);
    }

    /// <summary>Reports where an experiment's numbers come from: data set with its SHA-256, network, library with its SHA-256, scheme, seed.</summary>
    /// <param name="experiment">The experiment.</param>
    public static void Report(Experiment experiment)
    {
        Report("dataset", experiment.Data.Name);
        Report("dataset_sha256", experiment.Data.Sha256);
        Report("network", experiment.Recipe.Network);
        Report("library", experiment.Library.Name);
        Report("library_sha256", experiment.Library.Sha256);
        Report("scheme", experiment.Scheme.Word());
        Report("seed", experiment.Recipe.Float.Seed);
    }
}
