namespace ApproxNets.Experiments;

/// <summary>A multiplier library and whether it is there.</summary>
/// <param name="Name">Name to open it by.</param>
/// <param name="Description">What it is, in a line.</param>
/// <param name="Folder">The folder it is in, or the first one that was looked for; null for the one made in code, or when there is
/// nowhere to look.</param>
/// <param name="IsComplete">Whether it can be opened.</param>
/// <param name="Missing">What is missing; null when complete.</param>
public sealed record LibraryStatus(string Name, string Description, string? Folder, bool IsComplete, string? Missing);
