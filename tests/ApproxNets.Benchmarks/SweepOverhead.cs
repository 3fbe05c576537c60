using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Sweeps;

namespace ApproxNets.Benchmarks;

/// <summary>What a sweep adds to every job, by one worker with jobs that do nothing.</summary>
/// <param name="Jobs">How many.</param>
/// <param name="MillisecondsPerJob">Time of all, divided by their number.</param>
/// <param name="MedianMilliseconds">Median time between the beginnings of two jobs.</param>
/// <param name="StatusMilliseconds">Time of one look at which jobs are done.</param>
internal sealed record SweepOverhead(int Jobs, double MillisecondsPerJob, double MedianMilliseconds, double StatusMilliseconds)
{
    public static SweepOverhead Measure(int jobs, CancellationToken cancellation)
    {
        string path = Directory.CreateTempSubdirectory("approxnets-sweep-").FullName;
        try
        {
            var folder = new SweepFolder(path);
            var begun = new List<long>(jobs);
            JsonObject Run(SweepJob job)
            {
                begun.Add(Stopwatch.GetTimestamp());
                return new JsonObject { ["points"] = new JsonArray(new JsonObject { ["savings"] = 0.5, ["top1"] = 90 }) };
            }

            List<SweepJob> list = [.. Enumerable.Range(0, jobs).Select(i => new SweepJob($"{i:x16}", ["compare", "--seed", $"{i}"]))];
            long start = Stopwatch.GetTimestamp();
            new SweepWorker(folder, Run, _ => { }, cancellation).Work(list);
            double all = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            double[] between = [.. begun.Zip(begun.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a, b).TotalMilliseconds).Order()];
            start = Stopwatch.GetTimestamp();
            int done = folder.Ids("done").Count;
            return done == jobs
                ? new(jobs, all / jobs, between.Length == 0 ? all : between[between.Length / 2], Stopwatch.GetElapsedTime(start).TotalMilliseconds)
                : throw new InvalidOperationException($"Sweep: found {done} jobs done, expected {jobs}.");
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Jobs} jobs: {MillisecondsPerJob:F2} ms each, median {MedianMilliseconds:F2} ms; a look at all of them {StatusMilliseconds:F0} ms");
}
