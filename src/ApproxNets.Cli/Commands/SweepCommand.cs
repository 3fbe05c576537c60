using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Running;
using ApproxNets.Cli.Sweeps;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets sweep</c>: many runs of compare and points as one command, by several processes and machines.</summary>
internal static class SweepCommand
{
    private static readonly TimeSpan RateWindow = TimeSpan.FromMinutes(30);

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Manifest: { \"jobs\": [ { \"command\": ..., \"options\": {...}, \"grid\": {...} } ] }." };
        var folder = new Option<string?>("--folder") { Description = "Where results are kept, shared by all who work on the sweep; artifacts/sweeps/NAME if left out." };
        var dry = new Option<bool>("--dry-run") { Description = "Lists the jobs and what is known of each." };
        var workers = new Option<int>("--jobs") { Description = "Processes on this machine.", DefaultValueFactory = _ => 1 };
        var threads = new Option<int>("--threads") { Description = "Threads of each process; 0 divides those of the machine." };
        var retry = new Option<bool>("--retry") { Description = "Runs failed jobs again." };
        var worker = new Option<bool>("--worker") { Description = "One process of several: stops when its input ends.", Hidden = true };
        var slurm = new Option<bool>("--slurm") { Description = "Submits pilots to Slurm in place of running here." };
        var pilots = new Option<int>("--pilots") { Description = "Pilots of Slurm at most.", DefaultValueFactory = _ => 100 };
        var partition = new Option<string?>("--partition") { Description = "Partition of Slurm." };
        var time = new Option<string?>("--time") { Description = "Time limit of a pilot, as Slurm writes it." };
        var from = ExperimentCommand.Values<string>("--from", "Folders of the sweep on other machines, whose results are taken first.", []);
        var status = new Command("status", "Counts jobs, says how fast they are finished and when all will be.") { file, folder };
        var collect = new Command("collect", "Writes one table of all finished jobs, and a chart.") { file, folder, from };
        var command = new Command("sweep", "Runs every job of a manifest that is not finished yet.")
        {
            file, folder, dry, workers, threads, retry, worker, slurm, pilots, partition, time, status, collect,
        };
        int With(ParseResult parsed, Func<Sweep, int> work)
        {
            var sweep = new Sweep(parsed.GetValue(file)!, parsed.GetValue(folder));
            try
            {
                return work(sweep);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
                throw new UsageException(e.Message.Contains(sweep.Folder.Path, StringComparison.Ordinal) ? e.Message : $"'{sweep.Folder.Path}': {e.Message}");
            }
        }

