using ApproxNets.Foundation;
using static ApproxNets.Benchmarks.CampaignProcess;

namespace ApproxNets.Benchmarks;

/// <summary>What a program did that was killed and started again.</summary>
/// <param name="Program">What was done.</param>
/// <param name="Rounds">How often it was killed three times, the second and third time while it recovered, and then run to its end.</param>
/// <param name="AtMoments">Kills at random moments.</param>
/// <param name="AtOperations">Kills right after a certain operation on files was seen.</param>
/// <param name="BySignal">Kills by KILL, INT and TERM.</param>
/// <param name="TooLate">Signals that came after the end, which are no kills.</param>
/// <param name="Operations">Operations on files seen in an undisturbed run: files made, written, renamed, removed.</param>
/// <param name="Failed">Rounds whose last run had another exit code than 0, or one that was asked to end did not.</param>
/// <param name="Different">Rounds that ended with other results than an undisturbed run.</param>
/// <param name="LeftBehind">Rounds that left files behind.</param>
/// <param name="Examples">The first faults, each with its round.</param>
internal sealed record KillResult(
    string Program, int Rounds, int AtMoments, int AtOperations, IReadOnlyList<int> BySignal, int TooLate, int Operations, int Failed, int Different,
    int LeftBehind, IReadOnlyList<string> Examples)
{
    /// <summary>Kills that came in time.</summary>
    public int Kills => AtMoments + AtOperations;

    /// <summary>Whether nothing happened that should not.</summary>
    public bool IsSound => Failed + Different + LeftBehind == 0;
}

/// <summary>
/// Kills programs, three times in a row, and runs them to the end then: the folder must be as after an undisturbed run, but for times. Half of the rounds kill
/// at random moments; the others go through the operations on files and kill as soon as the n-th is seen, which the system tells some tenths of a millisecond later.
/// </summary>
internal static class KillCampaign
{
    private const int MaxExamples = 5;

    private static readonly Signal[] Signals = [Signal.Kill, Signal.Interrupt, Signal.Terminate];

