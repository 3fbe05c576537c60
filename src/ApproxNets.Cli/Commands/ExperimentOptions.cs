using System.CommandLine;
using System.Globalization;
using ApproxNets.Cli.Running;
using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Training;

namespace ApproxNets.Cli.Commands;

/// <summary>Options of all commands that open experiments: one for every network and seed.</summary>
internal sealed class ExperimentOptions
{
    private readonly Option<string[]> _networks = Values<string>("--network", "Networks.", ["resnet8"]);
    private readonly Option<string> _dataset = new("--dataset") { Description = $"Of {string.Join(", ", Datasets.Names)}.", DefaultValueFactory = _ => "shapes" };

    private readonly Option<string> _library = new("--library")
    {
        Description = "built-in, shipped, or a folder of product tables such as evoapprox8; evoapprox8:circuits without multipliers of sign and magnitude.",
        DefaultValueFactory = _ => "built-in",
    };

    private readonly Option<string> _scheme = new("--scheme") { Description = "signed or unsigned operands.", DefaultValueFactory = _ => "signed" };
    private readonly Option<string> _profile = new("--profile") { Description = "quick, full or smoke.", DefaultValueFactory = _ => "quick" };
    private readonly Option<int[]> _seeds = Values<int>("--seed", "Seeds: one experiment each.", [1]);
    private readonly Option<bool> _tuned = new("--tuned") { Description = "Tunes the weights of every layer to its multiplier." };
    private readonly Option<bool> _retrain = new("--retrain") { Description = "Begins anew, beside the stages and shipped checkpoints there are." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _networks, _dataset, _library, _scheme, _profile, _seeds, _tuned, _retrain })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Makes an option that takes several values.</summary>
    public static Option<T[]> Values<T>(string name, string description, T[] standard) => new(name)
    {
        Description = description + " Several may follow.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => standard,
    };

    /// <summary>Runs an action for every network with the experiments of all seeds, each opened when its turn comes. Ctrl-C and bad input end
    /// with one line.</summary>
    public int Run(ParseResult parsed, Action<IEnumerable<Experiment>, Terminal> action)
    {
        var terminal = Terminal.ForProcess();
        using var interruption = new Interruption(terminal.WriteLine);
        try
        {
            foreach (string network in parsed.GetValue(_networks)!)
            {
                action(
                    parsed.GetValue(_seeds)!.Select(seed => Experiment.Open(
                        parsed.GetValue(_dataset)!, network, parsed.GetValue(_library)!, parsed.GetValue(_scheme)!, parsed.GetValue(_profile)!, seed,
                        retrain: parsed.GetValue(_retrain), progress: new Epochs(terminal, $"{network}, seed {seed}"), cancellation: interruption.Token,
                        tuned: parsed.GetValue(_tuned))),
                    terminal);
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

    /// <summary>Ending of a result's name: what differs from signed operands of EvoApproxLib and weights as they are.</summary>
    public static string NameOf(Experiment experiment) =>
        $"{experiment.Recipe.Network}{(experiment.Scheme == Multipliers.Signedness.Signed ? "" : "-unsigned")}"
        + (experiment.Library.Name.Split(' ')[0] is var library and not "evoapprox8" ? "-" + library : "")
        + (experiment.Recipe.TunedWeights ? "-tuned" : "");

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

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
