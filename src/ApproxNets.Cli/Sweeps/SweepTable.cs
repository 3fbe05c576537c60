using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ApproxNets.Foundation;
using ApproxNets.Interactive;

namespace ApproxNets.Cli.Sweeps;

/// <summary>
/// The results of a sweep as one table: a row for every assignment or operating point, in the order of the manifest. Seconds are left out of the columns, so
/// that the same jobs give the same table, wherever and by however many workers they were run; they and the machine are in the rows' provenance.
/// </summary>
internal static class SweepTable
{
    private static readonly string[] Lists = ["points", "operating_points"], Nested = ["other_seeds", "others"];
    private static readonly string[] Provenance = ["commit", "data_sha256", "library_sha256", "provenance", "recipe"];
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    /// <summary>Writes <c>table.csv</c>, <c>table.json</c> and, where rows have savings and an accuracy, <c>front.svg</c>.</summary>
    /// <returns>The files.</returns>
    public static IReadOnlyList<string> Write(SweepFolder folder, IEnumerable<SweepJob> finished)
    {
        var rows = finished.SelectMany(job => Rows(job, folder.Result(job))).ToList();
        string csv = Path.Combine(folder.Path, "table.csv"), json = Path.Combine(folder.Path, "table.json"), svg = Path.Combine(folder.Path, "front.svg");
        Directory.CreateDirectory(folder.Path);
        AtomicFile.WriteText(csv, Csv(rows));
        AtomicFile.WriteText(json, new JsonArray([.. rows.Select(r => r.DeepClone())]).ToJsonString(Format));
        if (Front(rows) is not { } figure)
        {
            return [csv, json];
        }

        AtomicFile.WriteText(svg, figure.ToSvg());
        return [csv, json, svg];
    }

    private static IEnumerable<JsonObject> Rows(SweepJob job, JsonObject result)
    {
        var common = new JsonObject { ["job"] = job.Id };
        foreach (var (key, value) in result.Where(p => !Lists.Concat(Nested).Concat(Provenance).Contains(p.Key)))
        {
            common[key] = value?.DeepClone();
        }

        var origin = new JsonObject { ["line"] = string.Join(' ', job.Line) };
        foreach (string key in Provenance.Where(result.ContainsKey))
        {
            origin[key] = result[key]?.DeepClone();
        }

        foreach (JsonNode? point in Lists.SelectMany(list => result[list] as JsonArray ?? []))
        {
            var row = common.DeepClone().AsObject();
            var timed = origin.DeepClone().AsObject();
            foreach (var (key, value) in point!.AsObject())
            {
                (key.EndsWith("seconds", StringComparison.Ordinal) ? timed : row)[key] = value?.DeepClone();
            }

            row["provenance"] = timed;
            yield return row;
        }

        foreach (JsonNode? other in Nested.SelectMany(list => result[list] as JsonArray ?? []))
        {
            var merged = result.DeepClone().AsObject();
            foreach (string key in Lists.Concat(Nested))
            {
                merged.Remove(key);
            }

            foreach (var (key, value) in other!.AsObject())
            {
                merged[key] = value?.DeepClone();
            }

            foreach (var row in Rows(job, merged))
            {
                yield return row;
            }
        }
    }

    private static string Csv(List<JsonObject> rows)
    {
        string[] columns = [.. rows.SelectMany(r => r.Select(p => p.Key)).Where(c => c != "provenance").Distinct()];
        var text = new StringBuilder().AppendJoin(',', columns).Append('\n');
        foreach (var row in rows)
        {
            text.AppendJoin(',', columns.Select(c => Cell(row[c]))).Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(JsonNode? value)
    {
        string text = value switch
        {
            null => "",
            JsonArray list => string.Join(' ', list.Select(v => v?.ToString())),
            _ => value.ToString(),
        };
        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }

    private static Figure? Front(List<JsonObject> rows)
    {
        var points = rows.Select(r => (Row: r, Savings: Number(r["savings"]), Top1: Number(r["top1"]) ?? Number(r["top1_new_statistics"])))
            .Where(p => p.Savings is not null && p.Top1 is not null).ToList();
        return points.Count == 0 ? null : Charts.Scatter(
            "Energy against accuracy", "multiplication energy saved / %", "test accuracy / %",
            [.. points.GroupBy(p => string.Join(", ", new[] { "network", "library", "method", "variant" }.Select(k => p.Row[k]?.ToString()).Where(t => !string.IsNullOrEmpty(t))))
                .Select(g => new Series(g.Key, g.Select(p => 100 * p.Savings!.Value), g.Select(p => p.Top1!.Value)))]);
    }

    private static double? Number(JsonNode? value) =>
        value is JsonValue && double.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : null;
}
