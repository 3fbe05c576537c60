using System.Globalization;
using System.Net;
using System.Text;

namespace ApproxNets.Interactive;

/// <summary>A table with a header; columns of numbers are aligned to the right.</summary>
public sealed class Table
{
    private readonly string[] _headers;
    private readonly string[][] _rows;
    private readonly bool[] _numeric;

    private Table(string[] headers, string[][] rows, bool[] numeric)
    {
        (_headers, _rows, _numeric) = (headers, rows, numeric);
    }

    /// <summary>Makes a table of values; fractions get up to four significant digits, large whole numbers groups of three.</summary>
    /// <param name="headers">Titles of the columns, with units.</param>
    /// <param name="rows">The rows, each with one value per column; null leaves an empty cell.</param>
    /// <exception cref="ArgumentException">A row has not one value for each header.</exception>
    public static Table Show(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<object?>> rows)
    {
        var all = rows.ToList();
        for (int r = 0; r < all.Count; r++)
        {
            if (all[r].Count != headers.Count)
            {
                throw new ArgumentException(
                    $"Table, row {r + 1}: found {all[r].Count} values, expected one for each of {headers.Count} headers.");
            }
        }

        return Of(all, [.. headers.Select((header, c) => (header, (Func<IReadOnlyList<object?>, object?>)(row => row[c]), ""))]);
    }

    /// <summary>Makes a table with a row for each item.</summary>
    /// <typeparam name="T">Type of the items.</typeparam>
    /// <param name="items">The items.</param>
    /// <param name="columns">Title, value and .NET format of each column, e.g. <c>("power", m => m.RelativePower, "P1")</c>; an empty
    /// format gives numbers up to four significant digits.</param>
    /// <exception cref="ArgumentException">There is no column.</exception>
    public static Table Of<T>(IEnumerable<T> items, params (string Header, Func<T, object?> Value, string Format)[] columns)
    {
        if (columns.Length == 0)
        {
            throw new ArgumentException("Table: found no column, expected at least one.");
        }

        var values = items.Select(item => columns.Select(column => column.Value(item)).ToArray()).ToList();
        var numeric = columns.Select((_, c) => values.Exists(row => IsNumber(row[c]))
            && values.TrueForAll(row => row[c] is null || IsNumber(row[c]))).ToArray();
        return new Table(
            [.. columns.Select(column => column.Header)],
            [.. values.Select(row => row.Select((value, c) => Text(value, columns[c].Format)).ToArray())],
            numeric);
    }

    /// <summary>The table as text, with columns of equal width.</summary>
    public override string ToString()
    {
        var widths = _headers.Select((header, c) => _rows.Select(row => row[c].Length).Append(header.Length).Max()).ToArray();
        string Line(IReadOnlyList<string> cells) =>
            string.Join("  ", cells.Select((cell, c) => _numeric[c] ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]))).TrimEnd();
        return string.Join('\n', [Line(_headers), string.Join("  ", widths.Select(width => new string('-', width))),
            .. _rows.Select(Line)]);
    }

    internal string ToHtml()
    {
        var html = new StringBuilder("<table class=\"an-table\"><thead>");
        AppendRow(html, "th", _headers);
        html.Append("</thead><tbody>");
        foreach (var row in _rows)
        {
            AppendRow(html, "td", row);
        }

        return html.Append("</tbody></table>").ToString();
    }

    private void AppendRow(StringBuilder html, string element, string[] cells)
    {
        html.Append("<tr>");
        for (int c = 0; c < cells.Length; c++)
        {
            html.Append('<').Append(element).Append(" style=\"text-align:").Append(_numeric[c] ? "right" : "left")
                .Append(_numeric[c] && element == "td" ? ";white-space:nowrap\">" : "\">")
                .Append(WebUtility.HtmlEncode(cells[c])).Append("</").Append(element).Append('>');
        }

        html.Append("</tr>");
    }

    private static string Text(object? value, string format) => value switch
    {
        null => "",
        bool flag => flag ? "yes" : "no",
        double or float or decimal when format.Length == 0 => ((IFormattable)value).ToString("G4", CultureInfo.InvariantCulture),
        int or long when format.Length == 0 && Math.Abs(Convert.ToDouble(value, CultureInfo.InvariantCulture)) >= 10000 =>
            ((IFormattable)value).ToString("N0", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(format, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static bool IsNumber(object? value) =>
        value is double or float or decimal or int or long or short or byte or uint or ulong or ushort or sbyte;
}
