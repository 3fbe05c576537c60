using System.Text.Json.Nodes;
using ApproxNets.Benchmarks;
using ApproxNets.Kernels;
using Xunit;

namespace ApproxNets.Tests.Benchmarks;

public sealed class BenchCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _out = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("kernels", "--fast")]
    [InlineData("kernels", "--path", "sse")]
    [InlineData("kernels", "--path", "tensor")]
    [InlineData("kernels", "--table", "exact")]
    [InlineData("kernels", "--threads", "0")]
    [InlineData("kernels", "--threads", "many")]
    [InlineData("kernels", "--filter", "no such layer")]
    [InlineData("kernels", "--json", "no/such/folder/kernels.json")]
    [InlineData("train", "--filter", "resnet")]
    [InlineData("train", "--threads", "-1")]
    [InlineData("errors", "--json", "no/such/folder/errors.json")]
    [InlineData("campaign", "--inputs", "0")]
    [InlineData("everything")]
    public async Task Wrong_use_is_refused_before_anything_is_measured(params string[] arguments)
        => Assert.Equal(2, await BenchCommand.Main(arguments));

    [Fact]
    public void A_sweep_of_nothing_says_what_every_job_costs()
    {
        string file = Path.Combine(_folder.Path, "sweep.json");
        Assert.Equal(0, BenchCommand.RunSweep(25, file, _out, TestContext.Current.CancellationToken));
        Assert.Equal(25, JsonNode.Parse(File.ReadAllText(file))!["jobs"]!.GetValue<int>());
        Assert.Contains("25 jobs: ", _out.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_for_every_layer_then_the_means_and_a_file()
    {
        KernelLayer[] layers =
        [
            new("one", new Conv2dShape(2, 3, 5, 5, 4, 3, 3)),
            new("two", new Conv2dShape(1, 12, 1, 1, 7, 1, 1)),
        ];
        var options = new KernelBenchmarkOptions { Threads = 1, LeastRounds = 1, MostRounds = 1, SecondsPerLayer = 0 };

        Assert.Equal(0, BenchCommand.RunKernels(layers, options, _folder["kernels.json"], _out, TestContext.Current.CancellationToken));

        string[] lines = _out.ToString().ReplaceLineEndings("\n").TrimEnd().Split('\n');
        Assert.Single(lines, line => line.StartsWith("one ", StringComparison.Ordinal));
        Assert.Single(lines, line => line.StartsWith("two ", StringComparison.Ordinal));
        Assert.Matches(@"^geometric mean: ratio signed \d+\.\d\d, unsigned \d+\.\d\d, \d+\.\d times as fast as gather$", lines[^1]);
        var json = JsonNode.Parse(File.ReadAllText(_folder["kernels.json"]))!;
        Assert.Equal(["one", "two"], json["layers"]!.AsArray().Select(layer => (string?)layer!["name"]));
        Assert.Equal(["kernels.json"], Directory.GetFiles(_folder.Path).Select(file => Path.GetFileName(file)));
    }

    [Fact]
    public void The_best_circuits_for_magnitudes_are_a_front()
    {
        Assert.Equal(0, BenchCommand.RunMagnitudes(["shipped"], _folder["magnitudes.json"], _out));

        var circuits = JsonNode.Parse(File.ReadAllText(_folder["magnitudes.json"]))!["circuits"]!.AsArray();
        double[] Of(string figure) => [.. circuits.Select(c => (double)c![figure]!)];
        Assert.True(circuits.Count > 10);
        Assert.Equal(Of("power").Order(), Of("power"));
        Assert.Equal(Of("deviation").OrderDescending(), Of("deviation"));
        Assert.Contains(circuits, c => ((string)c!["multiplier"]!).StartsWith("mul8u_evo_dev", StringComparison.Ordinal));
        Assert.Equal(circuits.Count, _out.ToString().ReplaceLineEndings("\n").Split('\n').Count(line => line.StartsWith("shipped", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_line_for_every_error_model_and_a_file()
    {
        var options = new ErrorModelBenchmarkOptions { Depth = 8, Multipliers = 3, Images = 1, MonteCarloRuns = 10, Rounds = 1 };

        Assert.Equal(0, BenchCommand.RunErrorModels(options, _folder["errors.json"], _out, TestContext.Current.CancellationToken));

        string[] names = ["single", "multi", "monte-carlo", "behavioural"];
        string[] lines = _out.ToString().ReplaceLineEndings("\n").Split('\n');
        Assert.Contains("30 pairs", lines[0], StringComparison.Ordinal);
        Assert.Equal(names, lines.Skip(1).Take(4).Select(line => line.Split(' ')[0]));
        var json = JsonNode.Parse(File.ReadAllText(_folder["errors.json"]))!;
        Assert.Equal(names, json["models"]!.AsArray().Select(model => (string?)model!["name"]));
        Assert.Equal(
            (double)json["all_seconds"]!, json["models"]!.AsArray().Sum(model => (double)model!["seconds"]!), 0.01 * (double)json["all_seconds"]!);
    }
}
