using System.Diagnostics;
using System.Globalization;

namespace ApproxNets.Cli.Sweeps;

/// <summary>
/// Hands a sweep to Slurm: an array of pilots, each of which works through jobs until none is left or its time ends. Slurm distributes; nothing
/// here does.
/// </summary>
internal static class SlurmScript
{
    // A pilot gets the signal this long before its limit: enough to end a batch and write the resume point.
    private const int SecondsToStop = 120;

    /// <summary>Writes the script of the pilots.</summary>
    /// <param name="name">Name of the jobs.</param>
    /// <param name="pilots">How many.</param>
    /// <param name="threads">Threads of each.</param>
    /// <param name="partition">Partition; that of the cluster if null.</param>
    /// <param name="time">Time limit as Slurm writes it; that of the partition if null.</param>
    /// <param name="log">File of the output, with Slurm's placeholders.</param>
    /// <param name="worker">The command line of a worker.</param>
    public static string Text(string name, int pilots, int threads, string? partition, string? time, string log, IEnumerable<string> worker)
    {
        string threadCount = threads.ToString(CultureInfo.InvariantCulture);
        return $"""
            #!/bin/bash
            #SBATCH --job-name="{name}"
            #SBATCH --array=1-{pilots.ToString(CultureInfo.InvariantCulture)}
            #SBATCH --cpus-per-task={threadCount}
            #SBATCH --requeue
            #SBATCH --open-mode=append
            #SBATCH --output="{log}"
            #SBATCH --signal=B:USR1@{SecondsToStop.ToString(CultureInfo.InvariantCulture)}
            {(partition is null ? "" : $"#SBATCH --partition={partition}\n")}{(time is null ? "" : $"#SBATCH --time={time}\n")}
            export {string.Join(' ', Threads(threads).Select(p => $"{p.Key}={p.Value}"))}
            # Before the limit the worker keeps its epochs and ends, and the pilot takes its place in the queue again; who cancels it ends it for good.
            trap 'limit=yes; kill -TERM $worker' USR1
            trap 'kill -TERM $worker' TERM
            {string.Join(' ', worker.Select(Quoted))} &
            worker=$!
            while kill -0 $worker 2>/dev/null; do wait $worker; done
            wait $worker; code=$?
            if [ "$limit" = yes ] && [ $code -ge 128 ]; then scontrol requeue "$SLURM_ARRAY_JOB_ID"_"$SLURM_ARRAY_TASK_ID"; fi
            exit $code

            """;
    }

    /// <summary>What makes a process compute with so many threads.</summary>
    public static IReadOnlyDictionary<string, string> Threads(int threads)
    {
        string count = threads.ToString(CultureInfo.InvariantCulture);
        return new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = count, ["OMP_NUM_THREADS"] = count, ["MKL_NUM_THREADS"] = count };
    }

    /// <summary>Submits a script.</summary>
    /// <returns>What sbatch says.</returns>
    /// <exception cref="UsageException">There is no sbatch, or it refuses.</exception>
    public static string Submit(string script)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("sbatch", [script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output.Trim()
                : throw new UsageException($"sbatch refused '{script}' (exit code {process.ExitCode}): {errors.Result.Trim()}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new UsageException($"Found no sbatch here, expected to be where jobs of Slurm are submitted. The script is '{script}'.");
        }
    }

    private static string Quoted(string word) => "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
