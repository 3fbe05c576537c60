using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis.CSharp;

namespace ApproxNets.Cli.Running;

/// <summary>Turns the text of <c>-p NAME=VALUE</c> into C# of the type that the parameter's default has.</summary>
internal static class ParameterValue
{
    /// <summary>A C# literal of the given type.</summary>
    /// <exception cref="FormatException">The text is not of that type.</exception>
    public static string ToLiteral(string name, string text, Type type)
    {
        const NumberStyles Floating = NumberStyles.Float;
        var culture = CultureInfo.InvariantCulture;
        return Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
        {
            TypeCode.String => SymbolDisplay.FormatLiteral(text, quote: true),
            TypeCode.Boolean when bool.TryParse(text, out bool value) => value ? "true" : "false",
            TypeCode.Int32 when int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out int value) => value.ToString(culture),
            TypeCode.Int64 when long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out long value) =>
                value.ToString(culture) + "L",
            TypeCode.Single when float.TryParse(text, Floating, culture, out float value) && float.IsFinite(value) =>
                value.ToString("R", culture) + "f",
            TypeCode.Double when double.TryParse(text, Floating, culture, out double value) && double.IsFinite(value) =>
                value.ToString("R", culture) + "d",
            TypeCode.Boolean or TypeCode.Int32 or TypeCode.Int64 or TypeCode.Single or TypeCode.Double
                => throw new FormatException($"parameter '{name}': found '{text}', expected {NameOf(type)}."),
            _ => throw new FormatException(
                $"parameter '{name}' is of type {type.Name}; only string, bool, int, long, float and double can be set with -p."),
        };
    }

    public static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        string text => text,
        bool flag => flag,
        int number => number,
        long number => number,
        float number when float.IsFinite(number) => number,
        double number when double.IsFinite(number) => number,
        System.Collections.IEnumerable items => new JsonArray([.. items.Cast<object?>().Select(ToJson)]),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    private static string NameOf(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
    {
        TypeCode.Boolean => "true or false",
        TypeCode.Int32 or TypeCode.Int64 => "a whole number",
        _ => "a number like 0.5",
    };
}
