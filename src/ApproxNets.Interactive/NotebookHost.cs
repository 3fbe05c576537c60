using ApproxNets.Interactive.Internals;

namespace ApproxNets.Interactive;

/// <summary>What a program that hosts notebooks sets and reads. A notebook has no use for it.</summary>
public static class NotebookHost
{
    /// <summary>Name of the file that plotly.js has in Plotly.NET.</summary>
    public const string PlotlyFileName = "plotly-2.28.0.min.js";

    private static readonly Lock Gate = new();
    private static readonly List<KeyValuePair<string, object>> Values = [];
    private static readonly List<CheckResult> Results = [];

    /// <summary>Cancelled when the cell at work shall stop; the default leaves that to the kernel.</summary>
    public static CancellationToken Cancellation { get; set; }

    /// <summary>Receives a training's progress as a line of text, and whether an epoch has ended with it; null where nobody listens.</summary>
    public static Action<string, bool>? Progress { get; set; }

    /// <summary>What the notebook has reported so far, in order.</summary>
    public static IReadOnlyList<KeyValuePair<string, object>> Reported
    {
        get
        {
            lock (Gate)
            {
                return [.. Values];
            }
        }
    }

    /// <summary>What came of the exercises checked so far; of one that was checked twice the last result.</summary>
    public static IReadOnlyList<CheckResult> Checked
    {
        get
        {
            lock (Gate)
            {
                return [.. Results];
            }
        }
    }

    internal static bool PageHasPlotly { get; private set; }

    /// <summary>Begins a notebook: nothing is reported or checked yet, figures are numbered anew.</summary>
    /// <param name="pageHasPlotly">The page that will show the outputs loads plotly.js itself.</param>
    public static void Begin(bool pageHasPlotly = false)
    {
        lock (Gate)
        {
            Values.Clear();
            Results.Clear();
        }

        PageHasPlotly = pageHasPlotly;
        FigureHtml.RestartNumbering();
    }

    /// <summary>Opens plotly.js as Plotly.NET embeds it, so that charts need no network.</summary>
    /// <exception cref="InvalidOperationException">Plotly.NET is of another version.</exception>
    public static Stream OpenPlotly()
    {
        var assembly = typeof(Plotly.NET.GenericChart).Assembly;
        return assembly.GetManifestResourceStream("Plotly.NET." + PlotlyFileName)
            ?? throw new InvalidOperationException(
                $"{assembly.GetName()}: found no embedded {PlotlyFileName}, expected the one of Plotly.NET 6.0.0.");
    }

    /// <summary>JavaScript that declares <c>draw(element, figure, captioned, tries)</c>, with which plotly.js draws a figure.</summary>
    public static string FigureScript => FigureHtml.Draw;

    /// <summary>The JSON of a figure, as its script element holds it; null for any other script.</summary>
    /// <param name="script">Text of a script element.</param>
    /// <exception cref="ArgumentNullException">The script is null.</exception>
    public static string? FigureData(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return FigureHtml.Data(script);
    }

    /// <summary>Loads libtorch; says why and what to do if that fails, null if it loads.</summary>
    public static string? TorchProblem()
    {
        try
        {
            HostChecks.RequireTorch();
            return null;
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }

    internal static void Report(string key, object value)
    {
        lock (Gate)
        {
            Values.RemoveAll(entry => entry.Key == key);
            Values.Add(new(key, value));
        }
    }

    internal static void Report(CheckResult result)
    {
        lock (Gate)
        {
            Results.RemoveAll(entry => entry.Exercise == result.Exercise);
            Results.Add(result);
        }
    }
}
