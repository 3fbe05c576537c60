using System.Text.Json.Nodes;

namespace ApproxNets.Benchmarks;

/// <summary>Writes the figures of campaigns as JSON, with machine, versions and commit.</summary>
internal static class CampaignReport
{
    /// <summary>What readers did with mutated files: one entry a reader.</summary>
    /// <param name="results">One a reader.</param>
    /// <param name="command">The command line.</param>
    public static IEnumerable<JsonObject> Inputs(IReadOnlyList<CampaignResult> results, string command) => results.Select(r => new JsonObject
    {
        ["name"] = r.Reader,
        ["command"] = command,
        ["has_sum"] = r.HasSum,
        ["inputs"] = r.Inputs,
        ["refused"] = r.Refused,
        ["accepted"] = r.Accepted,
        ["accepted_wrong"] = r.HasSum ? r.AcceptedWrong : null,
        ["unexpected_exceptions"] = r.Unexpected,
        ["slow"] = r.Slow,
        ["large"] = r.Large,
        ["slowest_cpu_seconds"] = BenchmarkReport.Rounded(r.SlowestSeconds),
        ["largest_megabytes"] = BenchmarkReport.Rounded(r.LargestBytes / 1e6),
        ["examples"] = Texts(r.Examples),
    });

    /// <summary>What killed programs came to: one entry a program.</summary>
    /// <param name="results">One a program.</param>
    /// <param name="command">The command line.</param>
    public static IEnumerable<JsonObject> Kills(IReadOnlyList<KillResult> results, string command) => results.Select(r => new JsonObject
    {
        ["name"] = r.Program,
        ["command"] = command,
        ["rounds"] = r.Rounds,
        ["kills"] = r.Kills,
        ["kills_at_moments"] = r.AtMoments,
        ["kills_at_file_operations"] = r.AtOperations,
        ["by_kill"] = r.BySignal[0],
        ["by_int"] = r.BySignal[1],
        ["by_term"] = r.BySignal[2],
        ["too_late"] = r.TooLate,
        ["file_operations"] = r.Operations,
        ["failed"] = r.Failed,
        ["different"] = r.Different,
        ["left_behind"] = r.LeftBehind,
        ["examples"] = Texts(r.Examples),
    });

    /// <summary>What programs did on full and read-only disks and beside others: one entry a program and fault.</summary>
    /// <param name="results">One a program and fault.</param>
    /// <param name="command">The command line.</param>
    public static IEnumerable<JsonObject> Faults(IReadOnlyList<FaultResult> results, string command) => results.Select(r => new JsonObject
    {
        ["name"] = r.Program,
        ["fault"] = r.Fault,
        ["command"] = command,
        ["trials"] = r.Trials,
        ["refused"] = r.Refused,
        ["completed"] = r.Completed,
        ["wrong"] = r.Wrong,
        ["examples"] = Texts(r.Examples),
    });

    /// <summary>How long running went.</summary>
    /// <param name="results">One a kind of work.</param>
    /// <param name="command">The command line.</param>
    public static IEnumerable<JsonObject> Steady(IReadOnlyList<SteadyResult> results, string command) => results.Select(r => new JsonObject
    {
        ["name"] = r.Work,
        ["command"] = command,
        ["steps"] = r.Steps,
        ["minutes"] = Math.Round(r.Time.TotalMinutes, 1),
        ["resident_megabytes_at_a_tenth"] = BenchmarkReport.Rounded(r.BytesAtTenth / 1e6),
        ["resident_megabytes_at_the_end"] = BenchmarkReport.Rounded(r.BytesAtEnd / 1e6),
        ["kilobytes_a_step"] = BenchmarkReport.Rounded(r.BytesPerStep / 1e3),
    });

    /// <summary>A section with machine, commit and sums. Entries of what was not tried this time stay, with the command and commit that they are of.</summary>
    /// <param name="kept">The section as it was; null for none.</param>
    /// <param name="list">Name of the list of entries.</param>
    /// <param name="entries">The new entries.</param>
    /// <param name="sums">Names of the counts to sum up.</param>
    public static JsonObject Section(JsonObject? kept, string list, IEnumerable<JsonObject> entries, IReadOnlyList<string> sums)
    {
        JsonObject json = BenchmarkReport.Machine(Environment.ProcessorCount);
        List<JsonObject> all = [.. entries];
        all.ForEach(entry => entry["commit"] = json["commit"]?.DeepClone());
        static (string?, string?) Key(JsonNode entry) => ((string?)entry["name"], (string?)entry["fault"]);
        all.AddRange((kept?[list] as JsonArray ?? []).Select(e => e!.DeepClone().AsObject()).Where(old => !all.Exists(e => Key(e) == Key(old))).ToList());
        foreach (string sum in sums)
        {
            json[sum] = all.Sum(entry => (int?)entry[sum] ?? 0);
        }

        json[list] = new JsonArray([.. all]);
        return json;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];
}
