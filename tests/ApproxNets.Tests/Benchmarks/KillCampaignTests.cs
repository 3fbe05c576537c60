using System.Text.Json.Nodes;
using ApproxNets.Benchmarks;
using Xunit;

namespace ApproxNets.Tests.Benchmarks;

/// <summary>The campaigns on small programs of the shell, sound ones and others.</summary>
public sealed class KillCampaignTests : IDisposable
{
    private const string WholeOrNot = "sleep 0.2; echo right > out.tmp; mv out.tmp out";

    private readonly TemporaryFolder _folder = new("kills");

    public KillCampaignTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "The campaigns need Linux.");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(WholeOrNot, 0, 0, 0)]
    [InlineData("echo begun >> log; sleep 0.2", 0, 1, 0)]
    [InlineData("if [ -e begun ]; then touch left.tmp; fi; touch begun; sleep 0.2", 0, 0, 1)]
    [InlineData("if [ -e begun ]; then exit 3; fi; touch begun; sleep 0.2; rm begun; echo right > out", 1, 1, 1)]
    public void What_killed_programs_do_is_counted(string script, int failed, int different, int leftBehind)
    {
        var result = KillCampaign.Run(Shell(script), 4, 1, _ => { }, TestContext.Current.CancellationToken);
        Assert.Equal(4, result.Rounds);
        Assert.Equal(12, result.Kills + result.TooLate);
        Assert.Equal(result.Kills, result.BySignal.Sum());
        Assert.InRange(result.Kills, 1, 12);
        Assert.Equal(
            (failed > 0, different > 0, leftBehind > 0, failed + different + leftBehind == 0),
            (result.Failed > 0, result.Different > 0, result.LeftBehind > 0, result.IsSound));
        Assert.Equal(result.IsSound, result.Examples.Count == 0);
    }

    [Fact]
    public void A_program_that_differs_by_itself_is_none_to_kill() => Assert.Contains(
        "out differs", Assert.Throws<InvalidOperationException>(() => KillCampaign.Run(
            Shell("echo $$ > out"), 1, 1, _ => { }, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("echo right > out.$$; mv out.$$ out", false)]
    [InlineData("mkdir begun || exit 1", true)]
    [InlineData("echo $$ >> out", true)]
    public void What_two_writers_do_is_counted(string script, bool wrong)
    {
        var pairs = FaultCampaign.Run(Shell(script), 2, TestContext.Current.CancellationToken).Where(r => r.Fault.StartsWith("two", StringComparison.Ordinal));
        Assert.All(pairs, result => Assert.Equal((2, wrong ? 2 : 0, wrong ? 0 : 2), (result.Trials, result.Wrong, result.Completed)));
    }

    [Theory]
    [InlineData("head -c 4000000 /dev/zero > more.tmp && mv more.tmp more || { rm -f more.tmp; exit 1; }", false)]
    [InlineData("head -c 4000000 /dev/zero > out || exit 1", true)]
    public void What_a_full_disk_does_is_counted(string script, bool wrong)
    {
        var program = Shell("echo right > out") with { Another = ["sh", "-c", script] };
        var disk = FaultCampaign.Run(program, 1, TestContext.Current.CancellationToken).First();
        if (disk.Trials == 0)
        {
            Assert.Contains("not tried", disk.Examples[0], StringComparison.Ordinal); // who may not mount
        }
        else
        {
            Assert.Equal(wrong ? (disk.Trials, 0) : (0, disk.Trials), (disk.Wrong, disk.Refused));
        }
    }

    [Fact]
    public void Sections_keep_what_was_not_tried_this_time()
    {
        string file = _folder["reliability.json"];
        File.WriteAllText(file, """{"kills":{"kills":7,"programs":[{"name":"other","kills":7,"rounds":3,"failed":1}]},"faults":{"trials":2}}""");
        Assert.Equal(0, CampaignCommand.RunKills([Shell(WholeOrNot)], 1, 1, 1, file, TextWriter.Null, TestContext.Current.CancellationToken));
        var json = JsonNode.Parse(File.ReadAllText(file))!;
        Assert.Equal(2, (int)json["faults"]!["trials"]!);
        Assert.Equal((4, 1), ((int)json["kills"]!["rounds"]!, (int)json["kills"]!["failed"]!));
        Assert.Equal(["a script", "other"], json["kills"]!["programs"]!.AsArray().Select(p => (string)p!["name"]!));
    }

    [Fact]
    public void Times_are_no_difference_and_values_are()
    {
        Assert.Equal(FolderContent.TimelessJson("""{"a":1,"seconds":2,"b":[{"TimeUtc":"x","c":3}]}"""), FolderContent.TimelessJson("""{"a":1,"b":[{"c":3}]}"""));
        Assert.NotEqual(FolderContent.TimelessJson("""{"a":1}"""), FolderContent.TimelessJson("""{"a":2}"""));
        Assert.Equal("no JSON", FolderContent.TimelessJson("no JSON"));
    }

    private static CampaignProgram Shell(string script) => new("a script", _ => { }, [["sh", "-c", script]], ["sh", "-c", script]);
}