    /// <summary>Tries one program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="rounds">Rounds: half at moments, half at operations.</param>
    /// <param name="seed">Seed of moments and operations.</param>
    /// <param name="progress">Shows a line after every tenth round.</param>
    /// <param name="cancellation">Ends after a round; what was counted is given.</param>
    /// <exception cref="InvalidOperationException">The undisturbed program fails, or does not give the same twice.</exception>
    public static KillResult Run(CampaignProgram program, int rounds, int seed, Action<string> progress, CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("approxnets-kills-").FullName;
        try
        {
            var (expected, folders, operations, time) = Undisturbed(program, folder);
            var result = new KillResult(program.Name, 0, 0, 0, [0, 0, 0], 0, operations, 0, 0, 0, []);
            for (int round = 0; round < rounds && !cancellation.IsCancellationRequested; round++)
            {
                result = Round(program, Path.Combine(folder, "round"), round, new SplitMix64(seed, round), expected, folders, time, rounds, result);
                if (round % 10 == 9)
                {
                    progress(CampaignTable.Row(result));
                }
            }

            return result;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Content and folders after an undisturbed run, operations on files and time of its first command line.</summary>
    private static (SortedDictionary<string, string> Content, string[] Folders, int Operations, TimeSpan Time) Undisturbed(CampaignProgram program, string folder)
    {
        string once = Path.Combine(folder, "once"), twice = Path.Combine(folder, "twice");
        Begin(program, once);
        foreach (var line in program.Lines)
        {
            RunWell(program, once, line);
        }

        string[] folders = [.. Directory.GetDirectories(once, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(once, path))];
        Begin(program, twice, folders);
        using var watched = new Watched(twice);
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        RunWell(program, twice, program.Lines[0]);
        TimeSpan time = System.Diagnostics.Stopwatch.GetElapsedTime(start);
        int operations = watched.Count;
        foreach (var line in program.Lines.Skip(1))
        {
            RunWell(program, twice, line);
        }

        var content = FolderContent.Of(twice);
        string[] differences = [.. FolderContent.Differences(FolderContent.Of(once), content)];
        return differences.Length == 0 ? (content, folders, operations, time)
            : throw new InvalidOperationException($"{program.Name}: found {string.Join(", ", differences)} in two undisturbed runs, expected the same results.");
    }

    private static KillResult Round(
        CampaignProgram program, string folder, int round, SplitMix64 random, SortedDictionary<string, string> expected, string[] folders, TimeSpan time,
        int rounds, KillResult result)
    {
        // The operations are gone through from the first to the last; the second and third kill, of the recovery, come anywhere.
        bool atOperation = round % 2 == 1;
        int first = 1 + (int)((long)(round / 2) * result.Operations / Math.Max(1, rounds / 2));
        Begin(program, folder, folders);
        int[] bySignal = [.. result.BySignal];
        int kills = 0;
        string? failure = null;
        for (int attempt = 0; attempt < Signals.Length; attempt++)
        {
            int kind = ((round / 2) + attempt) % Signals.Length;
            using var watched = new Watched(folder);
            using var child = CampaignProcess.Start(folder, program.Lines[0]);
            if (atOperation)
            {
                watched.At(attempt == 0 ? first : 1 + random.Below(Math.Max(1, result.Operations)), () => child.Send(Signals[kind]));
            }
            else
            {
                Thread.Sleep(time * ((random.Below(1000) + 0.5) / 1000));
                child.Send(Signals[kind]);
            }

            var outcome = child.End(CampaignProcess.Longest);
            if (outcome.ExitCode is null or (> 0 and < 128))
            {
                failure = $"{Signals[kind]}: exit code {outcome.ExitCode?.ToString() ?? "none, it hung"}: {outcome.Errors.Trim()}";
            }
            else if (outcome.ExitCode != 0)
            {
                kills++;
                bySignal[kind]++;
            }
        }

        foreach (var line in program.Lines)
        {
            var last = CampaignProcess.Run(folder, line);
            failure ??= last.ExitCode == 0 ? null : $"run again: exit code {last.ExitCode?.ToString() ?? "none, it hung"}: {last.Errors.Trim()}";
        }

        var found = FolderContent.Of(folder);
        string[] different = [.. FolderContent.Differences(expected, found)], left = [.. FolderContent.LeftBehind(expected, found)];
        string?[] faults =
        [
            failure, different.Length > 0 ? string.Join(", ", different) : null, left.Length > 0 ? "left behind: " + string.Join(", ", left) : null,
        ];
        return result with
        {
            Rounds = round + 1,
            AtMoments = result.AtMoments + (atOperation ? 0 : kills),
            AtOperations = result.AtOperations + (atOperation ? kills : 0),
            BySignal = bySignal,
            TooLate = result.TooLate + Signals.Length - kills,
            Failed = result.Failed + (failure is null ? 0 : 1),
            Different = result.Different + (different.Length > 0 ? 1 : 0),
            LeftBehind = result.LeftBehind + (left.Length > 0 ? 1 : 0),
            Examples = [.. result.Examples.Concat(faults.OfType<string>().Select(fault => $"round {round}: {fault}")).Take(MaxExamples)],
        };
    }

    /// <summary>An empty folder with the program's input, and with folders that an undisturbed run makes: a watch sees what happens in them from the beginning.</summary>
    private static void Begin(CampaignProgram program, string folder, params string[] folders)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        Directory.CreateDirectory(folder);
        Array.ForEach(folders, name => Directory.CreateDirectory(Path.Combine(folder, name)));
        program.Prepare(folder);
    }

    private static void RunWell(CampaignProgram program, string folder, IReadOnlyList<string> line)
    {
        var outcome = CampaignProcess.Run(folder, line);
        if (outcome.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program.Name}: found exit code {outcome.ExitCode} undisturbed, expected 0: {outcome.Errors.Trim()}");
        }
    }

    /// <summary>Counts operations on the files of a folder.</summary>
    private sealed class Watched : IDisposable
    {
        private readonly FileSystemWatcher _watcher;
        private int _count;
        private (int Operation, Action Action)? _then;

        public Watched(string folder)
        {
            _watcher = new(folder) { IncludeSubdirectories = true };
            _watcher.Created += Seen;
            _watcher.Changed += Seen;
            _watcher.Renamed += Seen;
            _watcher.Deleted += Seen;
            _watcher.EnableRaisingEvents = true;
        }

        public int Count => Volatile.Read(ref _count);

        /// <summary>Does something as soon as so many operations were seen.</summary>
        public void At(int operation, Action action)
        {
            _then = (operation, action);
            if (Count >= operation)
            {
                action();
            }
        }

        public void Dispose() => _watcher.Dispose();

        private void Seen(object sender, FileSystemEventArgs e)
        {
            if (Interlocked.Increment(ref _count) == _then?.Operation)
            {
                _then?.Action();
            }
        }
    }
}
