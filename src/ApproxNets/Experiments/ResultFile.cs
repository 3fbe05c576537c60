using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ApproxNets.Foundation;
using ApproxNets.Multipliers;

namespace ApproxNets.Experiments;

/// <summary>A comparison of methods as a result file holds it: one seed of one network and one library.</summary>
/// <param name="Network">Name of the network.</param>
/// <param name="Dataset">Name of the data set.</param>
/// <param name="Library">Name of the multiplier library.</param>
/// <param name="Scheme">Signedness of the operands, "signed" or "unsigned".</param>
/// <param name="Seed">Seed of every stage.</param>
/// <param name="Commit">Commit that the first results are of.</param>
/// <param name="FloatTop1">Test accuracy of the float baseline, in per cent.</param>
/// <param name="QatTop1">Test accuracy of the 8-bit network, in per cent.</param>
/// <param name="Points">The assignments.</param>
public sealed record ComparisonRecord(
    string Network,
    string Dataset,
    string Library,
    string Scheme,
    int Seed,
    string Commit,
    double FloatTop1,
    double QatTop1,
    IReadOnlyList<AssignmentResult> Points);

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
    /// <param name="experiment">The experiment that the results are from.</param>
    /// <param name="results">Any object that serialises as a JSON object; its properties stand at the top level.</param>
    /// <returns>The file's path.</returns>
    public static string Write(string name, Experiment experiment, object results)
    {
        JsonObject json = Of(experiment, results);
        string path = Path.Combine(RepositoryFolder.OfWork(), "artifacts", "results", experiment.Recipe.Name, name + ".json");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, file => JsonSerializer.Serialize(file, json, Format));
        return path;
    }

    /// <summary>What <see cref="Write"/> writes, for who keeps it elsewhere.</summary>
    /// <param name="experiment">The experiment that the results are from.</param>
    /// <param name="results">Any object that serialises as a JSON object; its properties stand at the top level.</param>
    public static JsonObject Of(Experiment experiment, object results)
    {
        var provenance = Provenance.Current();
        var json = new JsonObject
        {
            ["network"] = experiment.Recipe.Network,
            ["dataset"] = experiment.Data.Name,
            ["data_sha256"] = experiment.Data.Sha256,
            ["library"] = experiment.Library.Name,
            ["library_sha256"] = experiment.Library.Sha256,
            ["scheme"] = experiment.Scheme.Word(),
            ["seed"] = experiment.Recipe.Float.Seed,
            ["commit"] = provenance.Commit,
        };
        foreach (var (key, value) in JsonSerializer.SerializeToNode(results, Format)!.AsObject())
        {
            json[key] = value?.DeepClone();
        }

        json["recipe"] = JsonSerializer.SerializeToNode(experiment.Recipe, Format);
        json["provenance"] = JsonSerializer.SerializeToNode(provenance, Format);
        return json;
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
            throw new InvalidDataException($"'{path}': found no comparison of methods ({e.Message}), expected a file as notebook 05 writes it.", e);
        }
    }
}
