using System.Globalization;
using ApproxNets.Experiments;
using ApproxNets.Interactive.Internals;
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

    /// <summary>
    /// Opens an experiment (<see cref="Experiment.Open"/>) that shows its trainings here, stops with the cell, and reports where its numbers
    /// come from: data set with its SHA-256, network, library with its SHA-256, scheme and seed.
    /// </summary>
    /// <param name="dataset">A name of <see cref="ApproxNets.Data.Datasets.Names"/>.</param>
    /// <param name="network">Name of the network.</param>
    /// <param name="library">"built-in", "shipped", or the name of a folder of product tables such as "evoapprox8".</param>
    /// <param name="scheme">"signed" or "unsigned" operands.</param>
    /// <param name="profile">"quick" (minutes), "full" (hours) or "smoke" (seconds, learns nothing).</param>
    /// <param name="seed">Seed of every stage.</param>
    /// <param name="lambda">Weight of the reward for noise; 0 for that of the recipe.</param>
    /// <param name="retrain">Begins anew, beside the stages and shipped checkpoints there are.</param>
    /// <param name="tuned">Tunes the weights of every layer (<see cref="Recipe.TunedWeights"/>).</param>
    /// <exception cref="ArgumentException">A name is unknown.</exception>
    /// <exception cref="System.IO.DirectoryNotFoundException">The data set or the library is not on this machine.</exception>
    public static Experiment Open(
        string dataset = "shapes", string network = "resnet8", string library = "built-in", string scheme = "signed", string profile = "quick",
        int seed = 1, double lambda = 0, bool retrain = false, bool tuned = false)
    {
        var experiment = Experiment.Open(
            dataset, network, library, scheme, profile, seed, lambda == 0 ? null : lambda, retrain, Progress, Cancellation, tuned);
        Report("dataset", experiment.Data.Name);
        Report("dataset_sha256", experiment.Data.Sha256);
        Report("network", network);
        Report("library", experiment.Library.Name);
        Report("library_sha256", experiment.Library.Sha256);
        Report("scheme", scheme);
        Report("seed", seed);
        if (tuned)
        {
            Report("weights", "tuned");
        }

        return experiment;
    }
}
