using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using ApproxNets.Cli.Running;
using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using ApproxNets.Training;

namespace ApproxNets.Cli.Commands;

/// <summary>Does the work of an <see cref="ExperimentCommand"/> for one network.</summary>
/// <param name="parsed">The command's own options.</param>
/// <param name="seeds">One experiment for every seed, opened when its turn comes.</param>
/// <param name="output">Receives lines and results.</param>
internal delegate void ExperimentWork(ParseResult parsed, IEnumerable<Experiment> seeds, ExperimentOutput output);

/// <summary>Where an <see cref="ExperimentCommand"/> says what it does and leaves its results.</summary>
/// <param name="Say">Shows a line.</param>
/// <param name="Write">Keeps results under a name; those of the same name before are replaced.</param>
internal sealed record ExperimentOutput(Action<string> Say, Action<string, Experiment, object> Write);

/// <summary>A command that opens experiments, one for every network and seed, and writes a result file for every network.</summary>
internal sealed class ExperimentCommand : Command
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
    private readonly ExperimentWork _work;

    public ExperimentCommand(string name, string description, IEnumerable<Option> options, ExperimentWork work)
        : base(name, description)
    {
        _work = work;
        foreach (var option in options.Concat([_networks, _dataset, _library, _scheme, _profile, _seeds, _tuned, _retrain]))
        {
            Options.Add(option);
        }

        SetAction((parsed, _) => Task.FromResult(Run(parsed)));
    }

    /// <summary>Makes an option that takes several values.</summary>
    public static Option<T[]> Values<T>(string name, string description, T[] standard) => new(name)
    {
        Description = description + " Several may follow.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => standard,
    };

    /// <summary>Ending of a result's name: what differs from signed operands of EvoApproxLib and weights as they are.</summary>
    public static string NameOf(Experiment experiment) =>
        $"{experiment.Recipe.Network}{(experiment.Scheme == Signedness.Signed ? "" : "-unsigned")}"
        + (experiment.Library.Name.Split(' ')[0] is var library and not "evoapprox8" ? "-" + library : "")
        + (experiment.Recipe.TunedWeights ? "-tuned" : "");

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Opens the experiment of a command with one network and one seed.</summary>
    /// <param name="parsed">What the command was called with.</param>
    /// <param name="parts">Images and multipliers of earlier experiments.</param>
    /// <param name="progress">As of <see cref="Experiment.Progress"/>.</param>
    /// <param name="cancellation">As of <see cref="Experiment.Cancellation"/>.</param>
    /// <exception cref="ArgumentException">There are several networks or seeds, or a name is unknown.</exception>
    /// <exception cref="IOException">Data or a library is not on this machine.</exception>
    public Experiment Open(ParseResult parsed, ExperimentParts parts, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        if ((parsed.GetValue(_networks), parsed.GetValue(_seeds)) is not ([var network], [var seed]))
        {
            throw new ArgumentException($"{Name}: found several networks or seeds in one job, expected one of each; put them into its grid.");
        }

        if (!Networks.Names.Contains(network))
        {
            throw new ArgumentException($"{Name}: found the network '{network}', expected one of {string.Join(", ", Networks.Names)}.");
        }

        string dataset = parsed.GetValue(_dataset)!;
        var recipe = Recipe.For(parsed.GetValue(_profile)!, network, seed, dataset) with { TunedWeights = parsed.GetValue(_tuned) };
        return new(
            parts.Images(dataset, seed, recipe.Images), recipe, parts.Library(parsed.GetValue(_library)!, parsed.GetValue(_scheme)!),
            StageStore.OfRepository(parsed.GetValue(_retrain), waits: false))
        {
            Progress = progress,
            Cancellation = cancellation,
        };
    }

    /// <summary>Does the command's work on an experiment of <see cref="Open"/> and gives what it would have written.</summary>
    public JsonObject Collect(ParseResult parsed, Experiment experiment)
    {
        (Experiment First, object Results)? last = null;
        _work(parsed, [experiment], new(_ => { }, (_, first, results) => last = (first, results)));
        return last is { } written ? ResultFile.Of(written.First, written.Results) : throw new InvalidOperationException($"{Name} wrote no results.");
    }

    private int Run(ParseResult parsed)
    {
        var terminal = Terminal.ForProcess();
        using var interruption = new Interruption(terminal.WriteLine);
        try
        {
            foreach (string network in parsed.GetValue(_networks)!)
            {
                string path = "";
                _work(
                    parsed,
                    parsed.GetValue(_seeds)!.Select(seed => Experiment.Open(
                        parsed.GetValue(_dataset)!, network, parsed.GetValue(_library)!, parsed.GetValue(_scheme)!, parsed.GetValue(_profile)!, seed,
                        retrain: parsed.GetValue(_retrain), progress: new Epochs(terminal, $"{network}, seed {seed}"), cancellation: interruption.Token,
                        tuned: parsed.GetValue(_tuned))),
                    new(terminal.WriteLine, (name, first, results) => path = ResultFile.Write(name, first, results)));
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

/// <summary>Images and multipliers that the last experiments had: many jobs in a row have the same.</summary>
internal sealed class ExperimentParts
{
    private readonly Dictionary<(string, string), MultiplierLibrary> _libraries = [];
    private (string Name, int Seed, DatasetOptions Options)? _of;
    private ImageDataset? _images;

    public MultiplierLibrary Library(string name, string scheme)
    {
        if (!_libraries.TryGetValue((name, scheme), out var library))
        {
            _libraries[(name, scheme)] = library = MultiplierLibrary.Open(name, SignednessNames.Parse(scheme));
        }

        return library;
    }

    /// <summary>One data set at a time: a large one takes much memory.</summary>
    public ImageDataset Images(string name, int seed, DatasetOptions options)
    {
        seed = name == "shapes" ? seed : 0; // the others are files
        if (_images is null || _of != (name, seed, options))
        {
            _images = null;
            _images = Datasets.Load(name, seed, options);
            _of = (name, seed, options);
        }

        return _images;
    }
}
