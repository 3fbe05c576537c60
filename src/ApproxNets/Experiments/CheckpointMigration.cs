using System.Text.Json;
using System.Text.Json.Nodes;
using ApproxNets.Data;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Training;
using TorchSharp;

namespace ApproxNets.Experiments;

/// <summary>
/// Writes checkpoints of version 0.1 anew in the form of today. There a stage was found by a hash of its options as JSON and the name of the
/// stage before; now by its <see cref="Foundation.Fingerprint"/>, which names the weights it starts from. Weights, results and provenance stay.
/// </summary>
public sealed class CheckpointMigration
{
    private readonly string _from, _to;
    private readonly Dictionary<string, Old> _done = [];

    private CheckpointMigration(string from, string to) => (_from, _to) = (from, to);

    /// <summary>Migrates every checkpoint of a folder whose earlier stages are in the folder, too.</summary>
    /// <param name="from">Folder of version 0.1.</param>
    /// <param name="to">Folder for the new files; made if missing.</param>
    /// <returns>The old and the new name of every file.</returns>
    /// <exception cref="InvalidDataException">A file is none of version 0.1, or a stage before it is missing.</exception>
    public static IReadOnlyList<(string Old, string New)> Run(string from, string to)
    {
        Directory.CreateDirectory(to);
        var migration = new CheckpointMigration(from, to);
        return
        [
            .. Directory.GetFiles(from, "*.safetensors").Order(StringComparer.Ordinal)
                .Select(file => (Path.GetFileName(file), migration.Migrate(Path.GetFileNameWithoutExtension(file)).Stage.Name + ".safetensors")),
        ];
    }

    private Old Migrate(string name)
    {
        if (_done.TryGetValue(name, out var done))
        {
            return done;
        }

        using var scope = torch.NewDisposeScope();
        string file = Path.Combine(_from, name + ".safetensors");
        if (!File.Exists(file))
        {
            throw new InvalidDataException($"'{_from}': found no {name}.safetensors, expected it, since a later stage starts from it.");
        }

        var (tensors, metadata) = SafeTensors.Read(file);
        if (!metadata.TryGetValue("settings", out string? text) || !metadata.TryGetValue("stage", out string? stage))
        {
            throw new InvalidDataException($"'{file}': found no settings, expected a checkpoint of version 0.1.");
        }

        var settings = JsonNode.Parse(text)!.AsObject();
        var own = settings["student"]?.AsObject() ?? settings;
        var before = own["parent"] is { } parent ? Migrate(parent.GetValue<string>()) : null;
        var teacher = settings["teacher"] is { } key ? Migrate(key.GetValue<string>()).Stage : null;
        var options = own["options"].Deserialize<TrainingOptions>()!;
        var old = before ?? new Old(
            null!, own["network"]!.GetValue<string>(), own["data"]!.GetValue<string>(), own["images"]!.GetValue<int>(), Signedness.Signed, true, null, new Distillation());
        if (own["scheme"]?.GetValue<string>() is { } scheme)
        {
            old = old with
            {
                Scheme = scheme.StartsWith("Signed", StringComparison.Ordinal) ? Signedness.Signed : Signedness.Unsigned,
                Clipped = scheme.EndsWith("clipped", StringComparison.Ordinal),
                Teacher = teacher,
            };
        }

        // One recipe holds the options in the place of every stage; each key reads its own.
        var recipe = Recipe.For("full", old.Network, options.Seed) with
        {
            Float = options,
            Quantized = options,
            AgnTraining = options,
            ClippedRanges = old.Clipped,
            Distillation = settings["Distillation"].Deserialize<Distillation>() ?? old.Distillation,
        };
        old = old with { Distillation = recipe.Distillation };
        var experiment = old.With(recipe);
        string kind = stage[..stage.IndexOf('-', StringComparison.Ordinal)];
        var from = before?.Stage!;
        var fingerprint = kind switch
        {
            "float" => StageKeys.Float(experiment, null, teacher?.WeightsSha256),
            "qat" => StageKeys.Quantized(experiment, from, teacher?.WeightsSha256),
            "agn" => StageKeys.Searched(experiment, from, own["agn"].Deserialize<AgnOptions>()!),
            "retrained" => StageKeys.Retrained(
                experiment, from, own["assignment"]!.AsArray().Select(m => m!.GetValue<string>()), options,
                Enum.Parse<GradientKind>(own["gradient"]!.GetValue<string>()), old.Teacher?.WeightsSha256),
            "exact" => StageKeys.Exact(experiment, from, options, old.Teacher?.WeightsSha256),
            "noise" => StageKeys.Noise(experiment, from, own["sigmas"].Deserialize<double[]>()!, options),
            _ => throw new InvalidDataException($"'{file}': found the stage '{stage}', expected float, qat, agn, retrained, exact or noise."),
        };
        string sha256 = Checkpoint.Sha256(tensors), full = StageStore.NameOf(stage, fingerprint.Sha256);
        var result = JsonNode.Parse(metadata["result"])!.AsObject();
        SafeTensors.Write(
            Path.Combine(_to, full + ".safetensors"), tensors.Select(t => (t.Key, t.Value)), new Dictionary<string, string>
            {
                [StageStore.Metadata.Stage] = stage,
                [StageStore.Metadata.Fingerprint] = fingerprint.Text,
                [StageStore.Metadata.Result] = JsonSerializer.Serialize<object>(kind == "agn" ? Searched(result) : Training(result)),
                [StageStore.Metadata.Provenance] = metadata["provenance"],
                [Checkpoint.WeightsSha256] = sha256,
            });
        return _done[name] = old with { Stage = new Stage<object>(0, full, sha256, file, true) };
    }

    private static TrainingRecord Training(JsonObject old) => new(
        [.. old["Epochs"]!.AsArray().Select(e => new EpochRecord(
            e!["Epoch"]!.GetValue<int>(), e["Loss"]!.GetValue<double>(), e["Accuracy"]!.GetValue<double>(),
            e["ValidationAccuracy"]!.GetValue<double>(), e["Seconds"]!.GetValue<double>())
        {
            Measured = e["Measured"].Deserialize<double[]>() ?? [],
        })])
    {
        Precision = old["Precision"].Deserialize<Precision?>(),
    };

    private static AgnResult Searched(JsonObject old) => new(
        old["Sigmas"].Deserialize<double[]>()!, old["History"].Deserialize<double[][]>()!, Training(old["Training"]!.AsObject()))
    {
        Biases = old["Biases"].Deserialize<double[]>() ?? [],
    };

    /// <summary>A stage, and what later stages inherit from it.</summary>
    private sealed record Old(
        Stage Stage, string Network, string Data, int Images, Signedness Scheme, bool Clipped, Stage? Teacher, Distillation Distillation)
    {
        // Keys ask for the number and the hash of the images, never for a pixel.
        public Experiment With(Recipe recipe)
        {
            var images = new ImageSet(new byte[Images], new byte[Images], 1, 1, 1);
            var data = new ImageDataset("migrated", [], images, images.Take(0), images.Take(0), new ChannelStatistics([0], [1]), Data);
            return new Experiment(data, recipe, MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Scheme), new StageStore("."));
        }
    }
}
