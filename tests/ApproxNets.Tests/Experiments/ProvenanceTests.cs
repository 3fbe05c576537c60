using ApproxNets.Experiments;
using Xunit;

namespace ApproxNets.Tests.Experiments;

public sealed class ProvenanceTests
{
    [Fact]
    public void The_commit_is_read_from_files_where_git_is_missing()
    {
        var folder = Directory.CreateTempSubdirectory("approxnets-");
        try
        {
            string git = Path.Combine(folder.FullName, ".git");
            Directory.CreateDirectory(git);
            File.WriteAllText(Path.Combine(git, "HEAD"), "ref: refs/heads/main\n");
            File.WriteAllText(Path.Combine(git, "packed-refs"), "# pack-refs\n0123abc refs/heads/main\n");
            Assert.Equal("0123abc", Provenance.ReadHead(folder.FullName));
            Directory.CreateDirectory(Path.Combine(git, "refs", "heads"));
            File.WriteAllText(Path.Combine(git, "refs", "heads", "main"), "4567def\n");
            Assert.Equal("4567def", Provenance.ReadHead(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
