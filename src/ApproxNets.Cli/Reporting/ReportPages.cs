using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Reporting;

/// <summary>Addresses of a report's pages: files beside each other, or parts of one file.</summary>
/// <param name="runs">The notebooks that have a page.</param>
/// <param name="single">They are parts of one file.</param>
internal sealed class ReportPages(IReadOnlyList<NotebookRun> runs, bool single = false)
{
    public const string IndexId = "index";

    private readonly Dictionary<string, int> _places =
        runs.Select((run, i) => (Path: Path.GetFullPath(run.Document.Path), i)).ToDictionary(place => place.Path, place => place.i, StringComparer.Ordinal);

    public IReadOnlyList<NotebookRun> Runs => runs;

    /// <summary>The report is one file, which leads to no other.</summary>
    public bool IsSingle => single;

    public string Index => single ? $"#{IndexId}" : ReportWriter.IndexName;

    /// <summary>The id of a notebook's part; what ids in it begin with.</summary>
    public string IdOf(int number) => $"notebook-{number + 1}";

    /// <summary>What ids in a notebook's page begin with.</summary>
    public string PrefixOf(NotebookRun run) => single ? IdOf(NumberOf(run)) + "-" : "";

    public int NumberOf(NotebookRun run) => runs.ToList().IndexOf(run);

    /// <summary>The address of a notebook's page, or of a heading in it.</summary>
    public string AddressOf(int number, string heading = "") => single
        ? $"#{IdOf(number)}{(heading.Length > 0 ? "-" + heading : "")}"
        : Uri.EscapeDataString(runs[number].PageName) + (heading.Length > 0 ? "#" + heading : "");

    /// <summary>The address of the page of the notebook in a file; null if it has none.</summary>
    public string? AddressOf(string path, string heading) => _places.TryGetValue(path, out int number) ? AddressOf(number, heading) : null;
}
