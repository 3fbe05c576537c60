using System.CommandLine;
using System.Text.Json.Nodes;

namespace ApproxNets.Benchmarks;

/// <summary><c>campaign</c>: what is promised about faults, as figures.</summary>
internal static class CampaignCommand
{
    private const string Program = "dotnet run --project tests/ApproxNets.Benchmarks -c Release -- campaign";

    public static Command Create() => new("campaign", "Tries what is promised about faults. The exit code is 1 if anything is not so.")
    {
        Inputs(), Kills(), Faults(), Steady(),
    };

    private static Command Inputs()
    {
        var json = BenchCommand.JsonOption();
        var inputs = Number("--inputs", "Mutated inputs of each reader.", 1000);
        var seed = Number("--seed", "Seed of the mutations.", 1);
        var minutes = Number("--minutes", "Minutes after which a slow reader has had enough inputs.", 60);
        var filter = Filter("readers", "'circuit' or 'stage'");
        var command = new Command(
            "inputs", "Gives every reader of files mutated ones and counts exceptions of the wrong kind, slow ones, large ones, and wrong content "
            + "taken for right.")
        {
            json, inputs, seed, minutes, filter,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(RunInputs(
            parsed.GetValue(inputs), parsed.GetValue(seed), parsed.GetValue(minutes), parsed.GetValue(filter)!, parsed.GetValue(json)?.FullName, Console.Out, cancellation)));
        return command;
    }

    private static Command Kills()
    {
        var json = BenchCommand.JsonOption();
        var rounds = Number("--rounds", "Rounds of each program: three kills and a run to the end.", 30);
        var seed = Number("--seed", "Seed of the moments.", 1);
        var jobs = Number("--jobs", "Programs at the same time.", 1);
        var filter = Filter("programs", "'sweep' or 'import'");
        var command = new Command(
            "kills", "Kills training, sweep, notebook, import and evolution, at random moments and at operations on files, and compares what they come "
            + "to after all with an undisturbed run. Half an hour; Linux.")
        {
            json, rounds, seed, jobs, filter,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(RunKills(
            Programs(parsed.GetValue(filter)!), parsed.GetValue(rounds), parsed.GetValue(seed),
            parsed.GetValue(jobs), parsed.GetValue(json)?.FullName, Console.Out, cancellation)));
        return command;
    }

    private static Command Faults()
    {
        var json = BenchCommand.JsonOption();
        var pairs = Number("--pairs", "How often two run at once.", 10);
        var filter = Filter("programs", "'sweep' or 'import'");
        var command = new Command(
            "faults", "Runs the same programs on a full and a read-only disk (as superuser), and two at once in one folder. Ten minutes; Linux.")
        {
            json, pairs, filter,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(RunFaults(
            Programs(parsed.GetValue(filter)!), parsed.GetValue(pairs), parsed.GetValue(json)?.FullName, Console.Out, cancellation)));
        return command;
    }

    private static Command Steady()
    {
        var json = BenchCommand.JsonOption();
        var steps = Number("--steps", "Steps of training, and cells.", 4000);
        var command = new Command("steady", "Trains and executes cells for long, and compares memory after a tenth with that at the end. Minutes.") { json, steps };
        command.SetAction((parsed, cancellation) => Task.FromResult(
            RunSteady(parsed.GetValue(steps), parsed.GetValue(json)?.FullName, Console.Out, cancellation)));
        return command;
    }

