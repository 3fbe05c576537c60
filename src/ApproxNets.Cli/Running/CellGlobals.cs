using Microsoft.AspNetCore.Html;
using Microsoft.DotNet.Interactive;
using Microsoft.DotNet.Interactive.Formatting;

namespace ApproxNets.Cli.Running;

/// <summary>What cells can call without a reference, as in .NET Interactive.</summary>
public static class CellGlobals
{
#pragma warning disable IDE1006 // the name that .NET Interactive has
    /// <summary>
    /// Shows a value in the cell's output. What is returned can replace it. The kernel's own method of this name returns a copy, which
    /// replaces nothing.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="mimeTypes">Forms to show it in; those preferred for its type if none is given.</param>
    public static DisplayedValue display(object? value, params string[] mimeTypes) =>
        KernelInvocationContext.Current.Display(value, mimeTypes);
#pragma warning restore IDE1006

    /// <summary>Makes a text HTML to show.</summary>
    /// <param name="content">The HTML.</param>
    public static IHtmlContent HTML(string content) => Kernel.HTML(content);
}
