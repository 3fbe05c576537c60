namespace ApproxNets.Foundation;

/// <summary>Finds the repository: the nearest folder at or above another that holds <c>Notebooks.sln</c>.</summary>
public static class RepositoryFolder
{
    /// <summary>The file that marks the repository's root.</summary>
    public const string Marker = "Notebooks.sln";

    /// <summary>The repository's root.</summary>
    /// <param name="from">Where to begin; the current folder if left out.</param>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static string Find(string? from = null) => TryFind(from)
        ?? throw new DirectoryNotFoundException(
            $"Found no {Marker} in '{from ?? Directory.GetCurrentDirectory()}' or above it, expected to be inside the repository.");

    /// <summary>The repository's root, or null if there is none.</summary>
    /// <param name="from">Where to begin; the current folder if left out.</param>
    public static string? TryFind(string? from = null)
    {
        for (DirectoryInfo? at = new(from ?? Directory.GetCurrentDirectory()); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, Marker)))
            {
                return at.FullName;
            }
        }

        return null;
    }

    /// <summary>A file that comes with the program: in the repository of the current folder or of the program, otherwise beside the
    /// program or this assembly, or in the package that the assembly is loaded from.</summary>
    /// <param name="path">Its place in the repository.</param>
    /// <exception cref="FileNotFoundException">It is in none of these places.</exception>
    public static string FindFile(string path)
    {
        string? beside = Path.GetDirectoryName(typeof(RepositoryFolder).Assembly.Location);
        string?[] folders =
        [
            TryFind(), TryFind(AppContext.BaseDirectory), AppContext.BaseDirectory, beside,
            string.IsNullOrEmpty(beside) ? null : Path.Combine(beside, "..", "..", "buildTransitive"),
        ];
        return folders.Where(folder => !string.IsNullOrEmpty(folder)).Select(folder => Path.Combine(folder!, path)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException(
                $"Found no {path} in the repository or beside the program; approxnets multipliers generate makes it.", path);
    }

    /// <summary>Where work is kept: the repository's root, or the current folder outside of a repository.</summary>
    public static string OfWork() => TryFind() ?? Directory.GetCurrentDirectory();
}
