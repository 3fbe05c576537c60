namespace ApproxNets.Data;

/// <summary>A data set and whether it is there.</summary>
/// <param name="Name">Name to load it by.</param>
/// <param name="Description">What it is, in a line.</param>
/// <param name="Folder">The folder it is in, or the first one that was looked for; null for a set made in code, or when there is nowhere to look.</param>
/// <param name="IsComplete">Whether it can be loaded.</param>
/// <param name="Missing">What is missing and how to get it; null when complete.</param>
public sealed record DatasetStatus(string Name, string Description, string? Folder, bool IsComplete, string? Missing);
