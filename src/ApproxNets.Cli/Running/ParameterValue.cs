using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis.CSharp;

namespace ApproxNets.Cli.Running;

/// <summary>Turns the text of <c>-p NAME=VALUE</c> into C# of the type that the parameter's default has.</summary>
internal static class ParameterValue
{
    private const int MostValues = 10_000;
    private const int Deepest = 16;

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

    /// <summary>A value that a notebook published, as JSON. Its parts are code of the notebook: they may throw, contain each other, or have no
    /// end. What is longer or deeper than a report can show is cut off, and says so.</summary>
    public static JsonNode? ToJson(object? value)
    {
        try
        {
            int room = MostValues;
            return ToJson(value, ref room, 0);
        }
        catch (Exception e)
        {
            return $"[{value?.GetType().Name} cannot be read: {e.GetType().Name}]";
        }
    }

    private static JsonNode? ToJson(object? value, ref int room, int depth)
    {
        switch (value)
        {
            case null: return null;
            case string text: return CellError.Bounded(text);
            case bool flag: return flag;
            case int number: return number;
            case long number: return number;
            case float number when float.IsFinite(number): return number;
            case double number when double.IsFinite(number): return number;
            case System.Collections.IEnumerable when depth == Deepest: return "[cut off: nested too deeply]";
            case System.Collections.IEnumerable items:
                var array = new JsonArray();
                foreach (object? item in items)
                {
                    if (room-- <= 0)
                    {
                        array.Add((JsonNode)$"[cut off after {MostValues} values]");
                        break;
                    }

                    array.Add(ToJson(item, ref room, depth + 1));
                }

                return array;
            case IFormattable formattable: return CellError.Bounded(formattable.ToString(null, CultureInfo.InvariantCulture));
            default: return CellError.Bounded(value.ToString() ?? "");
        }
    }

    private static string NameOf(Type type) => Type.GetTypeCode(Nullable.GetUnderlyingType(type) ?? type) switch
    {
        TypeCode.Boolean => "true or false",
        TypeCode.Int32 or TypeCode.Int64 => "a whole number",
        _ => "a number like 0.5",
    };
}
