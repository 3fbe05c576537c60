using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ApproxNets.Cli;
using ApproxNets.Cli.Running;
using ApproxNets.Data;
using ApproxNets.Multipliers;
using Xunit;

namespace ApproxNets.Tests;

public sealed class ReadmeTests
{
    private static readonly string Root = RepositoryFolder.Find(AppContext.BaseDirectory);
    private static readonly string Readme = Read("README.md");

    private static string Read(string file) => File.ReadAllText(Path.Combine(Root, file)).ReplaceLineEndings("\n");

    [Theory]
    [InlineData("dotnet run -c Release --project src/ApproxNets.Cli -- run")]
    [InlineData("dotnet test -c Release")]
    public void Both_commands_are_at_the_top_and_in_ci(string command)
    {
        string top = Readme[..Readme.IndexOf("\n## What you see", StringComparison.Ordinal)];
        Assert.Contains($"\n{command}\n", top, StringComparison.Ordinal);
        Assert.Contains($"\n{command}", Read(".ci/run"), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_notebook_is_named_and_every_name_is_a_notebook()
    {
        var named = Regex.Matches(Readme, @"notebooks/([\w-]+\.ipynb)").Select(match => match.Groups[1].Value).Distinct().Order();
        var present = Directory.GetFiles(Path.Combine(Root, "notebooks"), "*.ipynb").Select(file => Path.GetFileName(file)).Order();

        Assert.Equal(present, named);
    }

    [Fact]
    public void Every_notebook_has_its_title_and_question()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(Root, "notebooks"), "*.ipynb"))
        {
            var notebook = NotebookDocument.Load(file);
            string first = notebook.Cells[0].Source.ReplaceLineEndings(" ");
            string question = Regex.Match(first, @"\*\*Question:\*\* ([^?]+\?)").Groups[1].Value;
            string row = Readme.Split('\n').Single(
                line => line.StartsWith('|') && line.Contains(Path.GetFileName(file), StringComparison.Ordinal));

            Assert.Contains($"[{notebook.Title}](", row, StringComparison.Ordinal);
            Assert.NotEmpty(question);
            Assert.Contains(question, row, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("agn-resnet8.json")]
    [InlineData("agn-resnet8-shipped.json")]
    [InlineData("agn-resnet8-extremes.json")]
    [InlineData("agn-resnet20-shipped.json")]
    [InlineData("agn-lenet5.json")]
    [InlineData("operating-points-resnet8-cifar10.json")]
    public void The_results_are_those_of_the_result_files(string file)
    {
        string results = Readme[Readme.IndexOf("\n## Results", StringComparison.Ordinal)..];
        var json = JsonNode.Parse(Read(Path.Combine("data", "results", file)))!;
        var points = json["points"]!.AsArray();
        Assert.NotEmpty(points);
        foreach (var point in points)
        {
            double accuracy = (double)point!["top1"]!, savings = 100 * (double)point["savings"]!;
            string row = $"{accuracy:F2}";
            Assert.Contains(
                results.Split('\n'),
                line => line.Contains(row, StringComparison.Ordinal) && line.Contains($"-{savings:F1} %", StringComparison.Ordinal));
        }

        Assert.Contains($"{(double)json["qat_top1"]!:F2}", results, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("error-model.json")]
    [InlineData("error-model-resnet20.json")]
    public void The_error_models_are_those_of_the_result_file(string file) =>
        Assert.All(JsonNode.Parse(Read(Path.Combine("data", "results", file)))!["models"]!.AsArray(), model => Assert.Contains(
            $"| {model!["name"]} | {(double)model["pearson"]!:F3} | {(double)model["pearson_of_logs"]!:F3} | "
            + $"{100 * (double)model["median_relative_error"]!:F1} % |", Readme, StringComparison.Ordinal));

    [Fact]
    public void The_taught_baselines_are_those_of_the_result_file() =>
        Assert.All(JsonNode.Parse(Read("data/results/float-resnet8-taught.json"))!["runs"]!.AsArray(), run => Assert.Matches(
            $@"\| ResNet8, taught by ResNet20.*, seed {run!["seed"]} \| {run["epochs"]!.AsArray().Count} \| "
            + $@"{100 * (double)run["epochs"]!.AsArray()[^1]!["accuracy"]!:F1} \| {(double)run["float_top1"]!:F2} \|", Readme));

    [Fact]
    public void The_uniform_rows_are_those_of_the_result_file() =>
        Assert.All(JsonNode.Parse(Read("data/results/uniform-resnet8.json"))!["rows"]!.AsArray(), row => Assert.Matches(
            $@"\| `{row!["multiplier"]}` \| {(double)row["behavioural"]!:F2} \([\d.]+\) \| {(double)row["gaussian"]!:F2} \([\d.]+\) \| "
            + $@"{(double)row["accurate_only"]!:F2} \(", Readme));

    [Fact]
    public void The_speeds_are_those_of_the_benchmark_files()
    {
        JsonNode Result(string name) => JsonNode.Parse(Read(Path.Combine("data", "results", "bench", name + ".json")))!;
        JsonNode avx512 = Result("kernels-amd-epyc"), avx2 = Result("kernels-amd-epyc-avx2");
        string[] means =
        [
            .. new[] { avx512, avx2 }.SelectMany(r => new[] { r["geomean_ratio_signed"], r["geomean_ratio_unsigned"] })
                .Select(mean => $"**{(double)mean!:F2}**"),
        ];
        Assert.Contains($"| **all** | | {avx512["layers"]!.AsArray().Count} | | {string.Join(" | ", means)} |", Readme, StringComparison.Ordinal);
        Assert.Contains($"{(double)avx512["geomean_speedup_vs_gather"]!:F1} times slower", Readme, StringComparison.Ordinal);
        JsonNode errors = Result("error-models-amd-epyc");
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"take {(double)errors["all_seconds"]!:F1} s for the {(int)errors["pairs"]!:N0} pairs"),
            Readme, StringComparison.Ordinal);
        Assert.All(
            Result("train-amd-epyc")["networks"]!.AsArray(),
            network => Assert.Contains($"{(double)network!["approximate_over_qat"]!:F2} times", Readme, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_folder_of_the_library_is_described()
        => Assert.All(
            Directory.GetDirectories(Path.Combine(Root, "src", "ApproxNets")).Select(folder => Path.GetFileName(folder)!)
                .Where(name => name is not ("Build" or "bin" or "obj")),
            name => Assert.Contains($"| `{name}` |", Readme, StringComparison.Ordinal));

    [Theory]
    [InlineData("README.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("data/README.md")]
    public void Relative_links_lead_somewhere(string file)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Root, file))!;
        var targets = Regex.Matches(Read(file), @"\]\(([^)#\s]+)").Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal));

        Assert.All(targets, target => Assert.True(Path.Exists(Path.Combine(folder, target)), $"{file} links to {target}"));
    }

    [Fact]
    public async Task The_code_runs_as_in_a_notebook()
    {
        string code = Assert.Single(Regex.Matches(Readme, "```csharp\n(.*?)```", RegexOptions.Singleline)).Groups[1].Value;
        using var engine = new ScriptEngine(Root, new NotebookGlobals((_, _) => { }));

        // A notebook begins with this line.
        await engine.RunAsync("#r \"ApproxNets.dll\"\n" + code, "README.md", TestContext.Current.CancellationToken);

        var library = Assert.IsType<MultiplierLibrary>(engine.Variable("library")?.Value);
        var mine = Assert.IsType<Multiplier>(engine.Variable("mine")?.Value);
        Assert.Equal([MultiplierFamilies.Exact(Signedness.Signed).Name, mine.Name], library.Multipliers.Select(m => m.Name));
        Assert.Equal((false, 0.75), (mine.IsExact, ErrorStatistics.Of(mine).ErrorProbability * 256 / 255));
    }
}
