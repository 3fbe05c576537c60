using Microsoft.AspNetCore.Html;

namespace ApproxNets.Interactive.Internals;

/// <summary>Shows HTML in a .NET Interactive host, found by reflection: no project references the discontinued package.</summary>
internal static class ForeignHost
{
    /// <summary>Shows the HTML in the cell at work; does nothing outside of a notebook host (tests, a console program).</summary>
    /// <returns>Replaces what was shown; shows beside it where the host cannot.</returns>
    public static Action<string> Display(string html)
    {
        var context = Type.GetType("Microsoft.DotNet.Interactive.KernelInvocationContext, Microsoft.DotNet.Interactive")?.GetProperty(
            "Current")?.GetValue(null);
        var display = context?.GetType().GetMethod("Display", [typeof(object), typeof(string[])]);
        object? shown = display?.Invoke(context, [new HtmlString(html), new[] { "text/html" }]);
        var update = shown?.GetType().GetMethod("Update", [typeof(object)]);
        return update is null ? next => Display(next) : next => update.Invoke(shown, [new HtmlString(next)]);
    }
}
