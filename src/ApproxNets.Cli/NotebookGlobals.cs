namespace ApproxNets.Cli;

/// <summary>What cells can call without a reference, as in .NET Interactive.</summary>
public sealed class NotebookGlobals
{
    private readonly Action<object?, string[]> _display;

    internal NotebookGlobals(Action<object?, string[]> display)
    {
        _display = display;
    }

#pragma warning disable IDE1006 // the name that .NET Interactive has
    /// <summary>Shows a value in the cell's output.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mimeTypes">Forms to show it in; those preferred for its type if none is given.</param>
    public void display(object? value, params string[] mimeTypes) => _display(value, mimeTypes);
#pragma warning restore IDE1006
}
