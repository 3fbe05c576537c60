using System.Globalization;

namespace ApproxNets.Multipliers;

/// <summary>
/// The cost file of a folder of product tables: comma-separated without quotes, a header line, the columns <c>name</c>, <c>signed</c> (0 or
/// 1) and <c>power_mw</c> among any others, one multiplier a line. <c>exact_power_mw</c>, <c>power_source</c>, <c>area_um2</c>,
/// <c>delay_ns</c>, <c>area_delay_source</c> and <c>table_hash</c> (<see cref="Multiplier.TableHash"/>) are optional, and so are their fields.
/// </summary>
internal static class CostTable
{
    internal readonly record struct Row(
        Signedness Signedness, double PowerMilliwatts, double? ExactPowerMilliwatts, int Line, string? PowerSource,
        double? AreaSquareMicrometres, double? DelayNanoseconds, string? AreaDelaySource, string? TableHash);

    /// <summary>Reads all rows by name.</summary>
    internal static Dictionary<string, Row> Read(string path)
    {
        var rows = new Dictionary<string, Row>(StringComparer.Ordinal);
        string[]? header = null;
        int name = 0, signed = 0, power = 0, exactPower = 0, powerSource = 0, area = 0, delay = 0, figuresSource = 0, table = 0, line = 0;
        foreach (string text in File.ReadLines(path))
        {
            line++;
            string[] fields = text.Split(',', StringSplitOptions.TrimEntries);
            if (text.Contains('"'))
            {
                throw Wrong(path, line, "a quote", "plain fields without quotes");
            }

            if (header is null)
            {
                header = fields;
                (name, signed, power) = (Column(path, header, "name"), Column(path, header, "signed"), Column(path, header, "power_mw"));
                (powerSource, figuresSource) = (Array.IndexOf(header, "power_source"), Array.IndexOf(header, "area_delay_source"));
                (exactPower, table) = (Array.IndexOf(header, "exact_power_mw"), Array.IndexOf(header, "table_hash"));
                (area, delay) = (Array.IndexOf(header, "area_um2"), Array.IndexOf(header, "delay_ns"));
                continue;
            }

            if (text.Length == 0)
            {
                continue;
            }

            if (fields.Length != header.Length)
            {
                throw Wrong(path, line, $"{fields.Length} fields", $"{header.Length} as in the header");
            }

            if (fields[name].Length == 0 || fields[name].AsSpan().IndexOfAny("/\\:\0") >= 0)
            {
                throw Wrong(path, line, $"the name '{fields[name]}'", "one that can name a file"); // it is joined to the folder
            }

            if (fields[signed] is not ("0" or "1"))
            {
                throw Wrong(path, line, $"signed '{fields[signed]}'", "0 or 1");
            }

            double? Optional(int column) => Text(fields, column) is { } text ? Figure(path, line, header[column], text) : null;
            var row = new Row(
                fields[signed] == "1" ? Signedness.Signed : Signedness.Unsigned, Figure(path, line, "power_mw", fields[power]),
                Optional(exactPower), line, Text(fields, powerSource), Optional(area), Optional(delay),
                Text(fields, area) is null && Text(fields, delay) is null
                    ? null
                    : Text(fields, figuresSource) ?? Path.GetFileName(path),
                Text(fields, table));
            if (row.ExactPowerMilliwatts == 0)
            {
                throw Wrong(path, line, "exact_power_mw 0", "a number > 0 to relate power to");
            }

            if (!rows.TryAdd(fields[name], row))
            {
                throw Wrong(path, line, $"'{fields[name]}' again (first in line {rows[fields[name]].Line})", "every name once");
            }
        }

        return header is null ? throw Wrong(path, 1, "an empty file", "a header line") : rows;
    }

    internal static InvalidDataException Wrong(string path, int line, string found, string expected) =>
        new($"{path}, line {line}: found {found}, expected {expected}.");

    private static double Figure(string path, int line, string column, string field) =>
        double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double figure)
        && double.IsFinite(figure) && figure >= 0
            ? figure
            : throw Wrong(path, line, $"{column} '{field}'", "a finite number >= 0");

    private static string? Text(string[] fields, int column) => column >= 0 && fields[column].Length > 0 ? fields[column] : null;

    private static int Column(string path, string[] header, string column)
    {
        int index = Array.IndexOf(header, column);
        return index >= 0 && Array.LastIndexOf(header, column) == index
            ? index
            : throw Wrong(path, 1, $"the columns {string.Join(", ", header)}", $"one column '{column}'");
    }
}
