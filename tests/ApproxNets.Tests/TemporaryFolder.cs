namespace ApproxNets.Tests;

/// <summary>A folder that lasts as long as a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("approxnets-test-").FullName;

    /// <summary>Makes the folder.</summary>
    /// <param name="name">Its own name, where a test cares.</param>
    public TemporaryFolder(string name = "folder") => Path = Directory.CreateDirectory(System.IO.Path.Combine(_root, name)).FullName;

    public string Path { get; }

    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
