using ApproxNets.Cli.Notebooks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ApproxNets.Cli.Running;

/// <summary>The parameters that a notebook declares in its cell tagged <c>parameters</c>, read without running it.</summary>
internal static class ParameterDeclarations
{
    private static readonly CSharpParseOptions Script = new(LanguageVersion.Latest, kind: SourceCodeKind.Script);

    /// <summary>Names in order; the type where it is written or the default is a literal, null where only running it tells.</summary>
    public static IReadOnlyList<(string Name, Type? Type)> Find(NotebookDocument notebook)
    {
        var found = new List<(string, Type?)>();
        foreach (var cell in notebook.Cells.Where(cell => cell.IsCode && cell.HasTag(NotebookCell.ParametersTag)))
        {
            foreach (var field in CSharpSyntaxTree.ParseText(cell.Source, Script).GetRoot().ChildNodes().OfType<FieldDeclarationSyntax>())
            {
                foreach (var variable in field.Declaration.Variables)
                {
                    found.Add((variable.Identifier.ValueText, TypeOf(field.Declaration.Type, variable.Initializer?.Value)));
                }
            }
        }

        return found;
    }

    private static Type? TypeOf(TypeSyntax type, ExpressionSyntax? value)
    {
        if (type is PredefinedTypeSyntax predefined)
        {
            return predefined.Keyword.ValueText switch
            {
                "string" => typeof(string),
                "bool" => typeof(bool),
                "int" => typeof(int),
                "long" => typeof(long),
                "float" => typeof(float),
                "double" => typeof(double),
                _ => null,
            };
        }

        if (value is PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.UnaryMinusExpression } minus)
        {
            value = minus.Operand;
        }

        return type.IsVar && value is LiteralExpressionSyntax literal ? literal.Token.Value?.GetType() : null;
    }
}
