using System.Diagnostics;
using System.Text.Json.Nodes;
using ApproxNets.Cli;
using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Sweeps;
using ApproxNets.Experiments;
using Xunit;

namespace ApproxNets.Tests.Cli.Sweeps;

public sealed class SweepTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void A_grid_is_every_combination_and_the_order_of_options_does_not_matter()
    {
        var jobs = Read("""
            { "jobs": [ // two rewards, two seeds
                { "command": "compare", "options": { "profile": "smoke", "network": "lenet5", "tuned": true, "retrain": false },
                  "grid": { "lambda": [0.5, 2], "seed": [1, 2] } },
                { "command": "compare", "options": { "tuned": true, "network": "lenet5", "seed": 2, "profile": "smoke", "lambda": 2 } } ] }
            """);
        Assert.Equal(
            ["--lambda 0.5 --seed 1", "--lambda 0.5 --seed 2", "--lambda 2 --seed 1", "--lambda 2 --seed 2"],
            jobs.Select(j => string.Join(' ', j.Line).Replace("compare --profile smoke --network lenet5 --tuned ", "", StringComparison.Ordinal)));
        Assert.Equal(4, jobs.Select(j => j.Id).Distinct().Count()); // the second block is the last job again
    }

    [Theory]
    [InlineData("compare", "library", "built-in", "shipped")]
    [InlineData("compare", "profile", "smoke", "quick")]
    [InlineData("points", "epochs", "1", "2")]
    public void What_decides_a_result_is_in_the_id(string command, string option, string one, string other)
    {
        string Id(string value) => Read(
            $$"""{ "jobs": [ { "command": "{{command}}", "options": { "network": "lenet5", "{{option}}": "{{value}}" } } ] }""").Single().Id;
        Assert.NotEqual(Id(one), Id(other));
        Assert.Equal(Id(one), Id(one));
    }

    [Theory]
    [InlineData("compare", """ "lambda": 0.5 """, """ "lambda": [0.50] """)]
    [InlineData("compare", """ "retraining": 3 """, """ "retraining": "3", "profile": "quick", "retrain": false """)]
    [InlineData("points", """ "multipliers": 4 """, """ "seed": 1 """)]
    public void How_an_option_is_written_and_whether_a_default_is_named_are_not(string command, string one, string other)
    {
        string Id(string options) => Read($$"""{ "jobs": [ { "command": "{{command}}", "options": { "network": "lenet5", {{options}} } } ] }""").Single().Id;
        Assert.Equal(Id(one), Id(other));
    }

    [Theory]
    [InlineData("[]", "no list of jobs")]
    [InlineData("""{ "jobs": [] }""", "no list of jobs")]
    [InlineData("""{ "jobs": [ { "command": "compare", "grids": {} } ] }""", "grids")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": { "lambada": 1 } } ] }""", "lambada")]
    [InlineData("""{ "jobs": [ { "command": "doctor" } ] }""", "not a command of experiments")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": { "seed": [1, 2] } } ] }""", "several networks or seeds")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": { "network": "lenet7" } } ] }""", "lenet7")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": { "library": "nowhere" } } ] }""", "nowhere")]
    [InlineData("""{ "jobs": [ { "command": "compare", "grid": { "seed": 1 } } ] }""", "seed")]
    [InlineData("{", "sweep.json")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": ["tuned"] } ] }""", "as options of a block")]
    [InlineData("""{ "jobs": [ { "command": "compare", "grid": "seed" } ] }""", "as grid of a block")]
    [InlineData("""{ "jobs": [ { "command": "compare", "grid": { "seed": [] } } ] }""", "'seed'")]
    [InlineData("""{ "jobs": [ { "command": "compare", "grid": { "seed": [null] } } ] }""", "null for 'seed'")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": { "method": ["agn", null] } } ] }""", "for 'method'")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": { "method": [["agn"]] } } ] }""", "for 'method'")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": { "lambda": { "of": 1 } } } ] }""", "for 'lambda'")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": { "lambda": 1 }, "grid": { "lambda": [1, 2] } } ] }""", "both in the options and in the grid")]
    [InlineData("""{ "jobs": [ { "command": "compare", "options": { "seed": 1, "seed": 2 } } ] }""", "seed")]
    [InlineData("""{ "jobs": [ { "command": null } ] }""", "expected command")]
    public void A_manifest_that_is_none_is_one_clear_error(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Workers_share_jobs_and_none_is_run_twice()
    {
        var jobs = Jobs(60);
        var folder = Folder("shared");
        var runs = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 4, _ => Worker(folder, job =>
        {
            runs.Add(job.Id);
            return ResultOf(job);
        }).Work(jobs));
        Assert.Equal(jobs.Select(j => j.Id).Order(), runs.Order());
        Worker(folder, _ => throw new InvalidOperationException("run twice")).Work(jobs);
        Assert.Empty(folder.Ids("failed"));
        Assert.Empty(folder.Ids("claimed"));
    }

    [Fact]
    public void A_failed_job_says_why_is_left_alone_and_is_run_again_on_request()
    {
        var jobs = Jobs(3);
        var folder = Folder("failing");
        bool broken = true;
        JsonObject Run(SweepJob job) => broken && job == jobs[1] ? throw new ArgumentException("no such layer") : ResultOf(job);
        Worker(folder, Run).Work(jobs);
        Assert.Equal("ArgumentException: no such layer", folder.Error(jobs[1].Id));
        broken = false;
        Worker(folder, Run).Work(jobs);
        Assert.False(folder.IsDone(jobs[1]));
        folder.Forgive(jobs);
        Worker(folder, Run).Work(jobs);
        Assert.True(jobs.All(folder.IsDone));
        Assert.False(folder.HasFailed(jobs[1]));
    }

    [Fact]
    public void A_job_that_needs_a_busy_stage_lets_others_go_first()
    {
        var jobs = Jobs(3);
        var order = new List<string>();
        Worker(Folder("busy"), job =>
        {
            if (order.Count < 2 && job == jobs[0])
            {
                throw new StageBusyException("the baseline");
            }

            order.Add(job.Id);
            return ResultOf(job);
        }).Work(jobs);
        Assert.Equal(jobs[0].Id, order[^1]);
        Assert.Equal(3, order.Count);
    }

    [Fact]
    public void A_stopped_job_is_free_for_others()
    {
        var jobs = Jobs(2);
        var folder = Folder("stopped");
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => new SweepWorker(folder, _ =>
        {
            stop.Cancel();
            throw new OperationCanceledException(stop.Token);
        }, _ => { }, stop.Token).Work(jobs));
        Assert.Empty(folder.Ids("claimed"));
        Worker(folder, ResultOf).Work(jobs);
        Assert.True(jobs.All(folder.IsDone));
    }

    [Fact]
    public void A_job_whose_own_wait_was_cancelled_has_failed_and_the_others_go_on()
    {
        var jobs = Jobs(2);
        var folder = Folder("cancelled");
        Worker(folder, job => job == jobs[0] ? throw new TaskCanceledException("a download took too long") : ResultOf(job)).Work(jobs);
        Assert.True(folder.HasFailed(jobs[0]));
        Assert.True(folder.IsDone(jobs[1]));
    }

    [Fact]
    public void A_job_is_running_while_its_lease_is_written_to()
    {
        var jobs = Jobs(3);
        var folder = Folder("running");
        using var first = folder.TryTake(jobs[0]);
        using var second = folder.TryTake(jobs[1]);
        using var third = folder.TryTake(jobs[2]);
        folder.Finish(jobs[1], ResultOf(jobs[1])); // killed before it gave the lease back
        File.SetLastWriteTimeUtc(Path.Combine(folder.Path, "claimed", jobs[2].Id + ".lease"), DateTime.UtcNow.AddMinutes(-5));
        Assert.Equal([jobs[0].Id], folder.Running());
    }

    [Fact]
    public void A_failure_that_is_damaged_or_gone_does_not_end_the_status()
    {
        var jobs = Jobs(1);
        var folder = Folder("failures");
        folder.Fail(jobs[0], "no such layer");
        File.WriteAllText(Path.Combine(folder.Path, "failed", jobs[0].Id + ".json"), "{");
        Assert.Contains("unknown", folder.Error(jobs[0].Id), StringComparison.Ordinal);
        folder.Forgive(jobs);
        Assert.Contains("unknown", folder.Error(jobs[0].Id), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_no_sweep_has_nothing_to_merge() =>
        Assert.Contains("nowhere", Assert.Throws<UsageException>(() => Folder("here").Merge(Folder("nowhere"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Folders_of_two_machines_merge_to_the_table_of_one()
    {
        var jobs = Jobs(6);
        var (all, even, odd) = (Folder("all"), Folder("even"), Folder("odd"));
        Worker(all, ResultOf).Work(jobs);
        Worker(odd, ResultOf).Work([.. jobs.Where((_, i) => i % 2 == 1).Reverse()]);
        Worker(even, ResultOf).Work([.. jobs.Where((_, i) => i % 2 == 0)]);
        Assert.Equal(3, even.Merge(odd));
        Assert.Equal(0, even.Merge(odd));
        string[] files = [.. SweepTable.Write(all, jobs).Select(Path.GetFileName).OfType<string>()];
        Assert.Equal(["table.csv", "table.json", "front.svg"], files);
        SweepTable.Write(even, jobs.Where(even.IsDone));
        Assert.Equal(File.ReadAllText(Path.Combine(all.Path, "table.csv")), File.ReadAllText(Path.Combine(even.Path, "table.csv")));
        string[] lines = File.ReadAllLines(Path.Combine(all.Path, "table.csv"));
        Assert.Equal("job,network,seed,method,savings,top1,multipliers", lines[0]); // no seconds, no machine
        Assert.Equal(1 + (2 * jobs.Count), lines.Length);
        Assert.Equal($"{jobs[0].Id},lenet5,1,agn,0.5,90.25,\"a b,c\"", lines[1]);
        var row = JsonNode.Parse(File.ReadAllText(Path.Combine(all.Path, "table.json")))![0]!;
        Assert.Equal("abc", row["provenance"]!["commit"]!.GetValue<string>());
        Assert.Equal(3.5, row["provenance"]!["search_seconds"]!.GetValue<double>());
    }

    [Fact]
    public void A_damaged_result_is_named()
    {
        var jobs = Jobs(1);
        var folder = Folder("damaged");
        Worker(folder, ResultOf).Work(jobs);
        string file = Path.Combine(folder.Path, "done", jobs[0].Id + ".json");
        File.WriteAllText(file, File.ReadAllText(file).Replace(jobs[0].Id, "0123456789abcdef", StringComparison.Ordinal));
        Assert.Contains(file, Assert.Throws<InvalidDataException>(() => folder.Result(jobs[0])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processes_run_a_manifest_and_its_table_is_collected()
    {
        string file = Write("""
            { "jobs": [ { "command": "compare", "options": { "profile": "smoke", "network": "lenet5", "method": "agn", "lambda": 1, "without-retraining": true },
                          "grid": { "seed": [1, 2] } } ] }
            """), folder = Path.Combine(_temporary.Path, "work");
        Assert.Equal(0, await Invoke("sweep", file, "--folder", folder, "--dry-run"));
        Assert.False(Directory.Exists(folder));
        Assert.Equal(2, await Invoke("sweep", "collect", file, "--folder", folder));
        Assert.Equal(0, await Invoke("sweep", file, "--folder", folder));
        Assert.Equal(0, await Invoke("sweep", "status", file, "--folder", folder));
        Assert.Equal(0, await Invoke("sweep", "collect", file, "--folder", folder));
        Assert.Equal(3, File.ReadAllLines(Path.Combine(folder, "table.csv")).Length);
        Assert.Equal(2, await Invoke("sweep", file, "--jobs", "0"));
        Assert.Equal(2, await Invoke("sweep", "collect", file, "--folder", folder, "--from", folder + "x"));
        Assert.Equal(2, await Invoke("sweep", file, "--folder", file)); // a file, no folder
        Assert.Equal(2, await Invoke("sweep", file, "--folder", file, "--slurm"));
        Assert.Equal(2, await Invoke("sweep", file + "x"));
    }

    [Fact]
    public void The_script_of_the_pilots_quotes_its_words_and_asks_for_a_signal_in_time()
    {
        string[] lines = SlurmScript.Text("study", 7, 2, "short", "01:00:00", "/x/pilot-%A-%a.log", ["/a b/approxnets", "it's.json"]).Split('\n');
        Assert.StartsWith("#!", lines[0], StringComparison.Ordinal);
        Assert.Contains("#SBATCH --job-name=\"study\"", lines);
        foreach (string expected in new[]
        {
            "#SBATCH --array=1-7", "#SBATCH --cpus-per-task=2", "#SBATCH --requeue", "#SBATCH --signal=B:USR1@120", "#SBATCH --partition=short",
            "#SBATCH --time=01:00:00", "'/a b/approxnets' 'it'\\''s.json' &",
        })
        {
            Assert.Contains(expected, lines);
        }

        Assert.Contains(lines, line => line.StartsWith("export ", StringComparison.Ordinal) && line.Contains("OMP_NUM_THREADS=2", StringComparison.Ordinal));
        Assert.DoesNotContain(SlurmScript.Text("study", 1, 1, null, null, "log", ["a"]).Split('\n'), line => line.Contains("--partition", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("USR1", 130, "requeue 5_2\n")] // the limit is near
    [InlineData("TERM", 130, "")] // cancelled by its user
    [InlineData("USR1", 1, "")] // it was at its end, and a job has failed
    public void A_pilot_queues_again_at_its_limit_only(string signal, int code, string expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Slurm's nodes run Linux.");
        string begun = Path.Combine(_temporary.Path, "begun"), requeued = Path.Combine(_temporary.Path, "requeued");
        string work = $"trap 'exit {code}' TERM; touch {begun}; while :; do sleep 0.05; done";
        string script = SlurmScript.Text("study", 1, 1, null, null, "log", ["/bin/bash", "-c", work]);
        var start = new ProcessStartInfo("/bin/bash", ["-c", $"scontrol() {{ echo \"$@\" >> {requeued}; }}\nSLURM_ARRAY_JOB_ID=5 SLURM_ARRAY_TASK_ID=2\n{script}"]);
        using var pilot = Process.Start(start)!;
        Assert.True(SpinWait.SpinUntil(() => File.Exists(begun), TimeSpan.FromMinutes(1)));
        using (var kill = Process.Start("/bin/bash", ["-c", $"kill -{signal} {pilot.Id}"]))
        {
            kill.WaitForExit();
        }

        pilot.WaitForExit();
        Assert.Equal(code, pilot.ExitCode);
        Assert.Equal(expected, File.Exists(requeued) ? File.ReadAllText(requeued) : "");
    }

    private static Task<int> Invoke(params string[] line) => CommandLine.InvokeAsync(CommandLine.Root(), line);

    private static SweepWorker Worker(SweepFolder folder, Func<SweepJob, JsonObject> run) => new(folder, run, _ => { }, CancellationToken.None);

    private static List<SweepJob> Jobs(int count) => [.. Enumerable.Range(1, count).Select(i => new SweepJob($"{i:x16}", ["compare", "--seed", $"{i}"]))];

    private static JsonObject ResultOf(SweepJob job)
    {
        JsonObject Point(string method, double savings) => new()
        {
            ["method"] = method,
            ["savings"] = savings,
            ["top1"] = 90.25,
            ["search_seconds"] = 3.5,
            ["multipliers"] = new JsonArray("a", "b,c"),
        };
        return new()
        {
            ["network"] = "lenet5",
            ["seed"] = int.Parse(job.Line[2], System.Globalization.CultureInfo.InvariantCulture),
            ["commit"] = "abc",
            ["points"] = new JsonArray(Point("agn", 0.5), Point("uniform", 0.25)),
            ["provenance"] = new JsonObject { ["cpu"] = "x" },
        };
    }

    private SweepFolder Folder(string name) => new(Path.Combine(_temporary.Path, name));

    private string Write(string text)
    {
        string file = Path.Combine(_temporary.Path, "sweep.json");
        File.WriteAllText(file, text);
        return file;
    }

    private IReadOnlyList<SweepJob> Read(string text) => SweepFile.Read(Write(text), new ExperimentParts());
}
