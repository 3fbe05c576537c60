using System.Text.Json;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Commands;
using ApproxNets.Experiments;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Sweeps;

/// <summary>
/// A manifest of many runs: blocks of a command, options that all of its jobs share, and a grid of options of which every combination is a job.
/// <code>{ "jobs": [ { "command": "compare", "options": { "profile": "full", "tuned": true }, "grid": { "seed": [1, 2], "lambda": [1.5, 3] } } ] }</code>
/// </summary>
internal static class SweepFile
{
    private static readonly JsonDocumentOptions Format = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads the jobs of a manifest, in its order; two that would give the same result are one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parts">Images and multipliers that the jobs' ids depend on.</param>
    /// <exception cref="UsageException">The file is none, or a job names something unknown.</exception>
    public static IReadOnlyList<SweepJob> Read(string path, ExperimentParts parts)
    {
        try
        {
            return [.. Blocks(path).SelectMany(b => Expand(path, b)).Select(args => JobOf(args, parts)).DistinctBy(job => job.Id)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException or ArgumentException or InvalidDataException)
        {
            throw new UsageException(e.Message.Contains(path, StringComparison.Ordinal) ? e.Message : $"'{path}': {e.Message}");
        }
    }

    private static IEnumerable<JsonObject> Blocks(string path)
    {
        var top = JsonNode.Parse(File.ReadAllText(path), documentOptions: Format) as JsonObject;
        return top is not null && top["jobs"] is JsonArray { Count: > 0 } jobs && top.Count == 1 && jobs.All(b => b is JsonObject)
            ? jobs.Select(b => b!.AsObject())
            : throw new UsageException($"'{path}': found no list of jobs, expected {{ \"jobs\": [ {{ \"command\": ..., \"options\": {{...}}, \"grid\": {{...}} }}, ... ] }}.");
    }

    /// <summary>The command lines of a block: every combination of the grid, the last option changing fastest.</summary>
    private static IEnumerable<string[]> Expand(string path, JsonObject block)
    {
        string[] unknown = [.. block.Select(p => p.Key).Except(["command", "options", "grid"])];
        if (unknown.Length > 0 || block["command"] is null)
        {
            throw new UsageException($"'{path}': found a block with {string.Join(", ", block.Select(p => p.Key))}, expected command, options and grid.");
        }

        var (options, grid) = (Part(path, block, "options"), Part(path, block, "grid"));
        if (options.Select(p => p.Key).Intersect(grid.Select(p => p.Key)).FirstOrDefault() is { } twice)
        {
            throw new UsageException($"'{path}': found '{twice}' both in the options and in the grid of a block, expected it in one of them.");
        }

        IEnumerable<IEnumerable<string>> lines = [[block["command"]!.GetValue<string>(), .. options.SelectMany(p => Words(p.Key, p.Value))]];
        foreach (var (name, values) in grid)
        {
            var list = values is JsonArray { Count: > 0 } some
                ? some : throw new UsageException($"'{path}': found no list of values of '{name}' in a grid, expected one.");
            lines = lines.SelectMany(line => list.Select(value => line.Concat(Words(name, value))));
        }

        return lines.Select(line => line.ToArray());
    }

    private static JsonObject Part(string path, JsonObject block, string name) => block[name] switch
    {
        null => [],
        JsonObject part => part,
        var other => throw new UsageException($"'{path}': found {other.ToJsonString()} as {name} of a block, expected an object of names and values."),
    };

    private static IEnumerable<string> Words(string name, JsonNode? value) => value switch
    {
        JsonArray list when list.All(v => v is JsonValue) => [$"--{name}", .. list.Select(v => v!.ToString())],
        JsonValue flag when flag.GetValueKind() is JsonValueKind.True => [$"--{name}"],
        JsonValue flag when flag.GetValueKind() is JsonValueKind.False => [],
        JsonValue single => [$"--{name}", single.ToString()],
        _ => throw new UsageException($"Sweep: found {value?.ToJsonString() ?? "null"} for '{name}', expected a value or a list of values."),
    };

    private static SweepJob JobOf(string[] line, ExperimentParts parts)
    {
        var parsed = CommandLine.Root().Parse(line);
        if (parsed.Errors.Count > 0 || parsed.CommandResult.Command is not ExperimentCommand command)
        {
            throw new UsageException(
                $"Sweep: found the job '{string.Join(' ', line)}' ({(parsed.Errors.Count > 0 ? parsed.Errors[0].Message : "not a command of experiments")}), "
                + "expected options of compare or points without their dashes.");
        }

        var experiment = command.Open(parsed, parts, null, CancellationToken.None);
        var id = new Fingerprint("sweep job", 2).Add("command", command.Name).Add("algorithms", Experiment.Algorithms);

        // Values and not words: how a number is written, in what order, and whether a default is named does not matter, but what the default is.
        foreach (var option in command.Options)
        {
            id.Add(option.Name, JsonSerializer.Serialize(parsed.GetValue<object>(option.Name)));
        }

        id.Add("data", experiment.Data.Sha256).Add("library", experiment.Library.Sha256).Add("recipe", Fingerprint.Sha256Of(JsonSerializer.Serialize(experiment.Recipe)));
        return new(id.Sha256[..16], line);
    }
}

/// <summary>One run of a sweep.</summary>
/// <param name="Id">Hash of all that decides its result: command, options, settings behind them, versions of algorithms, data and multipliers.</param>
/// <param name="Line">The command line.</param>
internal sealed record SweepJob(string Id, IReadOnlyList<string> Line)
{
    public override string ToString() => $"{Id} {string.Join(' ', Line)}";
}
