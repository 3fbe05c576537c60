using System.CommandLine;
using System.Globalization;
using ApproxNets.Cli.Running;
using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Search;
using ApproxNets.Training;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets compare</c>: assigns multipliers by several methods, for networks, lambdas and seeds, and writes the results.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var networks = Values<string>("--network", "Networks.", ["resnet8"]);
        var dataset = new Option<string>("--dataset") { Description = $"Of {string.Join(", ", Datasets.Names)}.", DefaultValueFactory = _ => "shapes" };
        var library = new Option<string>("--library")
        {
            Description = "built-in, shipped, or a folder of product tables such as evoapprox8; evoapprox8:circuits without multipliers of sign and magnitude.",
            DefaultValueFactory = _ => "built-in",
        };
        var scheme = new Option<string>("--scheme") { Description = "signed or unsigned operands.", DefaultValueFactory = _ => "signed" };
        var profile = new Option<string>("--profile") { Description = "quick, full or smoke.", DefaultValueFactory = _ => "quick" };
        var methods = Values<string>("--method", $"Of {string.Join(", ", AssignmentMethods.All.Select(m => m.Name))}; those of the profile if left out.", []);
        var lambdas = Values<double>("--lambda", "Weights of the reward for noise; those of the profile if left out.", []);
        var savings = Values<double>("--savings", "What agn-savings is to save at least, 0..1.", []);
        var losses = Values<double>("--loss", "Accuracy that searches by measured accuracy may lose before retraining, 0..1.", []);
        var seeds = Values<int>("--seed", "Seeds: one experiment each.", [1]);
        var retraining = new Option<int>("--retraining") { Description = "Epochs of approximate retraining; 0 for those of the profile." };
        var without = new Option<bool>("--without-retraining")
        {
            Description = "Retrains nothing: accuracy as assigned, and with batch statistics estimated anew.",
        };
        var unsearched = new Option<bool>("--weights-before-search")
        {
            Description = "Of an AGN search takes the tolerances only, and the weights of the 8-bit network.",
        };
        var tuned = new Option<bool>("--tuned") { Description = "Tunes the weights of every layer to its multiplier." };
        var retrain = new Option<bool>("--retrain") { Description = "Begins anew, beside the stages and shipped checkpoints there are." };
        var command = new Command("compare", "Compares ways to assign multipliers, and writes a result file for every network.")
        {
            networks, dataset, library, scheme, profile, methods, lambdas, savings, losses, seeds, retraining, without, unsearched, tuned, retrain,
        };
        command.SetAction((parsed, _) => Task.FromResult(Run(
            parsed.GetValue(networks)!, parsed.GetValue(seeds)!, (network, seed, progress, cancellation) =>
            {
                var opened = Experiment.Open(
                    parsed.GetValue(dataset)!, network, parsed.GetValue(library)!, parsed.GetValue(scheme)!, parsed.GetValue(profile)!, seed,
                    retrain: parsed.GetValue(retrain), progress: progress, cancellation: cancellation, tuned: parsed.GetValue(tuned));
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
                int epochs = parsed.GetValue(retraining);
                return opened.With(recipe with
                {
                    Comparison = comparison,
                    Retraining = epochs > 0 ? recipe.Retraining with { Epochs = epochs } : recipe.Retraining,
                });
            })));
        return command;
    }

    private static Option<T[]> Values<T>(string name, string description, T[] standard) => new(name)
    {
        Description = description + " Several may follow.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => standard,
    };

    private static int Run(string[] networks, int[] seeds, Func<string, int, IProgress<TrainingProgress>, CancellationToken, Experiment> open)
    {
        var terminal = Terminal.ForProcess();
        using var interruption = new Interruption(terminal.WriteLine);
        try
        {
            foreach (string network in networks)
            {
                var done = new List<Results>();
                Experiment? first = null;
                string path = "";
                foreach (int seed in seeds)
                {
                    var experiment = open(network, seed, new Epochs(terminal, $"{network}, seed {seed}"), interruption.Token);
                    first ??= experiment;
                    done.Add(Of(experiment, terminal));
                    path = ResultFile.Write(
                        NameOf(first), first, new { done[0].FloatTop1, done[0].QatTop1, done[0].Points, OtherSeeds = done.Skip(1) });
                }

                terminal.WriteLine($"Results: {path}");
            }

            return CommandLine.Success;
        }
        catch (OperationCanceledException)
        {
            terminal.WriteLine("Stopped. What is trained is kept: the same command goes on from there.");
            return CommandLine.Cancelled;
        }
        catch (Exception e) when (e is ArgumentException or IOException or InvalidDataException)
        {
            throw new UsageException(e.Message);
        }
    }

    private static Results Of(Experiment experiment, Terminal terminal)
    {
        double floating = 100 * experiment.TestAccuracy(experiment.Float().Model), quantised = 100 * experiment.TestAccuracy(experiment.Quantized().Model);
        terminal.WriteLine(Invariant($"{experiment.Recipe.Network}, seed {experiment.Recipe.Float.Seed}: float {floating:F2} %, 8-bit {quantised:F2} %"));
        var points = new List<AssignmentResult>();
        foreach (var result in experiment.Compare())
        {
            points.Add(result);
            string lambda = result.Lambda is { } weight ? Invariant($" lambda {weight}") : "";
            terminal.WriteLine(Invariant($"  {result.Method}{lambda}: saves {100 * result.Savings:F1} %, {result.Top1BeforeRetraining:F2} % before retraining, ")
                + (result.Top1NewStatistics is { } estimated ? Invariant($"{estimated:F2} % with new statistics, ") : "")
                + (!experiment.Recipe.Comparison.Retrains ? "not retrained" : result.Top1 is { } top1 ? Invariant($"{top1:F2} % after ({top1 - quantised:+0.00;-0.00} against 8-bit)") : "retraining diverged"));
        }

        return new Results(experiment.Recipe.Float.Seed, floating, quantised, points);
    }

    /// <summary>The results of one seed, as <see cref="ResultFile.ReadComparison"/> reads them.</summary>
    private sealed record Results(int Seed, double FloatTop1, double QatTop1, IReadOnlyList<AssignmentResult> Points);

    private static string NameOf(Experiment experiment) =>
        $"agn-{experiment.Recipe.Network}{(experiment.Scheme == Multipliers.Signedness.Signed ? "" : "-unsigned")}"
        + (experiment.Library.Name.Split(' ')[0] is var library and not "evoapprox8" ? "-" + library : "")
        + (experiment.Recipe.TunedWeights ? "-tuned" : "") + (experiment.Recipe.Comparison.Retrains ? "" : "-without-retraining");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>A line for every epoch, and on a terminal the batch at work.</summary>
    private sealed class Epochs(Terminal terminal, string what) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.ValidationAccuracy is { } accuracy)
            {
                terminal.WriteLine(Invariant(
                    $"  {what}, {value.Stage}: epoch {value.Epoch}/{value.Epochs}, loss {value.Loss:F4}, validation {100 * accuracy:F2} %, {value.Remaining:hh\\:mm\\:ss} left"));
            }
        }
    }
}
