using System.Diagnostics;
using System.Globalization;

namespace ApproxNets.Benchmarks;

/// <summary>What a program did on a disk that is full or read-only, or beside another one.</summary>
/// <param name="Program">What was done.</param>
/// <param name="Fault">What hindered it.</param>
/// <param name="Trials">How often; 0 where the fault cannot be made here.</param>
/// <param name="Refused">Those that ended with one clear error.</param>
/// <param name="Completed">Those that ended well: the space was enough, or both writers are done.</param>
/// <param name="Wrong">Those that ended otherwise, or harmed what was there, or did not end well once the fault was gone.</param>
/// <param name="Examples">What went wrong; why nothing was tried.</param>
internal sealed record FaultResult(string Program, string Fault, int Trials, int Refused, int Completed, int Wrong, IReadOnlyList<string> Examples);

/// <summary>
/// Runs programs on a small disk (a tmpfs, which only the superuser can mount) that has a few free kilobytes or is read-only, and two at once in one folder.
/// What was there before must be as it was, and the same command must end well once there is space.
/// </summary>
internal static class FaultCampaign
{
    private const int MaxExamples = 3;
    private const string Fill = "fill";

    // Of the space that is free: none, a page of memory, and as much as the first or the second file takes.
    private static readonly int[] FreeKilobytes = [0, 4, 20, 64, 200, 500];

