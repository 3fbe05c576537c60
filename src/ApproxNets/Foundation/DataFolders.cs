namespace ApproxNets.Foundation;

/// <summary>
/// Where downloaded data is looked for: the folder that <c>APPROXNETS_DATA</c> names, then <c>data/.cache</c> of the
/// repository, which is the nearest folder above the current one that holds <c>Notebooks.sln</c>.
/// </summary>
/// <param name="Folders">The folders, in order.</param>
/// <param name="Description">The folders, or why there is none, for a message.</param>
/// <param name="SystemFolder">Where the operating system's packages of data sets go: looked in last, never written to; null for
/// nowhere.</param>
internal sealed record DataFolders(IReadOnlyList<string> Folders, string Description, string? SystemFolder = null)
{
    /// <summary>The environment variable that names a folder.</summary>
    public const string Variable = "APPROXNETS_DATA";

    /// <summary>Where Debian's packages of data sets go.</summary>
    private const string DebianFolder = "/usr/share/datasets";

    /// <summary>The folders of this process.</summary>
    public static DataFolders Current() => Of(
        Environment.GetEnvironmentVariable(Variable), Directory.GetCurrentDirectory(), OperatingSystem.IsLinux() ? DebianFolder : null);

    /// <summary>The folders for a value of the variable, a current folder and a folder of the operating system.</summary>
    public static DataFolders Of(string? variable, string currentFolder, string? systemFolder = null)
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

        if (RepositoryFolder.TryFind(currentFolder) is { } root)
        {
            folders.Add(Path.Combine(root, "data", ".cache"));
            notes.Add($"'{folders[^1]}' (the repository's)");
        }
        else
        {
            notes.Add($"no folder above '{currentFolder}' holds {RepositoryFolder.Marker}");
        }

        return new DataFolders(folders, string.Join("; ", notes), systemFolder);
    }

    /// <summary>The first folder that holds a folder of this name, as the path of the latter.</summary>
    public string? Find(string name) => Folders.Select(f => Path.Combine(f, name)).FirstOrDefault(Directory.Exists);

    /// <summary>As <see cref="Find"/>, and in the folder of the operating system after the others.</summary>
    public string? FindHereOrInSystem(string name) => Find(name)
        ?? (SystemFolder is not null && Directory.Exists(Path.Combine(SystemFolder, name)) ? Path.Combine(SystemFolder, name) : null);
}
