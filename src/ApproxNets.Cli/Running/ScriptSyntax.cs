using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ApproxNets.Cli.Running;

/// <summary>How cells are parsed.</summary>
internal static class ScriptSyntax
{
    public static readonly CSharpParseOptions Options = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    public static SyntaxTree Parse(string code) => CSharpSyntaxTree.ParseText(code, Options);
}
