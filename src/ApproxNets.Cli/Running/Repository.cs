using ApproxNets.Cli.Commands;
using ApproxNets.Foundation;

namespace ApproxNets.Cli.Running;

/// <summary>Where the repository and its notebooks are.</summary>
internal static class Repository
{
    public static string Find(string from) => RepositoryFolder.TryFind(from) ?? throw new UsageException(
        $"found no {RepositoryFolder.Marker} in {from} or above it; expected to be started inside the repository.");

    /// <summary>The notebooks that the arguments name, in the order given; all of <c>notebooks/</c> in name order for none.</summary>
    public static IReadOnlyList<string> SelectNotebooks(string repository, string current, IReadOnlyList<string> arguments)
    {
        string folder = Path.Combine(repository, "notebooks");
        string[] all = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.ipynb") : [];
        Array.Sort(all, StringComparer.Ordinal);
        if (arguments.Count == 0)
        {
            return all.Length > 0 ? all : throw new UsageException($"found no notebook in {folder}.");
        }

        return [.. arguments.Select(argument => Select(argument, current, all)).Distinct()];
    }

    private static string Select(string argument, string current, string[] all)
    {
        if (argument.StartsWith('-'))
        {
            throw new UsageException($"found the unknown option '{argument}'; approxnets run --help lists those it has.");
        }

        string path = Path.GetFullPath(argument, current);
        if (File.Exists(path))
        {
            return path;
        }

        string[] matches = [.. all.Where(notebook => Path.GetFileName(notebook).StartsWith(argument, StringComparison.OrdinalIgnoreCase))];
        string names = string.Join(", ", all.Select(Path.GetFileName));
        return matches.Length switch
        {
            1 => matches[0],
            0 => throw new UsageException($"found no notebook '{argument}': expected a path or the beginning of one of: {names}"),
            _ => throw new UsageException($"'{argument}' is the beginning of {matches.Length} notebooks ("
                + $"{string.Join(", ", matches.Select(Path.GetFileName))}); expected one."),
        };
    }
}
