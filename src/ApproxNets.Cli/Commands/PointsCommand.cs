using System.CommandLine;
using System.Text.Json.Serialization;
using ApproxNets.ErrorModels;
using ApproxNets.Experiments;
using ApproxNets.Search;
using ApproxNets.Training;
using static ApproxNets.Cli.Commands.ExperimentCommand;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets points</c>: few multipliers for several operating points, fine-tuned in several ways, and the results as a file.</summary>
internal static class PointsCommand
{
    public static Command Create()
    {
        var counts = Values<int>("--multipliers", "How many multipliers serve all points at most: one search each.", [4]);
        var factors = Values<double>("--factor", "Scale of the tolerances at each operating point, rising.", [0.3, 1, 2]);
        var savings = Values<double>("--savings", "In place of factors: what each point saves at least with as many multipliers as it likes, 0..1, rising.", []);
        var variants = Values<string>(
            "--variant", $"Ways of fine-tuning, of {string.Join(", ", Enum.GetValues<FineTuning>().Select(v => v.Word()))}.", ["none", "bn-statistics", "joint"]);
        var lambda = new Option<double>("--lambda") { Description = "Weight of the reward for noise; 0 for that of the profile." };
        var epochs = new Option<int>("--epochs") { Description = "Epochs of fine-tuning; 0 for those of the profile." };
        var rate = new Option<double>("--rate") { Description = "Peak learning rate of fine-tuning; 0 for that of the profile." };
        var unsearched = new Option<bool>("--weights-before-search")
        {
            Description = "Of the AGN search takes the tolerances only, and the weights of the 8-bit network.",
        };
        Option[] options = [counts, factors, savings, variants, lambda, epochs, rate, unsearched];
        return new ExperimentCommand("points", "Finds few multipliers for several operating points, fine-tunes, and writes a result file for every network.", options, (parsed, seeds, output) =>
        {
            FineTuning[] ways = [.. parsed.GetValue(variants)!.Select(Variant)];
            var done = new List<Results>();
            Experiment? first = null;
            foreach (var opened in seeds)
            {
                var recipe = opened.Recipe;
                var experiment = opened.With(recipe with
                {
                    Agn = recipe.Agn with { Lambda = parsed.GetValue(lambda) is > 0 and var weight ? weight : recipe.Agn.Lambda },
                    FineTuning = recipe.FineTuning with
                    {
                        Epochs = parsed.GetValue(epochs) is > 0 and var passes ? passes : recipe.FineTuning.Epochs,
                        LearningRate = parsed.GetValue(rate) is > 0 and var peak ? peak : recipe.FineTuning.LearningRate,
                    },
                });
                first ??= experiment;
                var quantised = experiment.Quantized();
                var searched = experiment.Searched();
                var (floatTop, quantisedTop) = (experiment.TestTopAccuracy(experiment.Float().Model), experiment.TestTopAccuracy(quantised.Model));
                output.Say(Invariant($"{recipe.Network}, seed {recipe.Float.Seed}: float {100 * floatTop.Top1:F2} %, 8-bit {100 * quantisedTop.Top1:F2} %"));
                bool before = parsed.GetValue(unsearched);
                Stage from = before ? quantised.Stage : searched.Stage;
                var table = experiment.Errors(before ? quantised.Model : searched.Model, new FieldErrorModel());
                var sigmas = searched.Stage.Result.Sigmas;
                IReadOnlyList<double> scales = parsed.GetValue(savings) is { Length: > 0 } targets
                    ? OperatingPointFactors.ForSavings(table, sigmas, targets) : parsed.GetValue(factors)!;
                foreach (int count in parsed.GetValue(counts)!)
                {
                    var subset = SubsetSearch.Run(table, sigmas, scales, count, recipe.Float.Seed, SubsetMethods.Optimum);
                    var net = experiment.Points(from, subset.Assignments);
                    var result = new Results(
                        count, recipe.Float.Seed, 100 * floatTop.Top1, Top5(floatTop), 100 * quantisedTop.Top1, Top5(quantisedTop),
                        net.ParameterOverhead, net.StoredOverhead,
                        before ? "before search" : "of the search", table.Model,
                        [.. subset.Multipliers.Select(m => m.Name)], subset.Gap, [.. subset.Violations.Select(v => $"layer {v.Layer}, point {v.OperatingPoint}")], []);
                    net.Model.Dispose();
                    done.Add(result);
                    foreach (var variant in ways)
                    {
                        result.OperatingPoints.AddRange(Measure(experiment, from, subset, scales, variant, quantisedTop, output.Say, count));
                        var rest = done.Skip(1).ToList();
                        output.Write($"qos-{NameOf(first)}", first, rest.Count == 0 ? done[0] : done[0] with { Others = rest });
                    }
                }
            }
        });
    }

    private static FineTuning Variant(string word) => Enum.GetValues<FineTuning>().Cast<FineTuning?>().FirstOrDefault(v => v!.Value.Word() == word)
        ?? throw new ArgumentException(
            $"--variant: found '{word}', expected some of {string.Join(", ", Enum.GetValues<FineTuning>().Select(v => v.Word()))}.");

    private static double? Top5(TopAccuracy accuracy) => accuracy.K == 5 ? 100 * accuracy.TopK : null;

    private static List<Point> Measure(
        Experiment experiment, Stage from, SubsetResult subset, IReadOnlyList<double> scales, FineTuning variant, TopAccuracy quantised, Action<string> say,
        int count)
    {
        var points = new List<Point>();
        foreach (var model in experiment.PointModels(from, subset.Assignments, variant))
        {
            int i = points.Count;
            double validation = Evaluation.Accuracy(model.Network, experiment.Data.Validation, experiment.Data.Statistics, cancellation: experiment.Cancellation);
            var test = experiment.TestTopAccuracy(model);
            points.Add(new(scales[i], variant.Word(), subset.Assignments[i].Savings, 100 * test.Top1, Top5(test), 100 * validation, [.. subset.Assignments[i].Multipliers.Select(m => m.Name)]));
            string top5 = Top5(test) is { } value ? Invariant($", top-5 {value:F2} % ({value - (100 * quantised.TopK):+0.00;-0.00})") : "";
            say(Invariant(
                $"  {count} multipliers, {variant.Word()}, point {i + 1}: saves {100 * points[i].Savings:F1} %, top-1 {points[i].Top1:F2} % ({points[i].Top1 - (100 * quantised.Top1):+0.00;-0.00})")
                + top5 + Invariant($", validation {100 * validation:F2} %"));
        }

        return points;
    }

    /// <summary>One search of one seed.</summary>
    private sealed record Results(
        int NMultipliers, int Seed, double FloatTop1, double? FloatTop5, double QuantisedTop1, double? QuantisedTop5, double ParameterOverhead,
        double StoredOverhead, string Weights, string Errors, IReadOnlyList<string> Multipliers, double? Gap, IReadOnlyList<string> Violations, List<Point> OperatingPoints)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public IReadOnlyList<Results>? Others { get; init; }
    }

    private sealed record Point(
        double Scale, string Variant, double Savings, double Top1, double? Top5, double ValidationTop1, IReadOnlyList<string> Multipliers);
}
