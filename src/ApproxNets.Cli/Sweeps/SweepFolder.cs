using System.Text.Json;
using System.Text.Json.Nodes;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Sweeps;

/// <summary>
/// The state of a sweep: a folder with one file for every finished, failed and claimed job. It is all that processes and machines have in common, and
/// folders of several machines can be copied into one another, since a file's name is the hash of what its result depends on.
/// </summary>
internal sealed class SweepFolder(string path)
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true };

    public string Path => path;

    public bool IsDone(SweepJob job) => File.Exists(Done(job.Id));

    public bool HasFailed(SweepJob job) => File.Exists(Failed(job.Id)) && !IsDone(job);

    /// <summary>Takes a job; null if another process has it.</summary>
    public Lease? TryTake(SweepJob job) => Lease.TryTake(Claimed(job.Id));

    /// <summary>Names of the jobs that a folder holds: "done", "failed" or "claimed". Reads one folder, not one file for every job.</summary>
    public HashSet<string> Ids(string state) => !Directory.Exists(System.IO.Path.Combine(path, state)) ? [] :
    [
        .. Directory.EnumerateFiles(System.IO.Path.Combine(path, state)).Where(f => !f.EndsWith(".tmp", StringComparison.Ordinal))
            .Select(System.IO.Path.GetFileNameWithoutExtension).OfType<string>(),
    ];

    /// <summary>Names of the jobs at work: neither settled, nor left behind by a process that was killed.</summary>
    public HashSet<string> Running() =>
        [.. Ids("claimed").Except(Ids("done")).Except(Ids("failed")).Where(id => Lease.IsHeld(Claimed(id)))];

    /// <summary>Times at which jobs were finished.</summary>
    public IEnumerable<DateTime> Finished() => new DirectoryInfo(System.IO.Path.Combine(path, "done")) is { Exists: true } folder
        ? folder.EnumerateFiles("*.json").Select(f => f.LastWriteTimeUtc) : [];

    public void Finish(SweepJob job, JsonObject result)
    {
        Write(Done(job.Id), new JsonObject { ["id"] = job.Id, ["line"] = Words(job), ["result"] = result });
        Forgive([job]);
    }

    public void Fail(SweepJob job, string message) =>
        Write(Failed(job.Id), new JsonObject { ["id"] = job.Id, ["line"] = Words(job), ["error"] = message, ["machine"] = Environment.MachineName, ["time_utc"] = DateTime.UtcNow });

    /// <summary>Why a job failed.</summary>
    public string Error(string id)
    {
        try
        {
            return (JsonNode.Parse(File.ReadAllText(Failed(id))) as JsonObject)?["error"]?.ToString() ?? "";
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            return $"unknown ({e.Message})"; // damaged, or forgiven by another process meanwhile
        }
    }

    /// <summary>Forgets the failures of jobs, which are tried again then.</summary>
    public void Forgive(IEnumerable<SweepJob> jobs)
    {
        foreach (var job in jobs.Where(HasFailed))
        {
            File.Delete(Failed(job.Id));
        }
    }

    /// <summary>The result of a finished job.</summary>
    /// <exception cref="InvalidDataException">The file is not what <see cref="Finish"/> writes.</exception>
    public JsonObject Result(SweepJob job)
    {
        try
        {
            var file = JsonNode.Parse(File.ReadAllText(Done(job.Id))) as JsonObject;
            return file?["id"]?.GetValue<string>() == job.Id && file["result"] is JsonObject result ? result : throw new JsonException("another job's");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{Done(job.Id)}': found no result of the job {job.Id} ({e.Message}); delete the file, and the sweep makes it again.", e);
        }
    }

    /// <summary>Takes what another folder has finished and this one has not.</summary>
    /// <exception cref="UsageException">The other is no folder of a sweep that finished a job.</exception>
    public int Merge(SweepFolder other)
    {
        if (!Directory.Exists(System.IO.Path.Combine(other.Path, "done")))
        {
            throw new UsageException($"'{other.Path}': found no folder 'done' in it, expected the folder of a sweep with finished jobs.");
        }

        var missing = other.Ids("done").Except(Ids("done")).ToList();
        foreach (string id in missing)
        {
            byte[] content = File.ReadAllBytes(other.Done(id));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Done(id))!);
            AtomicFile.Write(Done(id), stream => stream.Write(content));
        }

        return missing.Count;
    }

    private static JsonArray Words(SweepJob job) => [.. job.Line.Select(word => JsonValue.Create(word))];

    private string Done(string id) => System.IO.Path.Combine(path, "done", id + ".json");

    private string Claimed(string id) => System.IO.Path.Combine(path, "claimed", id + ".lease");

    private string Failed(string id) => System.IO.Path.Combine(path, "failed", id + ".json");

    private static void Write(string file, JsonObject content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        AtomicFile.WriteText(file, content.ToJsonString(Format));
    }
}
