using ApproxNets.Data;
using ApproxNets.Multipliers;
using ApproxNets.Multipliers.Shipped;

namespace ApproxNets.Experiments;

/// <summary>Opens multiplier libraries by name.</summary>
public static class Libraries
{
    /// <summary>The library that is generated in code: <see cref="MultiplierLibrary.BuiltIn"/>.</summary>
    public const string BuiltIn = "built-in";

    /// <summary>The library that comes as a file: <see cref="MultiplierLibrary.Shipped"/>.</summary>
    public const string Shipped = "shipped";

    private const string EvoApprox = "evoapprox8";

    /// <summary>Opens a library.</summary>
    /// <param name="name"><c>built-in</c>, <c>shipped</c>, or the name of a folder of product tables (<c>*.npy</c>) and costs in
    /// <c>$APPROXNETS_DATA</c> or <c>data/.cache</c>, e.g. <c>evoapprox8</c>.</param>
    /// <param name="scheme">Signedness of the multipliers.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It has no multiplier of the signedness, or is malformed
    /// (<see cref="MultiplierLibrary.ReadFolder"/>).</exception>
    public static MultiplierLibrary Open(string name, Signedness scheme)
    {
        if (name == BuiltIn)
        {
            return MultiplierLibrary.BuiltIn(scheme);
        }

        if (name == Shipped)
        {
            return MultiplierLibrary.Shipped(scheme);
        }

        return MultiplierLibrary.ReadFolder(Found(name), scheme);
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
    public static IReadOnlyList<Signedness> SignednessOf(string name)
    {
        if (name is BuiltIn or Shipped)
        {
            return [Signedness.Unsigned, Signedness.Signed];
        }

        string folder = Found(name);
        return [.. CostTable.Read(Path.Combine(folder, name + ".csv")).Values.Select(row => row.Signedness).Distinct().Order()];
    }

    /// <summary>
    /// Says of each library whether it is there: the one made in code, the shipped one, EvoApproxLib's, and any other folder with a cost file of its own
    /// name. Reads all tables.
    /// </summary>
    public static IReadOnlyList<LibraryStatus> List() => List(DataFolders.Current());

    internal static IReadOnlyList<LibraryStatus> List(DataFolders folders)
    {
        var found = folders.Folders.Where(Directory.Exists).SelectMany(Directory.GetDirectories).Select(folder => Path.GetFileName(folder))
            .Where(name => name is not (EvoApprox or BuiltIn or Shipped) && File.Exists(Path.Combine(folders.Find(name)!, name + ".csv")))
            .Distinct().Order(StringComparer.Ordinal);
        return [Made(), OfFile(), .. new[] { EvoApprox }.Concat(found).Select(name => Status(name, folders))];
    }

    private static string Found(string name)
    {
        var folders = DataFolders.Current();
        return folders.Find(name) ?? throw new DirectoryNotFoundException(
            $"Multiplier library: found no '{name}', "
            + $"expected '{BuiltIn}', '{Shipped}' or a folder of that name with product tables. Looked in: {folders.Description}.");
    }

    private static LibraryStatus Made()
    {
        int signed = MultiplierLibrary.BuiltIn(Signedness.Signed).Multipliers.Count;
        int unsigned = MultiplierLibrary.BuiltIn(Signedness.Unsigned).Multipliers.Count;
        return new LibraryStatus(
            BuiltIn, $"families of the literature, made in code: {signed} signed, {unsigned} unsigned", null, true, null);
    }

    private static LibraryStatus OfFile()
    {
        const string Description = "families of the literature and evolved circuits, in a file";
        try
        {
            IReadOnlyList<Signedness> all = ShippedLibrary.Signednesses();
            int signed = all.Count(signedness => signedness == Signedness.Signed);
            return new LibraryStatus(Shipped, $"{Description}: {signed} signed, {all.Count - signed} unsigned", null, true, null);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return new LibraryStatus(Shipped, Description, null, false, e.Message);
        }
    }

    private static LibraryStatus Status(string name, DataFolders folders)
    {
        string description = name == EvoApprox ? "EvoApproxLib, 8x8 bit" : "product tables";
        if (folders.Find(name) is not { } folder)
        {
            return new LibraryStatus(
                name, description, folders.Folders.Select(f => Path.Combine(f, name)).FirstOrDefault(), false,
                $"no folder {name}; looked in: {folders.Description}; it holds {name}.csv and a NAME.npy for each of its rows");
        }

        try
        {
            string costs = Path.Combine(folder, name + ".csv");
            if (!File.Exists(costs))
            {
                return new LibraryStatus(name, description, folder, false, $"{name}.csv");
            }

            var rows = CostTable.Read(costs).Values;
            foreach (Signedness scheme in rows.Select(row => row.Signedness).Distinct())
            {
                MultiplierLibrary.ReadFolder(folder, scheme);
            }

            int signed = rows.Count(row => row.Signedness == Signedness.Signed);
            return rows.Count > 0
                ? new LibraryStatus(name, $"{description}: {signed} signed, {rows.Count - signed} unsigned", folder, true, null)
                : new LibraryStatus(name, description, folder, false, $"multipliers in {name}.csv");
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException)
        {
            return new LibraryStatus(name, description, folder, false, e.Message);
        }
    }
}
