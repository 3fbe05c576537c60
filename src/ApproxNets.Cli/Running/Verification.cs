using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ApproxNets.Cli.Notebooks;

namespace ApproxNets.Cli.Running;

/// <summary>How a recorded value compares with that of another run.</summary>
internal enum Verdict
{
    /// <summary>The same bits; of a printed number all its digits.</summary>
    Same,

    /// <summary>Other bits, within the tolerance.</summary>
    Within,

    /// <summary>Something else.</summary>
    Differs,
}

/// <summary>One recorded value beside that of another run.</summary>
/// <param name="Recorded">What was recorded; empty where nothing was.</param>
/// <param name="Found">What the other run gave; empty where it gave nothing.</param>
/// <param name="Verdict">How they compare.</param>
/// <param name="Difference">Found minus recorded; null where one of them is no number.</param>
internal sealed record Comparison(string Recorded, string Found, Verdict Verdict, double? Difference);

/// <summary>The values that one place of a notebook reports: a published name, or the texts and tables that a cell shows.</summary>
/// <param name="Place">The name, or the cell's id.</param>
/// <param name="Values">The values, in order; each a number or a word.</param>
internal sealed record ReportedValues(string Place, IReadOnlyList<string> Values);

/// <summary>
/// Compares what a notebook reported with what it reports when it is run again. Times differ from run to run and are left out: numbers with
/// a unit of time, columns of tables with one in their title, lines of a training's progress, and cells tagged <see cref="VariesTag"/>.
/// </summary>
internal static partial class Verification
{
    /// <summary>Tag of cells that measure what differs from run to run, such as speed.</summary>
    public const string VariesTag = "varies";

    /// <summary>All that a notebook reports.</summary>
    /// <param name="notebook">The notebook with outputs.</param>
    /// <param name="published">What its cells published by name.</param>
    public static IReadOnlyList<ReportedValues> Of(NotebookDocument notebook, JsonObject published) =>
    [
        .. published.Select(entry => new ReportedValues(entry.Key, [.. Leaves(entry.Value)])),
        .. notebook.Cells.Select((cell, i) => (cell, Place: cell.Id ?? $"cell {i + 1}"))
            .Where(found => found.cell.IsCode && !found.cell.HasTag(VariesTag) && !found.cell.HasTag(NotebookCell.InjectedTag))
            .Select(found => new ReportedValues(found.Place, [.. found.cell.Outputs.SelectMany(output => Values(TextOf(output)))]))
            .Where(found => found.Values.Count > 0),
    ];

    /// <summary>Compares what was recorded at one place with what was found there.</summary>
    /// <param name="recorded">The values recorded.</param>
    /// <param name="found">The values found; another number of them is a difference.</param>
    /// <param name="tolerance">Relative difference up to which numbers are within the tolerance; one unit of the last printed digit is, too.</param>
    public static IReadOnlyList<Comparison> Compare(IReadOnlyList<string> recorded, IReadOnlyList<string> found, double tolerance) =>
        [.. Enumerable.Range(0, Math.Max(recorded.Count, found.Count)).Select(
            i => Compare(recorded.ElementAtOrDefault(i) ?? "", found.ElementAtOrDefault(i) ?? "", tolerance))];

    internal static IEnumerable<string> Values(string text)
    {
        List<string> lines = [.. text.Split('\n').Where(line => !Passing().IsMatch(line))];
        for (int i = 1; i < lines.Count; i++)
        {
            if (!Rule().IsMatch(lines[i]))
            {
                continue;
            }

            // A table of text: the rule under its header shows where the columns are.
            foreach (Match column in Column().Matches(lines[i]))
            {
                string title = Part(lines[i - 1], column.Index, column.Length);
                for (int row = i - 1; TimeTitle().IsMatch(title) && row < lines.Count; row++)
                {
                    lines[row] = lines[row].Length <= column.Index ? lines[row]
                        : lines[row][..column.Index] + new string(' ', Math.Min(column.Length, lines[row].Length - column.Index))
                            + lines[row][Math.Min(lines[row].Length, column.Index + column.Length)..];
                }
            }

            lines[i] = "";
        }

        return lines.SelectMany(line => Word().Matches(Time().Replace(line, " ")).Select(match => match.Value));
    }

    private static Comparison Compare(string recorded, string found, double tolerance)
    {
        if (recorded == found)
        {
            return new(recorded, found, Verdict.Same, 0);
        }

        if (Number(recorded) is not { } before || Number(found) is not { } now)
        {
            return new(recorded, found, Verdict.Differs, null);
        }

        double difference = Math.Abs(now - before);
        bool within = difference <= tolerance * Math.Abs(before) || difference <= 1.000001 * Math.Max(LastDigit(recorded), LastDigit(found));
        return new(recorded, found, before.Equals(now) ? Verdict.Same : within ? Verdict.Within : Verdict.Differs, now - before);
    }

    private static double? Number(string text) =>
        double.TryParse(text.TrimEnd('%'), NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out double value) ? value : null;

    /// <summary>One unit of the last digit of a number printed with few; 0 for whole numbers and for all the digits that a number has.</summary>
    private static double LastDigit(string text) => Decimals().Match(text) is { Success: true } match && match.Groups[1].Length <= 6
        ? Math.Pow(10, -match.Groups[1].Length) : 0;

    private static IEnumerable<string> Leaves(JsonNode? node) => node switch
    {
        JsonArray items => items.SelectMany(Leaves),
        JsonObject fields => fields.SelectMany(field => Leaves(field.Value)),
        JsonValue value when value.TryGetValue(out string? text) => [text],
        null => ["null"],
        _ => [node.ToJsonString()],
    };

    private static string TextOf(JsonObject output) =>
        string.Concat((output["text"] ?? (output["output_type"] is not null ? output["data"]?["text/plain"] : null)) switch
        {
            JsonArray lines when (string?)output["name"] != "stderr" => lines.Select(line => (string?)line),
            JsonValue text when (string?)output["name"] != "stderr" => [(string?)text],
            _ => [],
        });

    private static string Part(string line, int start, int length) => start >= line.Length ? "" : line.Substring(start, Math.Min(length, line.Length - start));

    // A training's progress, and what Notebook.Start says of the machine.
    [GeneratedRegex(@"images/s|^ApproxNets \d.*threads\s*$")]
    private static partial Regex Passing();

    [GeneratedRegex(@"^-+( {2}-+)*\s*$")]
    private static partial Regex Rule();

    [GeneratedRegex("-+")]
    private static partial Regex Column();

    [GeneratedRegex(@"(/ (s|ms|µs|ns|min)|\b(time|seconds|(images|products|steps)(/s| a second)))\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex TimeTitle();

    [GeneratedRegex(@"(?<![\w.])\d[\d,.:]*\s*(ns|µs|ms|s|seconds?|min|minutes?|h|hours?)(?![\w/])", RegexOptions.CultureInvariant)]
    private static partial Regex Time();

    // A number with its sign and per cent sign, or any other word without the punctuation around it.
    [GeneratedRegex(@"[-+]?\d[\d,]*(\.\d+)?([eE][-+]?\d+)?%?(?![\w.]*\w)|[^\s,;:()]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\.(\d+)%?$")]
    private static partial Regex Decimals();
}
