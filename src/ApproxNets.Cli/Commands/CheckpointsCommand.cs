using System.CommandLine;
using ApproxNets.Experiments;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets checkpoints</c>: the index of the shipped checkpoints, and files of version 0.1.</summary>
internal static class CheckpointsCommand
{
    public static Command Create()
    {
        var folder = new Option<DirectoryInfo?>("--folder") { Description = "Folder of the checkpoints; data/checkpoints if left out." };
        var index = new Command("index", "Checks every checkpoint of a folder and writes the folder's index.json.") { folder };
        index.SetAction(parsed => Guard(() =>
        {
            var entries = CheckpointIndex.Write(parsed.GetValue(folder)?.FullName ?? Path.Combine(RepositoryFolder.Find(), "data", "checkpoints"));
            foreach (var entry in entries)
            {
                Console.WriteLine($"{entry.File}: {entry.What}, validation {entry.ValidationAccuracy} %");
            }
        }));

        var from = new Argument<DirectoryInfo>("FROM") { Description = "Folder of checkpoints that version 0.1 wrote." };
        var to = new Argument<DirectoryInfo>("TO") { Description = "Folder for the new files; made if missing." };
        var migrate = new Command("migrate", "Writes checkpoints of version 0.1 anew, so that they are found.") { from, to };
        migrate.SetAction(parsed => Guard(() =>
        {
            foreach (var (old, renamed) in CheckpointMigration.Run(parsed.GetValue(from)!.FullName, parsed.GetValue(to)!.FullName))
            {
                Console.WriteLine($"{old} -> {renamed}");
            }
        }));
        return new Command("checkpoints", "Lists the shipped checkpoints anew, or migrates those of an earlier version.") { index, migrate };
    }

    private static int Guard(Action run)
    {
        try
        {
            run();
            return CommandLine.Success;
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new UsageException(e.Message);
        }
    }
}
