using System.Text.Json.Nodes;
using ApproxNets.Benchmarks;
using ApproxNets.Foundation;
using Xunit;

namespace ApproxNets.Tests.Benchmarks;

public sealed class MutationCampaignTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("campaign");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_reader_refuses_or_reads_some_mutated_files()
    {
        var output = new StringWriter();
        Assert.Equal(0, CampaignCommand.RunInputs(8, 3, 1, "", _folder["campaign.json"], output, TestContext.Current.CancellationToken));
        var json = JsonNode.Parse(File.ReadAllText(_folder["campaign.json"]))!;
        Assert.True(json["readers"]!.AsArray().Count > 15, output.ToString());
        Assert.Equal(8 * json["readers"]!.AsArray().Count, (int)json["mutated_inputs"]!);
    }

    [Fact]
    public void Faults_are_counted_by_kind()
    {
        string path = _folder["file"];
        File.WriteAllText(path, "a file");
        Assert.Equal((20, 0, true), Counts(Reader(() => "always the same", true)));
        Assert.Equal((20, 20, false), Counts(Reader(() => File.ReadAllText(path), true)));
        Assert.Equal((20, 0, true), Counts(Reader(() => File.ReadAllText(path), false)));

        int reads = 0;
        var thrower = MutationCampaign.Run(
            Reader(() => reads++ == 0 ? "" : throw (reads % 2 == 0 ? new InvalidDataException() : new InvalidOperationException()), true),
            20, 1, TestContext.Current.CancellationToken);
        Assert.Equal((10, 0, 10, 5, false), (thrower.Refused, thrower.Accepted, thrower.Unexpected, thrower.Examples.Count, thrower.IsSound));
        Assert.Equal("a file", File.ReadAllText(path));

        CampaignReader Reader(Func<string> read, bool hasSum) => new("a reader", path, read, hasSum);
        (int, int, bool) Counts(CampaignReader reader)
        {
            var result = MutationCampaign.Run(reader, 20, 1, TestContext.Current.CancellationToken);
            return (result.Accepted, result.AcceptedWrong, result.IsSound);
        }
    }

    [Fact]
    public void Mutations_are_other_files_and_the_same_for_a_seed()
    {
        byte[] whole = [.. Enumerable.Range(0, 40).Select(i => (byte)i)];
        byte[][] first = [.. Enumerable.Range(0, 500).Select(i => MutationCampaign.Mutated(whole, new SplitMix64(1, i)))];
        byte[][] again = [.. Enumerable.Range(0, 500).Select(i => MutationCampaign.Mutated(whole, new SplitMix64(1, i)))];
        Assert.Equal(first, again);
        Assert.All(first, file => Assert.NotEqual(whole, file));
        Assert.True(first.Select(Convert.ToHexString).Distinct().Count() > 400);
        MutationCampaign.Mutated([], new SplitMix64(1));
    }
}
