using ApproxNets.Data;
using ApproxNets.Multipliers;

namespace ApproxNets.Studies;

/// <summary>Opens multiplier libraries by name.</summary>
public static class Libraries
{
    /// <summary>The library that is generated in code: <see cref="MultiplierLibrary.BuiltIn"/>.</summary>
    public const string BuiltIn = "built-in";

    /// <summary>Opens a library.</summary>
    /// <param name="name"><c>built-in</c>, or the name of a folder of product tables (<c>*.npy</c>) and costs in
    /// <c>$APPROXNETS_DATA</c> or <c>data/.cache</c>, e.g. <c>evoapprox8</c>.</param>
    /// <param name="scheme">Signedness of the multipliers.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static MultiplierLibrary Open(string name, Signedness scheme)
    {
        if (name == BuiltIn)
        {
            return MultiplierLibrary.BuiltIn(scheme);
        }

        var folders = DataFolders.Current();
        return folders.Find(name) is { } folder
            ? MultiplierLibrary.ReadFolder(folder, scheme)
            : throw new DirectoryNotFoundException($"Multiplier library: found no '{name}', expected '{BuiltIn}' or a folder of that name with product tables. Looked in: {folders.Description}.");
    }
}
