namespace ApproxNets.Data;

/// <summary>Files that are a data set as they are.</summary>
/// <param name="Name">Name of the data set.</param>
/// <param name="Address">The folder that they are downloaded from, ending in a slash.</param>
/// <param name="Files">Name, length in bytes and published checksum (MD5, lower-case hex) of each.</param>
/// <param name="Folder">The folder that they go to.</param>
/// <param name="Missing">Says what is missing of a folder; null when nothing is.</param>
/// <param name="ByPackage">How to get the data set from the operating system's packages, as a sentence.</param>
internal sealed record FileSetSource(
    string Name,
    Uri Address,
    IReadOnlyList<(string Name, long Bytes, string Md5)> Files,
    string Folder,
    Func<string, string?> Missing,
    string ByPackage)
{
    /// <summary>Fashion-MNIST; addresses and checksums as on https://github.com/zalandoresearch/fashion-mnist.</summary>
    public static FileSetSource FashionMnist { get; } = new(
        "fashion-mnist",
        new Uri("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
        [
            ("train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            ("train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
            ("t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
            ("t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
        ],
        Data.FashionMnist.FolderName,
        folder => Data.FashionMnist.Missing(folder, Data.FashionMnist.TestImages),
        "On Debian: apt-get install dataset-fashion-mnist.");
}
