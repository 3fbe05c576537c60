namespace ApproxNets.Interactive.Internals;

/// <summary>What an in-process host offers beyond the console.</summary>
internal interface INotebookHost
{
    CancellationToken Cancellation { get; }

    /// <summary>Replaces the line of the work at hand.</summary>
    void ShowLive(string line);

    /// <summary>Keeps a line: in the cell's output, and on a terminal that has no live line.</summary>
    void Keep(string line);
}
