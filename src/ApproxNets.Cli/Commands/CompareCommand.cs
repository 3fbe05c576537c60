using System.CommandLine;
using ApproxNets.Experiments;
using ApproxNets.Search;
using static ApproxNets.Cli.Commands.ExperimentCommand;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets compare</c>: assigns multipliers by several methods, for networks, lambdas and seeds, and writes the results.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var methods = Values<string>("--method", $"Of {string.Join(", ", AssignmentMethods.All.Select(m => m.Name))}; those of the profile if left out.", []);
        var lambdas = Values<double>("--lambda", "Weights of the reward for noise; those of the profile if left out.", []);
        var savings = Values<double>("--savings", "What agn-savings is to save at least, 0..1.", []);
        var losses = Values<double>("--loss", "Accuracy that searches by measured accuracy may lose before retraining, 0..1.", []);
        var retraining = new Option<int>("--retraining") { Description = "Epochs of approximate retraining; 0 for those of the profile." };
        var rate = new Option<double>("--retraining-rate") { Description = "Peak learning rate of approximate retraining; 0 for that of the profile." };
        var without = new Option<bool>("--without-retraining")
        {
            Description = "Retrains nothing: accuracy as assigned, and with batch statistics estimated anew.",
        };
        var unsearched = new Option<bool>("--weights-before-search")
        {
            Description = "Of an AGN search takes the tolerances only, and the weights of the 8-bit network.",
        };
        Option[] options = [methods, lambdas, savings, losses, retraining, rate, without, unsearched];
        return new ExperimentCommand("compare", "Compares ways to assign multipliers, and writes a result file for every network.", options, (parsed, seeds, output) =>
        {
            var done = new List<Results>();
            Experiment? first = null;
            foreach (var opened in seeds)
            {
                var recipe = opened.Recipe;
                var comparison = recipe.Comparison with
                {
                    Methods = parsed.GetValue(methods) is { Length: > 0 } names ? [.. names.Select(n => AssignmentMethods.Named(n).Name)] : recipe.Comparison.Methods,
                    Lambdas = parsed.GetValue(lambdas) is { Length: > 0 } weights ? weights : recipe.Comparison.Lambdas,
                    Savings = parsed.GetValue(savings) is { Length: > 0 } targets ? targets : recipe.Comparison.Savings,
                    Retrains = !parsed.GetValue(without),
                    KeepsSearchedWeights = !parsed.GetValue(unsearched),
                    Losses = parsed.GetValue(losses) is { Length: > 0 } shares ? shares : recipe.Comparison.Losses,
                };
                var experiment = opened.With(recipe with
                {
                    Comparison = comparison,
                    Retraining = recipe.Retraining with
                    {
                        Epochs = parsed.GetValue(retraining) is > 0 and var epochs ? epochs : recipe.Retraining.Epochs,
                        LearningRate = parsed.GetValue(rate) is > 0 and var peak ? peak : recipe.Retraining.LearningRate,
                    },
                });
                first ??= experiment;
                done.Add(Of(experiment, output.Say));
                output.Write(
                    $"agn-{NameOf(first)}{(comparison.Retrains ? "" : "-without-retraining")}", first,
                    new { done[0].FloatTop1, done[0].QatTop1, done[0].Points, OtherSeeds = done.Skip(1) });
            }
        });
    }

    private static Results Of(Experiment experiment, Action<string> say)
    {
        // The stages first: a job of a sweep that must wait for one has measured nothing yet.
        var (floatModel, quantisedModel) = (experiment.Float().Model, experiment.Quantized().Model);
        double floating = 100 * experiment.TestAccuracy(floatModel), quantised = 100 * experiment.TestAccuracy(quantisedModel);
        say(Invariant($"{experiment.Recipe.Network}, seed {experiment.Recipe.Float.Seed}: float {floating:F2} %, 8-bit {quantised:F2} %"));
        var points = new List<AssignmentResult>();
        foreach (var result in experiment.Compare())
        {
            points.Add(result);
            string lambda = result.Lambda is { } weight ? Invariant($" lambda {weight}") : "";
            say(Invariant($"  {result.Method}{lambda}: saves {100 * result.Savings:F1} %, {result.Top1BeforeRetraining:F2} % before retraining, ")
                + (result.Top1NewStatistics is { } estimated ? Invariant($"{estimated:F2} % with new statistics, ") : "")
                + (!experiment.Recipe.Comparison.Retrains ? "not retrained" : result.Top1 is { } top1 ? Invariant($"{top1:F2} % after ({top1 - quantised:+0.00;-0.00} against 8-bit)") : "retraining diverged"));
        }

        return new Results(experiment.Recipe.Float.Seed, floating, quantised, points);
    }

    /// <summary>The results of one seed, as <see cref="ResultFile.ReadComparison"/> reads them.</summary>
    private sealed record Results(int Seed, double FloatTop1, double QatTop1, IReadOnlyList<AssignmentResult> Points);
}
