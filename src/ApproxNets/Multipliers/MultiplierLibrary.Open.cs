using System.Collections.Concurrent;
using ApproxNets.Foundation;

namespace ApproxNets.Multipliers;

/// <summary>A multiplier library and whether it is there.</summary>
/// <param name="Name">Name to open it by.</param>
/// <param name="Description">What it is, in a line.</param>
/// <param name="Folder">The folder it is in, or the first one that was looked for; null for a library in one file, or when there is nowhere
/// to look.</param>
/// <param name="IsComplete">Whether it can be opened.</param>
/// <param name="Missing">What is missing; null when complete.</param>
public sealed record LibraryStatus(string Name, string Description, string? Folder, bool IsComplete, string? Missing);

/// <content>Opening libraries by name.</content>
public sealed partial class MultiplierLibrary
{
    /// <summary>Name of the library of some families of the literature: about 30 multipliers of each signedness.</summary>
    public const string BuiltIn = "built-in";

    /// <summary>Name of the library of all families over their parameters and of evolved circuits: about 200 of each signedness,
    /// and as many signed ones of sign and magnitude.</summary>
    public const string Shipped = "shipped";

    /// <summary>Ending of a library's name that leaves out the multipliers made of its unsigned circuits: <c>evoapprox8:circuits</c>.</summary>
    public const string OwnCircuits = ":circuits";

    private const string EvoApprox = "evoapprox8";

    private static readonly (string Name, string Description)[] Files =
    [
        (BuiltIn, "families of the literature"), (Shipped, "families of the literature and evolved circuits"),
    ];

    // Read once: a multiplier that two callers name alike is then the same object with the same prepared table.
    private static readonly ConcurrentDictionary<(string Name, Signedness Signedness), MultiplierLibrary> Opened = new();

    /// <summary>
    /// Opens a library. Those in files are read once in a process. Signed multipliers of a folder and of <see cref="Shipped"/> include those
    /// of sign and magnitude that its unsigned circuits give (<see cref="Multiplier.SignMagnitude"/>), unless the name ends in
    /// <see cref="OwnCircuits"/>. The exact multiplier stays the exact signed one, and so does the unit of power.
    /// </summary>
    /// <param name="name"><see cref="BuiltIn"/>, <see cref="Shipped"/>, or the name of a folder of product tables (<c>*.npy</c>) and costs
    /// in <c>$APPROXNETS_DATA</c> or <c>data/.cache</c>, e.g. <c>evoapprox8</c>.</param>
    /// <param name="signedness">Signedness of the multipliers.</param>
    /// <exception cref="ArgumentOutOfRangeException">The signedness is unknown.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The file of a library is neither in the repository nor beside the program.</exception>
    /// <exception cref="InvalidDataException">The library has no multiplier of the signedness, is malformed (<see cref="ReadFolder"/>) or
    /// damaged (<see cref="LibraryFile.Read"/>).</exception>
    public static MultiplierLibrary Open(string name, Signedness signedness)
    {
        if (Stem(name) is var stem && stem != name)
        {
            return Open(stem, signedness).Where(m => m.PowerWithoutSignLogic is null);
        }

        return name is BuiltIn or Shipped
            ? Opened.GetOrAdd((name, signedness.Checked()), key => ReadFile(key.Name, key.Signedness))
            : FromFolder(Found(name), signedness, null, signMagnitude: signedness == Signedness.Signed);
    }

    /// <summary>The folder that a library of this name is in, or would be made in: in the first folder where data is looked for.</summary>
    /// <exception cref="DirectoryNotFoundException">There is nowhere to look for data.</exception>
    public static string FolderOf(string name)
    {
        var folders = DataFolders.Current();
        return folders.Find(name) ?? folders.Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault()
            ?? throw new DirectoryNotFoundException(
                $"Multiplier library: found no folder for data, expected one to hold '{name}'. Looked in: {folders.Description}.");
    }

