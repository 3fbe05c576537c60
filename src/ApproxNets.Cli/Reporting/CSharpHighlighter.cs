using System.Text;
using System.Net;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ApproxNets.Cli.Reporting;

/// <summary>C# as HTML with classes for keywords, strings, numbers and comments.</summary>
internal static class CSharpHighlighter
{
    public static string ToHtml(string code)
    {
        var html = new StringBuilder();
        foreach (var token in CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(kind: SourceCodeKind.Script)).GetRoot().DescendantTokens())
        {
            AppendTrivia(html, token.LeadingTrivia);
            Append(html, Class(token), token.Text);
            AppendTrivia(html, token.TrailingTrivia);
        }

        return html.ToString();
    }

    private static string? Class(SyntaxToken token)
    {
        if (token.IsKeyword() || token.IsContextualKeyword() || (token.IsKind(SyntaxKind.IdentifierToken) && token.Text == "var"))
        {
            return "k";
        }

        return token.Kind() switch
        {
            SyntaxKind.NumericLiteralToken => "n",
            SyntaxKind.StringLiteralToken or SyntaxKind.CharacterLiteralToken or SyntaxKind.InterpolatedStringTextToken
                or SyntaxKind.InterpolatedStringStartToken or SyntaxKind.InterpolatedStringEndToken
                or SyntaxKind.InterpolatedVerbatimStringStartToken
                or SyntaxKind.InterpolatedSingleLineRawStringStartToken
                or SyntaxKind.InterpolatedMultiLineRawStringStartToken or SyntaxKind.InterpolatedRawStringEndToken
                or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken => "s",
            _ => null,
        };
    }

    private static void AppendTrivia(StringBuilder html, SyntaxTriviaList list)
    {
        foreach (var trivia in list)
        {
            Append(html, trivia.IsDirective ? "d" : trivia.IsKind(SyntaxKind.WhitespaceTrivia) || trivia.IsKind(SyntaxKind.EndOfLineTrivia)
                ? null : "c", trivia.ToFullString());
        }
    }

    private static void Append(StringBuilder html, string? style, string text)
    {
        if (text.Length == 0)
        {
            return;
        }

        string encoded = WebUtility.HtmlEncode(text);
        html.Append(style is null ? encoded : $"<span class=\"{style}\">{encoded}</span>");
    }
}
