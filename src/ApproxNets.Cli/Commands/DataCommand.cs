using System.CommandLine;
using ApproxNets.Cli.Running;
using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Multipliers;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets data</c>: which data sets and multiplier tables are there, and fetching those that are not.</summary>
internal static class DataCommand
{
    /// <summary>Downloads a data set, as <see cref="DatasetFetcher"/> does.</summary>
    public delegate Task<string> Fetch(string name, IProgress<FetchProgress> progress, CancellationToken cancellation);

    public static Command Create()
    {
        var list = new Command("list", "Shows every data set and multiplier library, where it is or was looked for, and what is missing.");
        list.SetAction(_ =>
        {
            List(Console.Out, Datasets.List(), MultiplierLibrary.List());
            return CommandLine.Success;
        });

        var name = new Argument<string>("NAME") { Description = $"The data set: {string.Join(", ", Datasets.Names.Skip(1))}; or {ImageNetResNet18.FolderName}, weights to begin from." };
        var fetch = new Command("fetch", "Downloads a data set, checks it and unpacks it; goes on from an interrupted download.") { name };
        fetch.SetAction(async (parsed, _) =>
        {
            var terminal = Terminal.ForProcess();
            using var interruption = new Interruption(terminal.WriteLine);
            return await FetchAsync(
                parsed.GetValue(name)!,
                (set, progress, cancellation) => set == ImageNetResNet18.FolderName
                    ? ImageNetResNet18.FetchAsync(progress, cancellation)
                    : DatasetFetcher.FetchAsync(set, null, progress, cancellation),
                terminal, Console.Error, interruption.Token);
        });
        return new Command("data", "Data sets and multiplier tables on this machine.") { list, fetch };
    }

    internal static void List(TextWriter output, IReadOnlyList<DatasetStatus> sets, IReadOnlyList<LibraryStatus> libraries)
    {
        void Entry(string name, string description, string? folder, bool complete, string? missing)
        {
            output.WriteLine($"  {name,-13} {(complete ? "complete  " : "incomplete")}  {description}");
            if (folder is not null)
            {
                output.WriteLine($"{"",-28}{(complete ? "in" : "expected in")} {folder}");
            }

            if (missing is not null)
            {
                output.WriteLine($"{"",-28}missing: {missing}");
            }
        }

        output.WriteLine("Data sets (-p dataset=NAME)");
        foreach (var set in sets)
        {
            Entry(set.Name, set.Description, set.Folder, set.IsComplete, set.Missing);
        }

        output.WriteLine("Multiplier libraries (-p library=NAME)");
        foreach (var library in libraries)
        {
            Entry(library.Name, library.Description, library.Folder, library.IsComplete, library.Missing);
        }
    }

    internal static async Task<int> FetchAsync(
        string name, Fetch fetch, Terminal terminal, TextWriter error, CancellationToken cancellation)
    {
        try
        {
            string folder = await terminal.DownloadAsync(name, progress => fetch(name, progress, cancellation));
            terminal.WriteLine($"{name}: complete, in {folder}");
            return CommandLine.Success;
        }
        catch (ArgumentException e) when (e.ParamName == nameof(name))
        {
            throw new UsageException(e.Message.Replace($" (Parameter '{e.ParamName}')", "", StringComparison.Ordinal));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            terminal.WriteLine($"{name}: stopped. What has come is kept; the same command goes on from there.");
            return CommandLine.Cancelled;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            error.WriteLine($"approxnets: could not fetch {name}: {e.Message}");
            error.WriteLine(name == ImageNetResNet18.FolderName ? ImageNetResNet18.ByHand : DatasetFetcher.ByHand(name));
            return CommandLine.Failure;
        }
    }
}
