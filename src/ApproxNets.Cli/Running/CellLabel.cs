namespace ApproxNets.Cli.Running;

/// <summary>What a cell is called while it runs.</summary>
internal static class CellLabel
{
    public static string? Heading(string markdown) => markdown.Split('\n')
        .LastOrDefault(line => line.StartsWith('#'))?.TrimStart('#').Trim().Replace("`", "", StringComparison.Ordinal);

    /// <summary>The heading above the cell, else its first comment or statement.</summary>
    public static string Of(string? heading, string code) => heading ?? code.Split('\n').Select(line => line.Trim())
        .FirstOrDefault(line => line.Length > 0 && line[0] != '#' && !line.StartsWith("using ", StringComparison.Ordinal))?
        .TrimStart('/', ' ') ?? "references";
}
