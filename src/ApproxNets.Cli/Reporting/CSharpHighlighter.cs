using System.Text.RegularExpressions;
using ColorCode;

namespace ApproxNets.Cli.Reporting;

/// <summary>C# as HTML with ColorCode's classes for keywords, strings, numbers and comments.</summary>
internal static partial class CSharpHighlighter
{
    public static string ToHtml(string code) => Frame().Replace(new HtmlClassFormatter().GetHtmlString(code, Languages.CSharp), "");

    // ColorCode puts the code into elements of its own.
    [GeneratedRegex(@"^<div class=""csharp""><pre>\s*|\s*</pre></div>$")]
    private static partial Regex Frame();
}
