namespace ApproxNets.Data;

/// <summary>An archive (.tar.gz) that holds a data set.</summary>
/// <param name="Name">Name of the data set.</param>
/// <param name="Address">Where it is downloaded from.</param>
/// <param name="Md5">Its published checksum, lower-case hex.</param>
/// <param name="Folder">The folder that it unpacks to.</param>
/// <param name="GreatestSize">Most bytes that it may unpack to.</param>
/// <param name="Missing">Says what is missing of an unpacked folder; null when nothing is.</param>
internal sealed record ArchiveSource(string Name, Uri Address, string Md5, string Folder, long GreatestSize, Func<string, string?> Missing)
{
    /// <summary>CIFAR-10, binary version; address and checksum as on Krizhevsky's page.</summary>
    public static ArchiveSource Cifar10 { get; } = new(
        "cifar10",
        new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
        "c32a1d4ab5d03f1284b67883e8d87530",
        Data.Cifar10.FolderName,
        200_000_000,
        folder => Data.Cifar10.Missing(folder, Data.Cifar10.RecordsPerFile));
}
