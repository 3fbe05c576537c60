using System.Text.Json.Nodes;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Foundation;
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
        string[] sources = CopyAll(fixture);

        var run = await fixture.RunAsync([], profile: "smoke");

        Assert.True(run.Status == RunStatus.Ok, fixture.Log.ToString());
        var notebooks = fixture.Facts["notebooks"]!.AsArray();
        Assert.Equal(sources.Select(source => Path.GetFileName(source)).Order(), notebooks.Select(n => (string?)n!["file"]).Order());
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

        Assert.Equal(
            ["agn", "agn", "baseline", "error", "operating", "own", "subset"],
            Directory.GetFiles(results, "*.json").Select(f => Path.GetFileName(f).Split('-')[0]).Order());
        string[] stages = Directory.GetFiles(Path.Combine(fixture.Folder, "artifacts", "stages"));
        Assert.All(stages, s => Assert.True(s.EndsWith(".safetensors", StringComparison.Ordinal) || s.EndsWith(".json", StringComparison.Ordinal), s));
        string[] kinds = [.. stages.Select(s => Path.GetFileName(s).Split('-')[0])];
        Assert.All(new[] { "float", "qat", "points", "greedy" }, kind => Assert.Single(kinds, kind));
        Assert.Equal(2, kinds.Count(kind => kind == "agn"));
        Assert.Contains("retrained", kinds);

        DateTime[] times = [.. stages.Select(File.GetLastWriteTimeUtc)];
        var again = await fixture.RunAsync(["02", "07"], profile: "smoke");
        Assert.True(again.Status == RunStatus.Ok, fixture.Log.ToString());
        Assert.Equal(times, stages.Select(File.GetLastWriteTimeUtc));
    }

    /// <summary>LeNet5 has fewer and other layers than the default, no batch normalisation, and is unsigned here: no cell presumes otherwise.</summary>
    [Fact]
    public async Task AnotherNetworkAndSchemeRun()
    {
        using var fixture = new NotebookFixture();
        CopyAll(fixture);

        var run = await fixture.RunAsync(["00", "02", "03", "04", "05", "06", "07", "08"], ["network=lenet5", "scheme=unsigned"], profile: "smoke");

        Assert.True(run.Status == RunStatus.Ok, fixture.Log.ToString());
    }

    /// <summary>Copies the notebooks, and the committed results that notebooks 05 and 07 show.</summary>
    private static string[] CopyAll(NotebookFixture fixture)
    {
        string[] sources = Copied(fixture, "notebooks", "*.ipynb");
        Copied(fixture, Path.Combine("data", "results"), "agn-*.json");
        Copied(fixture, Path.Combine("data", "results"), "qos-*.json");
        return sources;
    }

    private static string[] Copied(NotebookFixture fixture, string folder, string pattern)
    {
        string[] sources = Directory.GetFiles(Path.Combine(RepositoryFolder.Find(AppContext.BaseDirectory), folder), pattern);
        Directory.CreateDirectory(Path.Combine(fixture.Folder, folder));
        foreach (string source in sources)
        {
            File.Copy(source, Path.Combine(fixture.Folder, folder, Path.GetFileName(source)));
        }

        return sources;
    }
}
