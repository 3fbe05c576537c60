using ApproxNets.Experiments;
using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Experiments;

public sealed class ResultFileTests
{
    private static readonly string Results = Path.Combine(RepositoryFolder.Find(AppContext.BaseDirectory), "data", "results");

    public static TheoryData<string> Files => [.. Directory.GetFiles(Results, "agn-*.json").Select(file => Path.GetFileName(file)!).Order()];

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryCommittedComparisonIsRead(string file) => Assert.All(ResultFile.ReadComparison(Path.Combine(Results, file)), record =>
    {
        Assert.StartsWith($"agn-{record.Network}", file, StringComparison.Ordinal);
        Assert.InRange(record.QatTop1, 80, 100);
        Assert.NotEmpty(record.Points);
        Assert.All(record.Points, point => Assert.InRange(point.Savings, 0, 1));
        Assert.All(record.Points, point => Assert.Equal(point.Method == "agn-savings", point.Target is not null));
        Assert.All(record.Points, point => Assert.NotEmpty(point.Multipliers));
    });

    [Fact]
    public void OtherSeedsHaveOfTheTopLevelWhatTheyDoNotSay()
    {
        var records = ResultFile.ReadComparison(Path.Combine(Results, "agn-resnet8-earlier.json"));
        Assert.Equal([1, 2, 3], records.Select(record => record.Seed));
        Assert.Single(records.Select(record => (record.Network, record.Dataset, record.Library, record.Scheme)).Distinct());
        Assert.Equal(3, records.Select(record => record.FloatTop1).Distinct().Count());
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{ "network": "resnet8" }""")]
    [InlineData("""
        { "network": "a", "dataset": "b", "library": "c", "scheme": "signed", "seed": 1, "commit": "d", "float_top1": 1, "qat_top1": 1,
          "points": [{ "method": "agn" }] }
        """)]
    [InlineData("""
        { "network": "a", "dataset": "b", "library": "c", "scheme": "signed", "seed": 1, "commit": "d", "float_top1": 1, "qat_top1": 1,
          "points": [], "other_seeds": 2 }
        """)]
    [InlineData("""
        { "network": "a", "dataset": "b", "library": "c", "scheme": "signed", "seed": 1, "commit": "d", "float_top1": 1, "qat_top1": 1,
          "points": null }
        """)]
    [InlineData("""
        { "network": "a", "dataset": "b", "library": "c", "scheme": "signed", "seed": 1, "commit": "d", "float_top1": 1, "qat_top1": 1,
          "points": [], "other_seeds": [null] }
        """)]
    public void AFileThatIsNoComparisonIsAnErrorThatNamesIt(string text)
    {
        using var folder = new TemporaryFolder();
        string path = folder["agn-resnet8.json"];
        File.WriteAllText(path, text);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => ResultFile.ReadComparison(path)).Message, StringComparison.Ordinal);
    }
}