    /// <summary>Tries a program with every fault.</summary>
    /// <param name="program">The program.</param>
    /// <param name="pairs">How often two run at once.</param>
    /// <param name="cancellation">Ends after a trial.</param>
    public static IEnumerable<FaultResult> Run(CampaignProgram program, int pairs, CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("approxnets-faults-").FullName;
        try
        {
            yield return Disk(program, "full disk", folder, FreeKilobytes, cancellation);
            yield return Disk(program, "read-only folder", folder, [-1], cancellation);
            yield return TwoWriters(program, "two at once, the same command", program.Lines[0], folder, pairs, cancellation);
            yield return TwoWriters(program, "two at once, one folder", program.Another, folder, pairs, cancellation);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static FaultResult Disk(CampaignProgram program, string fault, string folder, int[] free, CancellationToken cancellation)
    {
        var result = new FaultResult(program.Name, fault, 0, 0, 0, 0, []);
        foreach (int kilobytes in free)
        {
            if (cancellation.IsCancellationRequested)
            {
                break;
            }

            string disk = Directory.CreateDirectory(Path.Combine(folder, "disk")).FullName;
            if (!Mount("-t", "tmpfs", "-o", "size=32m", "tmpfs", disk))
            {
                return result with { Examples = ["not tried: a disk cannot be mounted here"] };
            }

            try
            {
                var (refused, wrong) = OnDisk(program, disk, kilobytes);
                result = Counted(result, refused, wrong is null ? null : kilobytes < 0 ? wrong : $"{kilobytes} kB free: {wrong}");
            }
            finally
            {
                using var unmount = Process.Start("umount", [disk]);
                unmount.WaitForExit();
            }
        }

        return result;
    }

    private static (bool Refused, string? Wrong) OnDisk(CampaignProgram program, string disk, int kilobytes)
    {
        program.Prepare(disk);
        foreach (var line in program.Lines)
        {
            if (CampaignProcess.Run(disk, line) is { ExitCode: not 0 } failed)
            {
                return (false, $"undisturbed: {failed.Errors.Trim()}");
            }
        }

        var before = FolderContent.Of(disk);
        string fill = Path.Combine(disk, Fill);
        if (kilobytes >= 0)
        {
            Occupy(fill, new DriveInfo(disk).AvailableFreeSpace - (1024L * kilobytes));
        }
        else if (!Mount("-o", "remount,ro", disk))
        {
            return (false, "the disk cannot be made read-only");
        }

        var outcome = CampaignProcess.Run(disk, program.Another);
        var after = FolderContent.Of(disk);
        after.Remove(Fill);
        if (kilobytes >= 0)
        {
            File.Delete(fill);
        }
        else
        {
            Mount("-o", "remount,rw", disk);
        }

        var again = CampaignProcess.Run(disk, program.Another);
        string[] left = [.. Directory.EnumerateFiles(disk, "*", SearchOption.AllDirectories).Where(IsTemporary).Select(file => Path.GetRelativePath(disk, file))];
        string[] harmed = outcome.ExitCode == 0 ? [] : [.. FolderContent.Differences(before, after).Where(difference => !program.Replaces.Any(difference.StartsWith))];
        return (outcome.ExitCode != 0,
            outcome.ExitCode != 0 && !outcome.IsClearFailure ? $"exit code {outcome.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "none, it hung"}: {Short(outcome)}"
            : harmed.Length > 0 ? string.Join(", ", harmed)
            : again.ExitCode != 0 ? $"afterwards: {Short(again)}"
            : left.Length > 0 ? $"left behind: {string.Join(", ", left)}" : null);
    }

    private static FaultResult TwoWriters(
        CampaignProgram program, string fault, IReadOnlyList<string> other, string folder, int pairs, CancellationToken cancellation)
    {
        SortedDictionary<string, string>[] expected = [InTurn(program.Lines[0], other), InTurn(other, program.Lines[0])];
        var result = new FaultResult(program.Name, fault, 0, 0, 0, 0, []);
        for (int pair = 0; pair < pairs && !cancellation.IsCancellationRequested; pair++)
        {
            string place = Begin();
            using var first = CampaignProcess.Start(place, program.Lines[0]);
            using var second = CampaignProcess.Start(place, other);
            CampaignProcess.Outcome[] ends = [first.End(CampaignProcess.Longest), second.End(CampaignProcess.Longest)];
            var found = FolderContent.Of(place);
            string[][] differences = [.. expected.Select(e => (string[])[.. FolderContent.Differences(e, found), .. FolderContent.LeftBehind(e, found).Select(f => f + " is left")])];
            string? wrong = Array.Find(ends, end => end.ExitCode != 0) is { } failed ? $"exit code {failed.ExitCode}: {Short(failed)}"
                : differences.All(d => d.Length > 0) ? string.Join(", ", differences.MinBy(d => d.Length)!) : null;
            result = Counted(result, false, wrong);
        }

        return result;

        string Begin()
        {
            string place = Path.Combine(folder, "pair");
            if (Directory.Exists(place))
            {
                Directory.Delete(place, recursive: true);
            }

            Directory.CreateDirectory(place);
            program.Prepare(place);
            return place;
        }

        SortedDictionary<string, string> InTurn(params IReadOnlyList<string>[] lines)
        {
            string place = Begin();
            Array.ForEach(lines, line => CampaignProcess.Run(place, line));
            return FolderContent.Of(place);
        }
    }

    private static FaultResult Counted(FaultResult result, bool refused, string? wrong) => result with
    {
        Trials = result.Trials + 1,
        Refused = result.Refused + (wrong is null && refused ? 1 : 0),
        Completed = result.Completed + (wrong is null && !refused ? 1 : 0),
        Wrong = result.Wrong + (wrong is null ? 0 : 1),
        Examples = [.. result.Examples.Concat(wrong is null ? [] : [wrong]).Take(MaxExamples)],
    };

    private static bool IsTemporary(string file) => file.EndsWith(".tmp", StringComparison.Ordinal) || file.EndsWith(".lease", StringComparison.Ordinal)
        || file.EndsWith(".resume", StringComparison.Ordinal) || file.Contains("/.new/", StringComparison.Ordinal);

    private static string Short(CampaignProcess.Outcome outcome) => string.Join(" | ", (outcome.Errors + outcome.Output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Take(6));

    private static void Occupy(string file, long bytes)
    {
        using var stream = File.Create(file);
        byte[] block = new byte[4096];
        for (; bytes >= block.Length; bytes -= block.Length)
        {
            stream.Write(block);
        }
    }

    private static bool Mount(params string[] arguments)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return false;
        }

        using var mount = Process.Start(new ProcessStartInfo("mount", arguments) { RedirectStandardError = true })!;
        mount.WaitForExit();
        return mount.ExitCode == 0;
    }
}