    internal static int RunInputs(
        int inputs, int seed, int minutes, string filter, string? jsonFile, TextWriter output, CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("approxnets-campaign-").FullName;
        var results = new List<CampaignResult>();
        try
        {
            int code = BenchCommand.Measured(
                () =>
                {
                    foreach (var reader in CampaignReaders.Make(folder).Where(r => r.Name.Contains(filter, StringComparison.OrdinalIgnoreCase)))
                    {
                        try
                        {
                            results.Add(MutationCampaign.Run(reader, inputs, seed, cancellation, TimeSpan.FromMinutes(minutes)));
                            output.WriteLine(CampaignTable.Row(results[^1]));
                        }
                        catch (OperationCanceledException) when (results.Count > 0)
                        {
                            break; // what was tried before an interruption counts
                        }
                    }

                    string command = $"{Program} inputs --inputs {inputs} --seed {seed} --minutes {minutes}";
                    var (all, entries) = (Kept(jsonFile), CampaignReport.Inputs(results, command));
                    var report = CampaignReport.Section(
                        all, "readers", entries, ["inputs", "unexpected_exceptions", "slow", "large", "accepted_wrong"]);
                    report["mutated_inputs"] = report["inputs"]!.DeepClone();
                    report.Remove("inputs");
                    report["command"] = command;
                    report["seed"] = seed;
                    report["most_cpu_seconds"] = MutationCampaign.LongestSeconds;
                    report["most_allocated_bytes"] = MutationCampaign.MostBytes;
                    foreach (string section in (string[])["kills", "faults", "steady"])
                    {
                        report[section] = all[section]?.DeepClone();
                    }

                    return (report, CampaignTable.Summary(results));
                },
                jsonFile, output);
            return code == 0 && !results.TrueForAll(result => result.IsSound) ? 1 : code;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal static int RunSteady(int steps, string? jsonFile, TextWriter output, CancellationToken cancellation) => BenchCommand.Measured(
        () =>
        {
            var results = new List<SteadyResult>();
            foreach (var result in SteadyCampaign.Run(steps, cancellation))
            {
                results.Add(result);
                output.WriteLine(result);
            }

            return (Section("steady", CampaignReport.Steady(results, $"{Program} steady --steps {steps}"), jsonFile), null);
        },
        jsonFile, output);

    internal static int RunKills(
        IReadOnlyList<CampaignProgram> programs, int rounds, int seed, int jobs, string? jsonFile, TextWriter output, CancellationToken cancellation)
    {
        var results = new List<KillResult>();
        int code = BenchCommand.Measured(
            () =>
            {
                // What was tried before an interruption counts.
                Parallel.ForEach(programs, new ParallelOptions { MaxDegreeOfParallelism = jobs }, program =>
                {
                    var result = KillCampaign.Run(program, rounds, seed, output.WriteLine, cancellation);
                    lock (results)
                    {
                        results.Add(result);
                    }

                    output.WriteLine(CampaignTable.Row(result));
                });
                return (Section("kills", CampaignReport.Kills([.. results.OrderBy(r => r.Program)], $"{Program} kills --rounds {rounds} --seed {seed}"), jsonFile,
                    "rounds", "kills", "failed", "different", "left_behind"), CampaignTable.Summary(results));
            },
            jsonFile, output);
        return code == 0 && !results.TrueForAll(result => result.IsSound) ? 1 : code;
    }

    internal static int RunFaults(IReadOnlyList<CampaignProgram> programs, int pairs, string? jsonFile, TextWriter output, CancellationToken cancellation)
    {
        var results = new List<FaultResult>();
        int code = BenchCommand.Measured(
            () =>
            {
                foreach (var result in programs.SelectMany(program => FaultCampaign.Run(program, pairs, cancellation)))
                {
                    results.Add(result);
                    output.WriteLine(CampaignTable.Row(result));
                }

                return (Section("faults", CampaignReport.Faults(results, $"{Program} faults --pairs {pairs}"), jsonFile, "trials", "wrong"), null);
            },
            jsonFile, output);
        return code == 0 && results.Exists(result => result.Wrong > 0) ? 1 : code;
    }

    /// <summary>The file with one section new: campaigns are run one by one.</summary>
    private static JsonObject Section(string name, IEnumerable<JsonObject> entries, string? jsonFile, params IReadOnlyList<string> sums)
    {
        var all = Kept(jsonFile);
        all[name] = CampaignReport.Section(all[name] as JsonObject, "programs", entries, sums);
        return all;
    }

    private static JsonObject Kept(string? jsonFile) => jsonFile is not null && File.Exists(jsonFile) ? JsonNode.Parse(File.ReadAllText(jsonFile))!.AsObject() : [];

    private static IReadOnlyList<CampaignProgram> Programs(string filter) =>
        [.. CampaignProgram.All().Where(program => program.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))];

    private static Option<string> Filter(string of, string examples) => new("--filter")
    {
        Description = $"Only {of} whose name contains TEXT, like {examples}.",
        HelpName = "TEXT",
        DefaultValueFactory = _ => "",
    };

    private static Option<int> Number(string name, string description, int standard)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !(int.TryParse(text, out int number) && number >= 1))
            {
                result.AddError($"{name}: found '{text}', expected a number >= 1.");
            }
        });
        return option;
    }
}
