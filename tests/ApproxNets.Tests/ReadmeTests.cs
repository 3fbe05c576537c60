using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ApproxNets.Cli.Notebooks;
using ApproxNets.Cli.Running;
using ApproxNets.Experiments;
using ApproxNets.Foundation;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using Xunit;

namespace ApproxNets.Tests;

public sealed class ReadmeTests
{
    private static readonly string Root = RepositoryFolder.Find(AppContext.BaseDirectory);
    private static readonly string Readme = Read("README.md");

    private static readonly string Results = Read("data/results/README.md") + Read("data/results/APPENDIX.md");

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

    public static TheoryData<string> AssignmentFiles =>
        [.. Directory.GetFiles(Path.Combine(Root, "data", "results"), "*.json").Select(file => Path.GetFileName(file)!)
            .Where(name => name.StartsWith("agn-", StringComparison.Ordinal) || name.StartsWith("operating-points-", StringComparison.Ordinal)).Order()];

    [Theory]
    [MemberData(nameof(AssignmentFiles))]
    public void The_results_are_those_of_the_result_files(string file)
    {
        var json = ResultOf(file);
        foreach (var seed in Seeds(json))
        {
            double exact = (double)seed["qat_top1"]!;
            Assert.NotEmpty(seed["points"]!.AsArray());
            Assert.Contains($"{exact:F2}", Results, StringComparison.Ordinal);
            Assert.All(seed["points"]!.AsArray(), point => Assert.Contains(Results.Split('\n'), line =>
                line.Contains($"| -{100 * (double)point!["savings"]!:F1} % |", StringComparison.Ordinal)
                && Regex.IsMatch(line, $@"\| \**{Top1(point):F2}\** \| \**{Regex.Escape($"{Top1(point) - exact:+0.00;-0.00}")}\** \|")));
        }

        // Of what is not retrained the accuracy with batch statistics estimated anew.
        static double Top1(JsonNode point) => (double)(point["top1"] ?? point["top1_new_statistics"])!;
    }