    /// <summary>The signednesses of which a library has multipliers.</summary>
    /// <param name="name">Name as for <see cref="Open"/>.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">Its cost file is malformed.</exception>
    public static IReadOnlyList<Signedness> SignednessOf(string name) => Stem(name) is BuiltIn or Shipped
        ? [Signedness.Unsigned, Signedness.Signed]
        : SignednessOfFolder(Found(Stem(name)));

    /// <summary>
    /// Says of each library whether it is there: those in files, EvoApproxLib's, and any other folder with a cost file of its own name.
    /// Reads all tables.
    /// </summary>
    public static IReadOnlyList<LibraryStatus> List() => List(DataFolders.Current());

    internal static IReadOnlyList<LibraryStatus> List(DataFolders folders)
    {
        var found = folders.Folders.Where(Directory.Exists).SelectMany(Directory.GetDirectories).Select(folder => Path.GetFileName(folder))
            .Where(name => name is not (EvoApprox or BuiltIn or Shipped) && File.Exists(Path.Combine(folders.Find(name)!, name + ".csv")))
            .Distinct().Order(StringComparer.Ordinal);
        return
        [
            .. Files.Select(file => Status(file.Name, file.Description, null, () =>
                [.. LibraryFile.Read(FileOf(file.Name)).Select(m => m.Signedness)])),
            .. new[] { EvoApprox }.Concat(found).Select(name => FolderStatus(name, folders)),
        ];
    }

    /// <summary>The place of a library's file in the repository.</summary>
    /// <param name="name"><see cref="BuiltIn"/> or <see cref="Shipped"/>.</param>
    public static string FileName(string name) => $"data/libraries/{name}.tables";

    private static MultiplierLibrary ReadFile(string name, Signedness signedness)
    {
        var library = new MultiplierLibrary($"{name} {signedness.Word()}", signedness, LibraryFile.Read(FileOf(name), signedness));
        return name == Shipped && signedness == Signedness.Signed
            ? library.With(Multiplier.SignMagnitudes(Open(name, Signedness.Unsigned).Multipliers))
            : library;
    }

    private static string Stem(string name) => name.EndsWith(OwnCircuits, StringComparison.Ordinal) ? name[..^OwnCircuits.Length] : name;

    private static string FileOf(string name) => RepositoryFolder.FindFile(FileName(name));

    private static string Found(string name)
    {
        var folders = DataFolders.Current();
        return folders.Find(name) ?? throw new DirectoryNotFoundException(
            $"Multiplier library: found no '{name}', "
            + $"expected '{BuiltIn}', '{Shipped}' or a folder of that name with product tables. Looked in: {folders.Description}.");
    }

    private static LibraryStatus FolderStatus(string name, DataFolders folders)
    {
        string description = name == EvoApprox ? "EvoApproxLib, 8x8 bit" : "product tables";
        if (folders.Find(name) is not { } folder)
        {
            return new LibraryStatus(
                name, description, folders.Folders.Select(f => Path.Combine(f, name)).FirstOrDefault(), false,
                $"no folder {name}; looked in: {folders.Description}; it holds {name}.csv and a NAME.npy for each of its rows");
        }

        return !File.Exists(CostFile(folder))
            ? new LibraryStatus(name, description, folder, false, $"{name}.csv")
            : Status(name, description, folder, () =>
                [.. SignednessOfFolder(folder).SelectMany(s => ReadFolder(folder, s).Multipliers).Select(m => m.Signedness)]);
    }

    private static LibraryStatus Status(string name, string description, string? folder, Func<Signedness[]> read)
    {
        try
        {
            Signedness[] all = read();
            int signed = all.Count(signedness => signedness == Signedness.Signed);
            return all.Length > 0
                ? new LibraryStatus(name, $"{description}: {signed} signed, {all.Length - signed} unsigned", folder, true, null)
                : new LibraryStatus(name, description, folder, false, $"multipliers in {name}.csv");
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException)
        {
            return new LibraryStatus(name, description, folder, false, e.Message);
        }
    }
}
