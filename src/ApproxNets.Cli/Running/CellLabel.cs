namespace ApproxNets.Cli.Running;

/// <summary>What a cell is called while it runs.</summary>
internal static class CellLabel
{
    public static string? Heading(string markdown) => markdown.Split('\n')
        .LastOrDefault(line => line.StartsWith('#'))?.TrimStart('#').Trim().Replace("`", "", StringComparison.Ordinal);

    /// <summary>What its tag says, else the heading above the cell, else its first comment or statement.</summary>
    public static string Of(string? heading, NotebookCell cell) =>
        cell.HasTag(NotebookCell.InjectedTag) ? "parameters of this run"
        : cell.HasTag(NotebookCell.ParametersTag) ? "parameters"
        : heading ?? cell.Source.Split('\n').Select(line => line.Trim())
        .FirstOrDefault(line => line.Length > 0 && line[0] != '#' && !line.StartsWith("using ", StringComparison.Ordinal))?
        .TrimStart('/', ' ') ?? "references";
}