    [Fact]
    public void The_headlines_are_means_over_the_seeds_of_a_result_file()
    {
        string[] rows = [.. Readme.Split('\n').Where(line => Regex.IsMatch(line, @"^\| \w+, [\w-]+ \|.* % \|"))];
        string[] means =
        [
            .. AssignmentFiles.Where(name => name.Data.StartsWith("agn-", StringComparison.Ordinal)).SelectMany(name =>
            {
                var records = ResultFile.ReadComparison(Path.Combine(Root, "data", "results", name.Data));
                string library = (records[0].Library == "evoapprox8" ? "EvoApproxLib" : "shipped")
                    + (records[0].Scheme == "unsigned" ? ", unsigned" : "")
                    + (records[0].Points.Any(p => p.Multipliers.Any(m => m.Contains("_sm", StringComparison.Ordinal))) ? ", sign and magnitude" : "")
                    + (records[0].Points.All(p => p.Top1 is null) ? ", not retrained" : "");
                return records.SelectMany(record => record.Points.Select(point => (Record: record, Point: point)))
                    .GroupBy(p => (p.Point.Method, p.Point.Lambda, p.Point.Target, p.Point.TrainingEpochs)).Select(group =>
                        $"| {records[0].Network}, {records[0].Dataset} | {library} | {string.Join(", ", group.Select(p => p.Record.Seed))} | "
                        + $"-{100 * group.Average(p => p.Point.Savings):F1} % | {group.Average(p => Top1(p.Point)):F2} | "
                        + $"{group.Average(p => Top1(p.Point) - p.Record.QatTop1):+0.00;-0.00} | "
                        + $"{group.Average(p => Top1(p.Point) - p.Record.FloatTop1):+0.00;-0.00} |");
            }),
        ];

        static double Top1(AssignmentResult point) => (point.Top1 ?? point.Top1NewStatistics)!.Value;
        Assert.True(rows.Length >= 4);
        Assert.All(rows, row => Assert.Contains(row.Replace("CIFAR-10", "cifar10", StringComparison.Ordinal), means, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [InlineData("error-model.json", "ResNet8")]
    [InlineData("error-model-resnet20.json", "ResNet20")]
    [InlineData("error-model-resnet8.json", "ResNet8")]
    [InlineData("error-model-resnet8-shipped.json", "ResNet8")]
    public void The_error_models_are_those_of_the_result_file(string file, string network) =>
        Assert.All(ResultOf(file)["models"]!.AsArray(), model => Assert.Contains(
            $"| {network} | {ResultOf(file)["pairs"]} | {model!["name"]} | {(double)model["pearson"]!:F3} | {(double)model["pearson_of_logs"]!:F3} | "
            + $"{100 * (double)model["median_relative_error"]!:F1} % | {100 * (double)model["same_choice"]!:F0} % | {100 * (double)model["too_bold"]!:F0} % |",
            Results, StringComparison.Ordinal));

    [Fact]
    public void The_degradations_are_those_of_the_result_file() =>
        Assert.All(ResultOf("degradation-resnet8.json")["rows"]!.AsArray(), row =>
        {
            Assert.Contains($"{(double)row!["degradation"]!:F2} at {100 * (double)row["savings"]!:F1} %", Results, StringComparison.Ordinal);
            Assert.Contains($"{(double)row["degradation_around_channel_means"]!:F2}", Results, StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("float-resnet8-taught.json", "ResNet8")]
    [InlineData("float-resnet14-taught.json", "ResNet14")]
    public void The_taught_baselines_are_those_of_the_result_file(string file, string network) =>
        Assert.All(ResultOf(file)["runs"]!.AsArray(), run => Assert.Contains(
            $"| {network}, taught by ResNet20 | {run!["seed"]} | {run["epochs"]!.AsArray().Count} | "
            + $"{100 * (double)run["epochs"]!.AsArray()[^1]!["accuracy"]!:F1} | {(double)run["float_top1"]!:F2} |", Results, StringComparison.Ordinal));

    // In brackets stands what the authors report, where they do.
    [Fact]
    public void The_uniform_rows_are_those_of_the_result_file() =>
        Assert.All(ResultOf("uniform-resnet8.json")["rows"]!.AsArray(), row =>
        {
            string Of(string value) => row![value] is { } number ? $"{(double)number:F2}" : "";
            Assert.Matches(
                $@"\| `{row!["multiplier"]}` \| -{100 * (double)row["savings"]!:F1} % \| {Of("behavioural")}( \([\d.]+\))? \| "
                + $@"{Of("behavioural_difference")} ?\| {Of("gaussian")}( \([\d.]+\))? \| {Of("accurate_only")}( \([\d.]+\))? \| "
                + $@"{(double)row["predicted_deviation"]!:F3} \| {(double)row["predicted_mean"]!:F3} \|", Results);
        });

    [Fact]
    public void The_circuits_for_magnitudes_are_those_of_the_result_file()
    {
        var circuits = ResultOf("magnitudes.json")["circuits"]!.AsArray();
        string[] rows = [.. Results.Split('\n').Where(line => Regex.IsMatch(line, @"^\| `mul\w+` \| \d+\.\d \|"))];
        Assert.True(rows.Length >= 5);
        Assert.All(rows, row => Assert.All(Regex.Matches(row, @"`(mul\w+)` \| ([\d.]+) \| ([\d.]+)"), match => Assert.Contains(circuits, circuit =>
            (string)circuit!["multiplier"]! == match.Groups[1].Value && $"{(double)circuit["deviation"]!:F1}" == match.Groups[2].Value
            && $"{(double)circuit["power"]!:F3}" == match.Groups[3].Value)));
    }

    [Theory]
    [InlineData("resnet8", "ResNet8")]
    [InlineData("resnet14", "ResNet14")]
    [InlineData("resnet20", "ResNet20")]
    public void The_subsets_are_those_of_the_result_file(string file, string network)
    {
        var rows = ResultOf($"subset-{file}.json")["rows"]!.AsArray().ToDictionary(
            row => ((int)row!["n"]!, (string)row["method"]!),
            row => (Savings: 100 * row!["savings"]!.AsArray().Average(s => (double)s!), Violations: (int)row["violations"]!));
        var found = Regex.Matches(Results, $@"^\| {network} \| (\d) \| -([\d.]+) % \| (\d+) \| -([\d.]+) % \| ([+\d.]+) \|$", RegexOptions.Multiline);
        Assert.Equal(5, found.Count);
        Assert.All(found, match =>
        {
            var (kMeans, optimum) = (rows[(int.Parse(match.Groups[1].Value), "k-means")], rows[(int.Parse(match.Groups[1].Value), "optimum")]);
            Assert.Equal(
                [$"{kMeans.Savings:F1}", $"{kMeans.Violations}", $"{optimum.Savings:F1}", $"{optimum.Savings - kMeans.Savings:+0.0}"],
                match.Groups.Values.Skip(2).Select(group => group.Value));
        });
    }

    [Fact]
    public void The_rows_with_difference_gradients_are_those_of_the_result_file() =>
        Assert.All(ResultOf("uniform-lenet5-clipped.json")["rows"]!.AsArray(), row => Assert.Contains(
            $"| `{row!["multiplier"]}` | -{100 * (double)row["savings"]!:F1} % | {(double)row["behavioural"]!:F2} | {(double)row["behavioural_difference"]!:F2} | "
            + $"{(double)row["gaussian"]!:F2} | {(double)row["accurate_only"]!:F2} |", Results, StringComparison.Ordinal));

    [Fact]
    public void The_speeds_are_those_of_the_benchmark_files()
    {
        JsonNode Result(string name) => ResultOf(Path.Combine("bench", name + ".json"));
        JsonNode avx512 = Result("kernels-amd-epyc"), avx2 = Result("kernels-amd-epyc-avx2");
        string[] means =
        [
            .. new[] { avx512, avx2 }.SelectMany(r => new[] { r["geomean_ratio_signed"], r["geomean_ratio_unsigned"] })
                .Select(mean => $"**{(double)mean!:F2}**"),
        ];
        Assert.Contains($"| **all** | | {avx512["layers"]!.AsArray().Count} | | {string.Join(" | ", means)} |", Results, StringComparison.Ordinal);
        Assert.Contains($"{(double)avx512["geomean_speedup_vs_gather"]!:F1} times slower", Results, StringComparison.Ordinal);
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
    [InlineData("notebooks/README.md")]
    [InlineData("notebooks/glossary.md")]
    [InlineData("data/results/README.md")]
    [InlineData("data/results/APPENDIX.md")]
    public void Relative_links_lead_somewhere(string file)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Root, file))!;
        var targets = Regex.Matches(Read(file), @"\]\(([^)#\s]+)").Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal));

        Assert.All(targets, target => Assert.True(Path.Exists(Path.Combine(folder, target)), $"{file} links to {target}"));
    }

    [Fact]
    public void Relative_links_of_lessons_and_solutions_lead_somewhere() => Assert.All(
        Directory.GetFiles(Path.Combine(Root, "notebooks"), "*.ipynb", SearchOption.AllDirectories),
        file => Assert.All(
            NotebookDocument.Load(file).Cells.Where(cell => cell.IsMarkdown).SelectMany(cell => Regex.Matches(cell.Source, @"\]\(([^)#\s]+)"))
                .Select(match => match.Groups[1].Value).Where(target => !target.Contains("://", StringComparison.Ordinal)),
            target => Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(file)!, target)), $"{file} links to {target}")));

    [Fact]
    public async Task The_code_runs_as_in_a_notebook()
    {
        string[] code = [.. Regex.Matches(Readme, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value)];
        using var engine = new NotebookEngine();
        async Task Run(string cell) =>
            Assert.Null(await engine.ExecuteAsync(cell, "README.md", _ => { }, TestContext.Current.CancellationToken));

        // A notebook begins with this line.
        await Run("#r \"ApproxNets.dll\"\n" + code[0]);
        Assert.Contains(Assert.IsType<Assignment>(engine.Variable("matched")?.Value).Multipliers, multiplier => !multiplier.IsExact);

        await Run(code[1]);
        var library = Assert.IsType<MultiplierLibrary>(engine.Variable("library")?.Value);
        var mine = Assert.IsType<Multiplier>(engine.Variable("mine")?.Value);
        Assert.Equal([library.Exact.Name, mine.Name], library.Multipliers.Select(m => m.Name));
        Assert.Equal((false, 0.75), (mine.IsExact, ErrorStatistics.Of(mine).ErrorProbability * 256 / 255));

        await Run(code[2]);
        Assert.IsType<AssignmentMethod>(engine.Variable("tenth")?.Value);
        Assert.Equal(3, code.Length);
    }

    [Fact]
    public void The_reading_path_is_short()
    {
        string path = Readme[Readme.IndexOf("### Reading path", StringComparison.Ordinal)..Readme.IndexOf("\n## Speed", StringComparison.Ordinal)];
        var files = Regex.Matches(path, @"\]\((src/[^)]+\.cs)\)").Select(match => match.Groups[1].Value).ToList();
        Assert.InRange(files.Count, 6, 9);
        Assert.InRange(files.Sum(file => File.ReadLines(Path.Combine(Root, file)).Count()), 1, 2500);
    }

    private static IEnumerable<JsonNode> Seeds(JsonNode json) => [json, .. json["other_seeds"]?.AsArray().Select(seed => seed!) ?? []];

    private static JsonNode ResultOf(string file) => JsonNode.Parse(Read(Path.Combine("data", "results", file)))!;
}
