using System.Text.Json.Nodes;
using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class VerifyCommandTests
{
    private static readonly string[] Cells =
    [
        NotebookFixture.Reference,
        "tag parameters:var profile = \"quick\";\nvar scale = 1.0;",
        "Notebook.Report(\"third\", scale / 3);\nNotebook.Report(\"both\", new[] { 1.0, scale });\n$\"{profile}: {scale / 7:F3} of mul8s_a in {DateTime.UtcNow.Ticks} ms\"",
        "tag varies:DateTime.UtcNow.Ticks",
    ];

    [Fact]
    public async Task ARunWithTheRecordedParametersIsVerified()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01-some.ipynb", Cells);
        Assert.Equal(RunStatus.Ok, (await fixture.RunAsync([], ["scale=3"], profile: "smoke")).Status);

        Assert.Equal(CommandLine.Success, await CommandLine.InvokeAsync(CommandLine.Root(), ["verify", fixture.Report]));
        Assert.All(new[] { "report.json", "index.html", "01-some.ipynb" }, file => Assert.Single(VerifyCommand.Records(Path.Combine(fixture.Report, file))));
        var record = Assert.Single(VerifyCommand.Records(fixture.Report));
        Assert.Equal(("smoke", "3"), (record.Parameters["profile"], record.Parameters["scale"]));
        Assert.Equal(["third", "both", "cell-3"], record.Values.Select(values => values.Place).Select(place => place.StartsWith("cell", StringComparison.Ordinal) ? "cell-3" : place));
        Assert.Equal(["smoke", "0.429", "of", "mul8s_a", "in"], record.Values[2].Values);
    }

    [Fact]
    public async Task WhatDiffersIsSaidWithItsSize()
    {
        using var fixture = new NotebookFixture();
        fixture.Add("01-some.ipynb", Cells);
        await fixture.RunAsync([], ["scale=3"]);
        string path = Path.Combine(fixture.Report, "01-some.ipynb"), text = File.ReadAllText(path);
        var root = JsonNode.Parse(text)!;
        root["metadata"]!["approxnets"]!["published"]!["third"] = 1.25;
        root["metadata"]!["approxnets"]!["published"]!["both"]![0] = 1 + 1e-12;
        File.WriteAllText(path, root.ToJsonString().Replace("0.429 of mul8s_a", "0.428 of mul8s_b", StringComparison.Ordinal));

        Assert.Equal(CommandLine.Failure, await CommandLine.InvokeAsync(CommandLine.Root(), ["verify", fixture.Report]));

        var record = Assert.Single(VerifyCommand.Records(path));
        var run = await VerifyCommand.RunAgainAsync(record, fixture.Folder, 1, 1, new Terminal(fixture.Log, interactive: false), TestContext.Current.CancellationToken);
        var (words, differing) = VerifyCommand.Compared(record, run, 1e-6);
        Assert.Equal(2, differing);
        Assert.Contains("4 values the same bits, 2 within tolerance, 2 differ", words, StringComparison.Ordinal);
        Assert.Contains("differs by -0.25", words, StringComparison.Ordinal);
        Assert.Contains("mul8s_b", words, StringComparison.Ordinal);
        Assert.Equal(3, VerifyCommand.Compared(record, run, 0).Differing);
    }

    [Theory]
    [InlineData("no.ipynb")]
    [InlineData(".")]
    public async Task WhatIsNoReportIsAnErrorOfUse(string of)
    {
        using var fixture = new NotebookFixture();
        string plain = fixture.Add("01.ipynb", "md:# Text");
        Assert.Equal(CommandLine.WrongUse, await CommandLine.InvokeAsync(CommandLine.Root(), ["verify", Path.Combine(fixture.Folder, of)]));
        Assert.Equal(CommandLine.WrongUse, await CommandLine.InvokeAsync(CommandLine.Root(), ["verify", plain]));
        Assert.Equal(CommandLine.WrongUse, await CommandLine.InvokeAsync(CommandLine.Root(), ["verify", plain, "--tolerance", "-1"]));
    }

    [Theory]
    [InlineData("""{"notebooks":[{"status":"ok"}]}""")]
    [InlineData("""{"notebooks":[{"status":"ok","file":null}]}""")]
    [InlineData("""{"notebooks":[{"status":"ok","file":"a","file":"b"}]}""")]
    public void ADamagedReportIsAnErrorOfUse(string facts)
    {
        using var folder = new TemporaryFolder("verify");
        File.WriteAllText(folder["report.json"], facts);
        Assert.Contains("found no report", Assert.Throws<ApproxNets.Cli.UsageException>(() => VerifyCommand.Records(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TimesAreLeftOutAndTheRestIsInOrder()
    {
        Assert.Equal(["a", "b", "x", "1.5", "y", "2"], Verification.Values("a  search / s  b\n-  ----------  -\nx        12.0  1.5\ny           9  2"));
        Assert.Equal(["8", "epochs", "in", "93.30%", "of", "4,096"], Verification.Values("8 epochs in 27 s, 93.30% of 4,096\nQAT: epoch 1/2, 5 images/s, 00:07"));
        Assert.Equal(["layer2.0.conv1", "-12", "1e-05"], Verification.Values("layer2.0.conv1: -12 (1e-05)"));
    }

    [Theory]
    [InlineData("93.30", "93.31", (int)Verdict.Within)]
    [InlineData("93.30", "93.32", (int)Verdict.Differs)]
    [InlineData("93.3%", "93.30%", (int)Verdict.Same)]
    [InlineData("12", "13", (int)Verdict.Differs)]
    [InlineData("0.3333333333333333", "0.33333333333333337", (int)Verdict.Within)]
    [InlineData("mul8s_a", "mul8s_b", (int)Verdict.Differs)]
    [InlineData("12", "", (int)Verdict.Differs)]
    public void NumbersAreWithinToleranceOrOneUnitOfTheLastDigit(string recorded, string found, int verdict) =>
        Assert.Equal((Verdict)verdict, Assert.Single(Verification.Compare([recorded], [found], 1e-6)).Verdict);
}
