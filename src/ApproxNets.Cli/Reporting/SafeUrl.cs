using System.Text.RegularExpressions;

namespace ApproxNets.Cli.Reporting;

/// <summary>Which addresses a page may have: links that a reader follows, and images that it holds itself.</summary>
internal static partial class SafeUrl
{
    /// <summary>An address on the web, of mail, in this page or beside it. Anything with another scheme, such as <c>javascript:</c>,
    /// is none.</summary>
    public static bool IsLink(string url) => !HasControls(url) && (Scheme().Match(url) is { Success: true } scheme
        ? scheme.Groups[1].Value.ToLowerInvariant() is "http" or "https" or "mailto"
        : IsRelative(url));

    /// <summary>A place in this page or beside it: no scheme, no other machine.</summary>
    public static bool IsRelative(string url) =>
        !HasControls(url) && !Scheme().IsMatch(url) && !(url.Length > 1 && url[0] is '/' or '\\' && url[1] is '/' or '\\');

    /// <summary>An image with its bytes.</summary>
    public static bool IsImageData(string url) => ImageData().IsMatch(url);

    // Browsers leave out line ends and tabs anywhere and blanks at the start, so that a scheme may hide among them.
    private static bool HasControls(string url) =>
        url.Any(char.IsControl) || url.StartsWith(' ');

    [GeneratedRegex("^([a-z][a-z0-9+.-]*):", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^data:image/(png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+=*\z", RegexOptions.CultureInvariant)]
    private static partial Regex ImageData();
}
