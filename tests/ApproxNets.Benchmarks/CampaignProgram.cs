using System.Text.Json.Nodes;
using ApproxNets.Circuits;
using ApproxNets.Circuits.Import;
using ApproxNets.Multipliers;

namespace ApproxNets.Benchmarks;

/// <summary>A use of the command line program, as the campaigns kill and hinder it.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Prepare">Puts the input into an empty folder, which the program runs in.</param>
/// <param name="Lines">The command lines, run in order; the first is the one that is killed.</param>
/// <param name="Another">Another first command line for the same place: a second writer, or one that comes to a full disk.</param>
internal sealed record CampaignProgram(
    string Name, Action<string> Prepare, IReadOnlyList<IReadOnlyList<string>> Lines, IReadOnlyList<string> Another)
{
    /// <summary>How the names of files begin that the other command line replaces.</summary>
    public IReadOnlyList<string> Replaces { get; init; } = [];

    private static readonly string[] Small = ["--profile", "smoke", "--network", "lenet5", "--method", "agn", "--lambda", "1"];

    /// <summary>What writes files: training with search, a sweep of two processes, a notebook with its report, an import, an evolution.</summary>
    public static IReadOnlyList<CampaignProgram> All() =>
    [
        new("compare", _ => { }, [Line("compare", [.. Small, "--retraining", "3"])], Line("compare", [.. Small, "--seed", "2", "--without-retraining"])),
        new("sweep", folder =>
        {
            Manifest(folder, "two.json", 1, 2);
            Manifest(folder, "more.json", 1, 3);
        }, [Sweep("two.json"), Line("sweep", "collect", "two.json", "--folder", "kept")], Sweep("more.json")),
        new("run", folder =>
        {
            Notebook(folder, "one.ipynb", 1);
            Notebook(folder, "other.ipynb", 2);
        }, [Line("run", "one.ipynb", "--out", "report")], Line("run", "other.ipynb", "--out", "report"))
        {
            Replaces = ["report/index.html", "report/report.json"],
        },
        new("multipliers import", folder =>
        {
            Circuit(folder, "one.blif", 1);
            Circuit(folder, "other.blif", 2);
        }, [Line("multipliers", "import", "one.blif", "--name", "mine")], Line("multipliers", "import", "other.blif", "--name", "mine")),
        new("multipliers evolve", _ => { }, [Evolve("one", 40)], Evolve("other", 60)),
    ];

    private static string[] Line(string command, params IEnumerable<string> options) =>
        ["dotnet", typeof(Cli.Commands.CommandLine).Assembly.Location, command, .. options];

    private static string[] Sweep(string manifest) => Line("sweep", manifest, "--folder", "kept", "--jobs", "2");

    private static string[] Evolve(string name, int error) => Line(
        "multipliers", "evolve", "--evaluations", "6000", "--max-mae", $"{error}", "--checkpoint", $"{name}.json", "--library", "mine", "--name", name);

    private static void Manifest(string folder, string name, params int[] seeds) => File.WriteAllText(Path.Combine(folder, name), new JsonObject
    {
        ["jobs"] = new JsonArray(new JsonObject
        {
            ["command"] = "compare",
            ["options"] = new JsonObject
            {
                ["profile"] = "smoke",
                ["network"] = "lenet5",
                ["method"] = "agn",
                ["lambda"] = 1,
                ["without-retraining"] = true,
            },
            ["grid"] = new JsonObject { ["seed"] = new JsonArray([.. seeds.Select(seed => (JsonNode)seed)]) },
        }),
    }.ToJsonString());

    private static void Notebook(string folder, string name, int seed)
    {
        string[] cells =
        [
            "#r \"ApproxNets.Interactive.dll\"\nusing ApproxNets.Interactive;\nNotebook.Start();",

            // Not Notebook.Open, which shows how a training goes on: a run that goes on from another has less of it to show.
            "var experiment = ApproxNets.Experiments.Experiment.Open(\"shapes\", \"lenet5\", \"built-in\", \"signed\", \"smoke\", "
                + $"{seed}, cancellation: Notebook.Cancellation);\nvar network = experiment.Float().Model;",
            "var quantised = experiment.Quantized().Model;",
            "Notebook.Report(\"accuracy\", 100 * experiment.TestAccuracy(quantised));\nexperiment.TestAccuracy(network)",
        ];
        File.WriteAllText(Path.Combine(folder, name), new JsonObject
        {
            ["cells"] = new JsonArray([.. cells.Select(source => (JsonNode)new JsonObject
            {
                ["cell_type"] = "code",
                ["execution_count"] = null,
                ["metadata"] = new JsonObject(),
                ["outputs"] = new JsonArray(),
                ["source"] = source,
            })]),
            ["metadata"] = new JsonObject
            {
                ["kernelspec"] = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" },
            },
            ["nbformat"] = 4,
            ["nbformat_minor"] = 4,
        }.ToJsonString());
    }

    private static void Circuit(string folder, string name, int omitted) => File.WriteAllText(
        Path.Combine(folder, name), MultiplierFamilies.BrokenArray(Signedness.Unsigned, omitted, 8).Netlist.ToBlif("multiplier"));
}
