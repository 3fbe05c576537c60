using System.Text.Json.Nodes;
using ApproxNets.Interactive.Internals;

namespace ApproxNets.Cli.Running;

/// <summary>A notebook of a run with what came of it.</summary>
internal sealed class NotebookRun
{
    public NotebookRun(NotebookDocument document)
    {
        Document = document;
    }

    public NotebookDocument Document { get; }

    public RunStatus Status { get; set; } = RunStatus.NotRun;

    public double Seconds { get; set; }

    public CellFailure? Failure { get; set; }

    /// <summary>All declared parameters with the values the notebook ran with.</summary>
    public JsonObject Parameters { get; } = [];

    /// <summary>What the notebook published for the report.</summary>
    public JsonObject Published { get; } = [];

    public string PageName => Path.ChangeExtension(Document.FileName, ".html");

    /// <summary>Outputs that plotly.js draws.</summary>
    public int Charts => Document.Cells.SelectMany(cell => cell.Outputs)
        .Count(output => output["data"]?[FigureHtml.PlotlyMime] is not null
            || output["data"]?["text/html"]?.ToJsonString().Contains("Plotly.newPlot", StringComparison.Ordinal) == true);
}