        status.SetAction(parsed => With(parsed, sweep => sweep.Status(Console.WriteLine)));
        collect.SetAction(parsed => With(parsed, sweep => sweep.Collect(parsed.GetValue(from)!, Console.WriteLine)));
        command.SetAction((parsed, _) => Task.FromResult(With(parsed, sweep =>
        {
            int count = parsed.GetValue(workers), each = parsed.GetValue(threads);
            if (count < 1 || each < 0 || parsed.GetValue(pilots) < 1)
            {
                throw new UsageException($"sweep: found {count} processes of {each} threads and {parsed.GetValue(pilots)} pilots, expected at least one process and pilot.");
            }

            if (parsed.GetValue(dry))
            {
                return sweep.List(Console.WriteLine);
            }

            if (parsed.GetValue(retry))
            {
                sweep.Folder.Forgive(sweep.Jobs);
            }

            return parsed.GetValue(slurm)
                ? sweep.Submit(parsed.GetValue(pilots), Math.Max(1, each), parsed.GetValue(partition), parsed.GetValue(time), Console.WriteLine)
                : count > 1 || each > 0
                    ? sweep.RunWorkers(count, each > 0 ? each : Math.Max(1, Environment.ProcessorCount / count))
                    : sweep.RunHere(parsed.GetValue(worker));
        })));
        return command;
    }

    /// <summary>A manifest and the folder of its results.</summary>
    private sealed class Sweep
    {
        private readonly string _file;
        private readonly ExperimentParts _parts = new();

        public Sweep(string file, string? folder)
        {
            _file = Path.GetFullPath(file);
            Jobs = SweepFile.Read(file, _parts);
            Folder = new(Path.GetFullPath(folder ?? Path.Combine(RepositoryFolder.OfWork(), "artifacts", "sweeps", Path.GetFileNameWithoutExtension(file))));
        }

        public IReadOnlyList<SweepJob> Jobs { get; }

        public SweepFolder Folder { get; }

        public int List(Action<string> say)
        {
            var (done, failed, running) = (Folder.Ids("done"), Folder.Ids("failed"), Folder.Running());
            foreach (var job in Jobs)
            {
                say($"{(done.Contains(job.Id) ? "done" : failed.Contains(job.Id) ? "failed" : running.Contains(job.Id) ? "running" : "open"),-8}{job}");
            }

            say($"{Jobs.Count} jobs, {Jobs.Count(j => !done.Contains(j.Id))} not done. Nothing was run.");
            return CommandLine.Success;
        }

        public int Status(Action<string> say)
        {
            var (done, failed, claimed) = (Folder.Ids("done"), Folder.Ids("failed"), Folder.Running());
            failed.ExceptWith(done);
            int finished = Jobs.Count(j => done.Contains(j.Id)), broken = Jobs.Count(j => failed.Contains(j.Id)), running = Jobs.Count(j => claimed.Contains(j.Id));
            int open = Jobs.Count - finished - broken;
            var recent = Folder.Finished().Where(t => DateTime.UtcNow - t < RateWindow).Order().ToList();
            double perHour = recent.Count > 1 ? (recent.Count - 1) / Math.Max(1e-3, (DateTime.UtcNow - recent[0]).TotalHours) : 0;
            say(Text($"{finished} of {Jobs.Count} jobs done, {running} running, {open - running} open, {broken} failed"));
            say(perHour > 0
                ? Text($"{perHour:F1} jobs an hour in the last {RateWindow.TotalMinutes:F0} minutes, {TimeSpan.FromHours(open / perHour):d\\.hh\\:mm\\:ss} left")
                : Text($"fewer than two jobs were finished in the last {RateWindow.TotalMinutes:F0} minutes"));
            foreach (var job in Jobs.Where(j => failed.Contains(j.Id)))
            {
                say($"failed: {job}: {Folder.Error(job.Id)}");
            }

            return CommandLine.Success;
        }

        public int Collect(IEnumerable<string> others, Action<string> say)
        {
            foreach (string other in others)
            {
                say($"{Folder.Merge(new SweepFolder(other))} results taken from '{other}'");
            }

            var done = Jobs.Where(Folder.IsDone).ToList();
            if (done.Count == 0)
            {
                throw new UsageException($"'{Folder.Path}': found none of {Jobs.Count} jobs finished, expected some.");
            }

            foreach (string written in SweepTable.Write(Folder, done))
            {
                say($"Written: {written}");
            }

            say($"{done.Count} of {Jobs.Count} jobs");
            return CommandLine.Success;
        }

        /// <summary>Runs the open jobs in this process.</summary>
        public int RunHere(bool isOneOfSeveral)
        {
            var terminal = Terminal.ForProcess();
            using var interruption = new Interruption(terminal.WriteLine);
            using var parent = new CancellationTokenSource();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(interruption.Token, parent.Token);
            if (isOneOfSeveral && Console.IsInputRedirected)
            {
                // The end of the input is the end of the process that began this one, or its wish to stop.
                new Thread(() =>
                {
                    while (Console.In.Read() >= 0)
                    {
                    }

                    parent.Cancel();
                })
                { IsBackground = true }.Start();
            }

            try
            {
                new SweepWorker(Folder, job => Run(job, stop.Token), terminal.WriteLine, stop.Token).Work(Jobs);
            }
            catch (OperationCanceledException)
            {
                return Stopped(terminal);
            }

            return isOneOfSeveral ? CommandLine.Success : End(terminal);
        }

        /// <summary>Runs the open jobs in several processes.</summary>
        public int RunWorkers(int count, int threads)
        {
            var terminal = Terminal.ForProcess();
            using var interruption = new Interruption(terminal.WriteLine);
            var processes = Enumerable.Range(0, count).Select(_ => Begin(threads, terminal)).ToList();
            using (interruption.Token.Register(() => processes.ForEach(p => p.StandardInput.Close())))
            {
                processes.ForEach(p => p.WaitForExit());
            }

            if (interruption.Token.IsCancellationRequested)
            {
                return Stopped(terminal);
            }

            foreach (var process in processes.Where(p => p.ExitCode != 0))
            {
                terminal.WriteLine($"A process ended with exit code {process.ExitCode}; what it left undone is open.");
            }

            return End(terminal);
        }

        /// <summary>Writes the script of the pilots and submits it.</summary>
        public int Submit(int pilots, int threads, string? partition, string? time, Action<string> say)
        {
            var settled = Folder.Ids("done").Union(Folder.Ids("failed")).ToHashSet();
            int open = Jobs.Count(j => !settled.Contains(j.Id));
            if (open == 0)
            {
                say("Nothing to submit: every job is done or has failed.");
                return CommandLine.Success;
            }

            string script = Path.Combine(Folder.Path, "pilots.sh");
            Directory.CreateDirectory(Folder.Path);
            AtomicFile.WriteText(script, SlurmScript.Text(
                Path.GetFileNameWithoutExtension(_file), Math.Min(pilots, open), threads, partition, time, Path.Combine(Folder.Path, "pilot-%A-%a.log"), Worker()));
            say(SlurmScript.Submit(script));
            say($"{Math.Min(pilots, open)} pilots for {open} jobs; approxnets sweep status {_file} counts them.");
            return CommandLine.Success;
        }

        private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

        private JsonObject Run(SweepJob job, CancellationToken cancellation)
        {
            var parsed = CommandLine.Root().Parse([.. job.Line]);
            var command = (ExperimentCommand)parsed.CommandResult.Command;
            return command.Collect(parsed, command.Open(parsed, _parts, null, cancellation));
        }

        private static int Stopped(Terminal terminal)
        {
            terminal.WriteLine("Stopped. What is finished is kept: the same command goes on from there.");
            return CommandLine.Cancelled;
        }

        private int End(Terminal terminal)
        {
            Status(terminal.WriteLine);
            return Jobs.All(Folder.IsDone) ? CommandLine.Success : CommandLine.Failure;
        }

        /// <summary>The command line of one worker of this sweep.</summary>
        private List<string> Worker()
        {
            string program = Environment.ProcessPath!;
            List<string> line = [program, "sweep", _file, "--folder", Folder.Path];
            if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            {
                line.Insert(1, typeof(SweepCommand).Assembly.Location);
            }

            return line;
        }

        private Process Begin(int threads, Terminal terminal)
        {
            var line = Worker();
            var start = new ProcessStartInfo(line[0], line.Skip(1).Append("--worker")) { RedirectStandardInput = true, RedirectStandardOutput = true };
            foreach (var (name, value) in SlurmScript.Threads(threads))
            {
                start.Environment[name] = value;
            }

            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, e) =>
            {
                if (e.Data is { } text)
                {
                    terminal.WriteLine(text);
                }
            };
            process.BeginOutputReadLine();
            return process;
        }
    }
}
