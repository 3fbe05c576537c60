using Microsoft.AspNetCore.Html;

namespace ApproxNets.Interactive.Internals;

/// <summary>Shows HTML in a .NET Interactive host, found by reflection: no project references the discontinued package.</summary>
internal static class ForeignHost
{
    /// <summary>Shows the HTML in the cell at work; does nothing outside of a notebook host (tests, a console program).</summary>
    public static void Display(string html)
    {
        var context = Type.GetType("Microsoft.DotNet.Interactive.KernelInvocationContext, Microsoft.DotNet.Interactive")?.GetProperty(
            "Current")?.GetValue(null);
        var display = context?.GetType().GetMethod("Display", [typeof(object), typeof(string[])]);
        display?.Invoke(context, [new HtmlString(html), new[] { "text/html" }]);
    }
}
