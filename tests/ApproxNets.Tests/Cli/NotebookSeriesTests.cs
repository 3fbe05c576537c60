using System.Text.Json.Nodes;
using ApproxNets.Cli.Running;
using ApproxNets.Data;
using Xunit;

namespace ApproxNets.Tests.Cli;

/// <summary>
/// Runs the project's notebooks, all of them and in order, in the smoke profile: the same cells as in the quick profile
/// on few images. The quick profile itself takes minutes; continuous integration runs it by the README's command.
/// </summary>
public sealed class NotebookSeriesTests
{
    [Fact]
    public async Task EveryNotebookRunsAndTheSecondRunLoadsWhatTheFirstTrained()
    {
        using var fixture = new NotebookFixture();
        string[] sources = Directory.GetFiles(Path.Combine(RepositoryFolder.Find(AppContext.BaseDirectory), "notebooks"), "*.ipynb");
        foreach (string source in sources)
        {
            File.Copy(source, Path.Combine(fixture.Folder, "notebooks", Path.GetFileName(source)));
        }

        var run = await fixture.RunAsync([], profile: "smoke");

        Assert.True(run.Status == RunStatus.Ok, fixture.Log.ToString());
        Assert.Equal(6, sources.Length);
        var notebooks = fixture.Facts["notebooks"]!.AsArray();
        Assert.Equal(6, notebooks.Count);
        Assert.All(notebooks, n => Assert.True((int)n!["charts"]! >= 3, $"{n["file"]} has {n["charts"]} charts"));
        Assert.Equal("shapes", (string?)fixture.Facts["dataset"]);

        string results = Path.Combine(fixture.Folder, "artifacts", "results", "smoke");
        foreach (string file in Directory.GetFiles(results, "*.json"))
        {
            var result = (JsonObject)JsonNode.Parse(File.ReadAllText(file))!;
            Assert.Equal(64, ((string)result["data_sha256"]!).Length);
            Assert.Equal(1, (int)result["seed"]!);
            Assert.NotNull(result["provenance"]);
            Assert.Equal("cosine", (string?)result["recipe"]!["float"]!["schedule"]);
        }

        Assert.Equal(5, Directory.GetFiles(results, "*.json").Length);
        string[] stages = Directory.GetFiles(Path.Combine(fixture.Folder, "artifacts", "stages"));
        Assert.Equal(6, stages.Length);
        Assert.All(stages, s => Assert.EndsWith(".safetensors", s));

        DateTime[] times = [.. stages.Select(File.GetLastWriteTimeUtc)];
        var again = await fixture.RunAsync(["02", "06"], profile: "smoke");
        Assert.True(again.Status == RunStatus.Ok, fixture.Log.ToString());
        Assert.Equal(times, stages.Select(File.GetLastWriteTimeUtc));
    }
}
