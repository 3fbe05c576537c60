using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ApproxNets.Experiments;

namespace ApproxNets.Cli.Sweeps;

/// <summary>Works through the jobs of a sweep beside other workers, of this machine or others, until none is left.</summary>
/// <param name="folder">What the workers share.</param>
/// <param name="run">Computes the result of a job.</param>
/// <param name="say">Shows a line.</param>
/// <param name="cancellation">Stops the job at work; finished stages and epochs are kept.</param>
internal sealed class SweepWorker(SweepFolder folder, Func<SweepJob, JsonObject> run, Action<string> say, CancellationToken cancellation)
{
    // Between looks for work that is not there: at first soon, for a laptop; then more seldom, since hundreds of idle workers would ask a shared file
    // system for 100,000 operations a second.
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2), LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Returns when every job is finished or failed.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the job at work is free for others.</exception>
    public void Work(IReadOnlyList<SweepJob> jobs)
    {
        // Workers begin at different jobs: fewer of them meet at the same claim.
        int offset = jobs.Count == 0 ? 0 : (int)((uint)HashCode.Combine(Environment.MachineName, Environment.ProcessId) % (uint)jobs.Count);
        List<SweepJob> open = [.. jobs.Skip(offset), .. jobs.Take(offset)];
        var pause = FirstPause;
        while (true)
        {
            var settled = folder.Ids("done");
            settled.UnionWith(folder.Ids("failed"));
            open.RemoveAll(job => settled.Contains(job.Id));
            if (open.Count == 0)
            {
                return;
            }

            int finished = open.Count(Try);
            if (finished == 0)
            {
                // All that is left is at work elsewhere, or waits for a stage that is.
                cancellation.WaitHandle.WaitOne(pause);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            else
            {
                pause = FirstPause;
            }

            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Runs a job, unless another worker has it or a stage that it needs.</summary>
    /// <returns>Whether it is settled now, by this worker.</returns>
    private bool Try(SweepJob job)
    {
        cancellation.ThrowIfCancellationRequested();
        if (folder.IsDone(job) || folder.HasFailed(job))
        {
            return false;
        }

        using var lease = folder.TryTake(job);
        if (lease is null || folder.IsDone(job) || folder.HasFailed(job))
        {
            return false;
        }

        long start = Stopwatch.GetTimestamp();
        try
        {
            folder.Finish(job, run(job));
            say(string.Create(CultureInfo.InvariantCulture, $"{job}: done in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s"));
            return true;
        }
        catch (StageBusyException)
        {
            return false; // another job is making what this one needs
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            folder.Fail(job, $"{e.GetType().Name}: {e.Message}");
            say($"{job}: failed: {e.Message}");
            return true;
        }
    }
}
