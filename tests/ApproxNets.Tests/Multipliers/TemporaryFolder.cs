namespace ApproxNets.Tests.Multipliers;

/// <summary>A folder of a given name that lasts as long as a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("approxnets-").FullName;

    internal TemporaryFolder(string name)
    {
        Path = System.IO.Path.Combine(_root, name);
        Directory.CreateDirectory(Path);
    }

    internal string Path { get; }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    internal string File(string name) => System.IO.Path.Combine(Path, name);
}
