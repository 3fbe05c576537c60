using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ApproxNets.Foundation;

namespace ApproxNets.Studies;

/// <summary>Writes results with their provenance as JSON, and reads those of comparisons.</summary>
public static class ResultFile
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new TwelveDigits() },
    };

    private static readonly JsonSerializerOptions Strict = new(Format)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>
    /// Writes <c>artifacts/results/PROFILE/NAME.json</c>: network, data set and its SHA-256, library and its SHA-256, recipe with seed,
    /// results, commit and machine. First to a temporary file, which then takes the file's place.
    /// </summary>
    /// <param name="name">Name of the file without its ending.</param>
    /// <param name="study">The study that the results are from.</param>
    /// <param name="library">Name and SHA-256 of the multiplier library; null if none was used.</param>
    /// <param name="results">Any object that serialises as a JSON object; its properties stand at the top level.</param>
    /// <returns>The file's path.</returns>
    public static string Write(string name, Study study, (string Name, string Sha256)? library, object results)
    {
        var provenance = Provenance.Current();
        var json = new JsonObject
        {
            ["network"] = study.Recipe.Network,
            ["dataset"] = study.Data.Name,
            ["data_sha256"] = study.Data.Sha256,
            ["library"] = library?.Name,
            ["library_sha256"] = library?.Sha256,
            ["seed"] = study.Recipe.Float.Seed,
            ["commit"] = provenance.Commit,
        };
        foreach (var (key, value) in JsonSerializer.SerializeToNode(results, Format)!.AsObject())
        {
            json[key] = value?.DeepClone();
        }

        json["recipe"] = JsonSerializer.SerializeToNode(study.Recipe, Format);
        json["provenance"] = JsonSerializer.SerializeToNode(provenance, Format);
        string path = Path.Combine(RepositoryFolder.Find(), "artifacts", "results", study.Recipe.Name, name + ".json");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, file => JsonSerializer.Serialize(file, json, Format));
        return path;
    }

    /// <summary>Reads a file of a comparison of methods, such as <c>data/results/agn-resnet8.json</c>.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The comparison at the top level, then those of <c>other_seeds</c>, which have of the top level what they do not say.</returns>
    /// <exception cref="IOException">The file or its folder is missing.</exception>
    /// <exception cref="InvalidDataException">The file is no such comparison.</exception>
    public static IReadOnlyList<ComparisonRecord> ReadComparison(string path)
    {
        try
        {
            var top = JsonSerializer.Deserialize<JsonObject>(File.ReadAllText(path)) ?? throw new JsonException("null");
            var records = new List<ComparisonRecord> { top.Deserialize<ComparisonRecord>(Strict)! };
            foreach (JsonNode? seed in top["other_seeds"]?.AsArray() ?? [])
            {
                var merged = top.DeepClone().AsObject();
                foreach (var (key, value) in seed as JsonObject ?? throw new JsonException("a seed that is no object"))
                {
                    merged[key] = value?.DeepClone();
                }

                records.Add(merged.Deserialize<ComparisonRecord>(Strict)!);
            }

            return records;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{path}': found no comparison of methods ({e.Message}), expected a file as notebook 04 writes it.", e);
        }
    }
}
