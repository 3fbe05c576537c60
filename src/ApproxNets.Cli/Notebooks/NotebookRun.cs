using System.Text.Json.Nodes;
using ApproxNets.Interactive;

namespace ApproxNets.Cli.Notebooks;

/// <summary>How a notebook, or the run, stands.</summary>
internal enum RunStatus
{
    /// <summary>Not begun; an earlier notebook failed or the run was stopped.</summary>
    NotRun,

    /// <summary>At work.</summary>
    Running,

    /// <summary>Every cell ran.</summary>
    Ok,

    /// <summary>A cell failed.</summary>
    Failed,

    /// <summary>The user stopped it.</summary>
    Cancelled,
}

/// <summary>Why and where a notebook failed.</summary>
/// <param name="Notebook">File name of the notebook.</param>
/// <param name="CodeCell">Number of the cell among the code cells, from 1.</param>
/// <param name="Cell">Number of the cell among all cells, from 1.</param>
/// <param name="Line">Line in the cell, from 1; null when the error has none.</param>
/// <param name="Code">Text of that line.</param>
/// <param name="ErrorName">Type of the error.</param>
/// <param name="Message">What went wrong.</param>
internal sealed record CellFailure(
    string Notebook, int CodeCell, int Cell, int? Line, string? Code, string ErrorName, string Message)
{
    public override string ToString()
    {
        string where = $"{Notebook}, code cell {CodeCell} (cell {Cell} of all)";
        return Line is null ? $"{where}: {ErrorName}: {Message}" : $"{where}, line {Line}: {Code}\n  {ErrorName}: {Message}";
    }
}

/// <summary>A notebook of a run with what came of it.</summary>
internal sealed class NotebookRun(NotebookDocument document)
{
    /// <summary>The form in which figures carry plotly's JSON.</summary>
    public const string PlotlyMime = "application/vnd.plotly.v1+json";

    public NotebookDocument Document { get; } = document;

    public RunStatus Status { get; set; } = RunStatus.NotRun;

    public double Seconds { get; set; }

    /// <summary>The first failure.</summary>
    public CellFailure? Failure => Failures.Count > 0 ? Failures.First().Value : null;

    /// <summary>The cells that failed, in order: one, unless the run goes on behind it.</summary>
    public OrderedDictionary<NotebookCell, CellFailure> Failures { get; } = [];

    /// <summary>All declared parameters with the values the notebook ran with.</summary>
    public JsonObject Parameters { get; } = [];

    /// <summary>What the notebook published for the report.</summary>
    public JsonObject Published { get; } = [];

    /// <summary>What came of the exercises that the notebook checked.</summary>
    public IReadOnlyList<CheckResult> Checked { get; set; } = [];

    public string PageName => PageNameOf(Document.Path);

    /// <summary>Outputs that plotly.js draws.</summary>
    public int Charts => Document.Cells.Sum(cell => cell.Charts);

    /// <summary>File name of a notebook's page; <c>index.html</c> is that of the report.</summary>
    public static string PageNameOf(string path) => Path.GetFileNameWithoutExtension(path) is var name
        && name.Equals("index", StringComparison.OrdinalIgnoreCase) ? name + ".ipynb.html" : name + ".html";
}

/// <summary>A whole run: its notebooks in order, and how it stands.</summary>
/// <param name="Repository">Root of the repository.</param>
/// <param name="Profile">The profile asked for.</param>
/// <param name="Notebooks">The notebooks.</param>
internal sealed record RunResult(string Repository, string Profile, IReadOnlyList<NotebookRun> Notebooks)
{
    public DateTime StartedUtc { get; } = DateTime.UtcNow;

    public double Seconds { get; set; }

    /// <summary>The worst that happened to a notebook; a run that nothing has ended yet goes on.</summary>
    public RunStatus Status => Notebooks.Any(run => run.Status == RunStatus.Failed) ? RunStatus.Failed
        : Notebooks.Any(run => run.Status == RunStatus.Cancelled) ? RunStatus.Cancelled
        : Notebooks.All(run => run.Status == RunStatus.Ok) ? RunStatus.Ok
        : RunStatus.Running;
}
