namespace ApproxNets.Data;

/// <summary>
/// Where downloaded data is looked for: the folder that <c>APPROXNETS_DATA</c> names, then <c>data/.cache</c> of the
/// repository, which is the nearest folder above the current one that holds <c>Notebooks.sln</c>.
/// </summary>
/// <param name="Folders">The folders, in order.</param>
/// <param name="Description">The folders, or why there is none, for a message.</param>
internal sealed record DataFolders(IReadOnlyList<string> Folders, string Description)
{
    /// <summary>The environment variable that names a folder.</summary>
    public const string Variable = "APPROXNETS_DATA";

    private const string Solution = "Notebooks.sln";

    /// <summary>The folders of this process.</summary>
    public static DataFolders Current() => Of(Environment.GetEnvironmentVariable(Variable), Directory.GetCurrentDirectory());

    /// <summary>The folders for a value of the variable and a current folder.</summary>
    public static DataFolders Of(string? variable, string currentFolder)
    {
        var folders = new List<string>();
        var notes = new List<string>();
        if (string.IsNullOrWhiteSpace(variable))
        {
            notes.Add($"{Variable} is not set");
        }
        else
        {
            folders.Add(Path.GetFullPath(variable, currentFolder));
            notes.Add($"'{folders[^1]}' ({Variable})");
        }

        if (RepositoryRoot(currentFolder) is { } root)
        {
            folders.Add(Path.Combine(root, "data", ".cache"));
            notes.Add($"'{folders[^1]}' (the repository's)");
        }
        else
        {
            notes.Add($"no folder above '{currentFolder}' holds {Solution}");
        }

        return new DataFolders(folders, string.Join("; ", notes));
    }

    /// <summary>The first folder that holds a folder of this name, as the path of the latter.</summary>
    public string? Find(string name) => Folders.Select(f => Path.Combine(f, name)).FirstOrDefault(Directory.Exists);

    private static string? RepositoryRoot(string folder)
    {
        for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, Solution)))
            {
                return at.FullName;
            }
        }

        return null;
    }
}
