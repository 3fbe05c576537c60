using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ApproxNets.Circuits;
using ApproxNets.Circuits.Evolution;
using ApproxNets.Circuits.Import;
using ApproxNets.Cli.Running;
using ApproxNets.Experiments;
using ApproxNets.Multipliers;

namespace ApproxNets.Cli.Commands;

/// <content>Evolving circuits, and making the shipped library.</content>
internal static partial class MultipliersCommand
{
    private const long DefaultEvaluations = 1_000_000;

    private static Command Evolve(Option<bool> json)
    {
        var signed = new Option<bool>("--signed") { Description = "Operands are -128..127, not 0..255." };
        var mae = new Option<double?>("--max-mae") { Description = "Greatest mean absolute error." };
        var wce = new Option<int?>("--max-wce") { Description = "Greatest worst-case error." };
        var mre = new Option<double?>("--max-mre") { Description = "Greatest mean relative error in per cent." };
        var weighted = new Option<double?>("--max-weighted")
        {
            Description = "Greatest mean absolute error under the distributions of --activations and --weights.",
        };
        var deviation = new Option<double?>("--max-deviation")
        {
            Description = "Greatest root mean square error under the same distributions.",
        };
        var activations = new Option<string?>("--activations")
        {
            Description = "File of 256 probabilities, one a line, of the activations in numeric order.",
            HelpName = "FILE",
        };
        var weights = new Option<string?>("--weights") { Description = "The same of the weights.", HelpName = "FILE" };
        var signMagnitude = new Option<bool>("--sign-magnitude")
        {
            Description = "An unsigned circuit for magnitudes of signed operands: --max-weighted, --max-deviation and the power are those of the signed multiplier, with its "
                + "sign logic. Operands are distributed as in networks unless --layer or files say otherwise.",
        };
        var layer = new Option<int?>("--layer")
        {
            Description = "Operands are distributed as in this layer, from 0, of the 8-bit --network on --dataset; it is trained if it is not there.",
        };
        var network = new Option<string>("--network") { Description = "Network of --layer.", DefaultValueFactory = _ => "resnet8" };
        var dataset = new Option<string>("--dataset") { Description = "Data set of --layer.", DefaultValueFactory = _ => "shapes" };
        var seconds = new Option<double?>("--seconds")
        {
            Description = "About the time to take, instead of --evaluations: as many as this machine is expected to try. Another run gives "
                + "another circuit; the number that is printed gives the same one again.",
        };
        var evaluations = new Option<long?>("--evaluations")
        {
            Description = "Circuits to try: with the same limits and seed, the same number gives the same circuit everywhere. "
                + $"{DefaultEvaluations} by default.",
        };
        var seed = new Option<int>("--seed") { Description = "Seed of all random choices.", DefaultValueFactory = _ => 1 };
        var checkpoint = new Option<string?>("--checkpoint")
        {
            Description = "Keeps the state in this file and goes on from it.",
            HelpName = "FILE",
        };
        var library = new Option<string>("--library")
        {
            Description = "The library that the circuit is put into.",
            DefaultValueFactory = _ => DefaultLibrary,
            HelpName = "NAME",
        };
        var name = new Option<string?>("--name") { Description = "The circuit's name.", HelpName = "NAME" };
        var command = new Command("evolve", "Evolves a circuit of least power within limits on its error, into a library.")
        {
            signed, mae, wce, mre, weighted, deviation, activations, weights, signMagnitude, layer, network, dataset, seconds, evaluations, seed, checkpoint, library, name,
        };
        command.SetAction(parsed => Run(parsed.GetValue(json), () =>
        {
            CheckName(parsed.GetValue(library)!);
            double? time = parsed.GetValue(seconds);
            if (time is { } given && !(given > 0 && given <= 1e6))
            {
                throw new UsageException($"--seconds: found {given}, expected more than 0 and at most a million.");
            }

            if (time is not null && (parsed.GetValue(evaluations) is not null || parsed.GetValue(checkpoint) is not null))
            {
                throw new UsageException("--seconds excludes --evaluations and --checkpoint: a run that goes on needs a fixed number.");
            }

            bool onMagnitudes = parsed.GetValue(signMagnitude);
            if (parsed.GetValue(layer) is not null && (parsed.GetValue(activations) is not null || parsed.GetValue(weights) is not null))
            {
                throw new UsageException("--layer excludes --activations and --weights: it says what they say.");
            }

            var (ofActivations, ofWeights) = parsed.GetValue(layer) is { } number
                ? OfLayer(parsed.GetValue(dataset)!, parsed.GetValue(network)!, number, onMagnitudes || parsed.GetValue(signed))
                : (Distribution(parsed.GetValue(activations)), Distribution(parsed.GetValue(weights)));
            if (onMagnitudes)
            {
                ofActivations ??= OperandDistributions.Rectified;
                ofWeights ??= OperandDistributions.Symmetric;
            }

            var options = new CircuitEvolutionOptions(
                parsed.GetValue(signed) ? Signedness.Signed : Signedness.Unsigned, parsed.GetValue(seed),
                parsed.GetValue(evaluations) ?? DefaultEvaluations)
            {
                MaxMeanAbsoluteError = parsed.GetValue(mae),
                MaxWorstCaseError = parsed.GetValue(wce),
                MaxMeanRelativeError = parsed.GetValue(mre) / 100,
                MaxWeightedError = parsed.GetValue(weighted),
                MaxWeightedDeviation = parsed.GetValue(deviation),
                Activations = ofActivations,
                Weights = ofWeights,
                SignMagnitude = onMagnitudes,
                CheckpointPath = parsed.GetValue(checkpoint),
            };
            options.Check();

            // Of the shipped ones only: with a library that grows the same command would give another circuit every time.
            options = options with { Rival = CircuitEvolution.CheapestWithin(options, ShippedCircuits.Of(options.Signedness)) };
            return Evolve(options, time, parsed.GetValue(library)!, parsed.GetValue(name));
        }));
        return command;
    }

    private static MultiplierReport.Result Evolve(CircuitEvolutionOptions options, double? seconds, string library, string? name)
    {
        string prefix = $"mul8{(options.Signedness == Signedness.Signed ? 's' : 'u')}_evo{(options.SignMagnitude ? "_sm" : "")}{Limits(options)}_s{options.Seed}";
        string folder = MultiplierLibrary.FolderOf(library);
        UserLibrary.CheckCanAdd(folder, name ?? prefix); // now, as the run may be long
        if (seconds is { } time)
        {
            options = options with { Evaluations = EvaluationsIn(time, options) };
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"--seconds {time} tries {options.Evaluations} circuits at the speed that this machine has ")
                + $"now; --evaluations {options.Evaluations} makes the same circuit again.");
        }

        using var interruption = new Interruption(Console.Error.WriteLine);
        long started = Stopwatch.GetTimestamp();
        EvolvedCircuit evolved = CircuitEvolution.Run(
            options, progress => Line(name ?? prefix, progress), interruption.Token);

        // A stopped run has a circuit, too: another one than a run of as many evaluations, as the limits grow with the share that is done.
        string full = !evolved.IsComplete ? $"{name ?? prefix}_n{evolved.Evaluations}of{options.Evaluations}"
            : name ?? $"{prefix}_n{evolved.Evaluations}";
        MultiplierCircuit circuit = evolved.Circuit.ToMultiplier(full, options.Signedness);
        List<(Multiplier, Netlist?)> added = [(circuit.Multiplier, circuit.Netlist)];
        if (options.SignMagnitude)
        {
            // Opened for signed operands the library needs an exact signed multiplier; what is added of either kind brings one only of its own.
            Netlist exact = CarrySaveArray.Exact(Signedness.Signed);
            added.Add((exact.ToMultiplier(UserLibrary.ExactName(Signedness.Signed), Signedness.Signed).Multiplier, exact));
        }

        UserLibrary.Add(folder, added, replace: true);
        Console.Error.WriteLine($"{evolved.Evaluations} of {options.Evaluations} circuits tried in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s"
            + (evolved.IsComplete || options.CheckpointPath is null ? "" : $"; the same command goes on from {options.CheckpointPath}")
            + $". In {folder}; use it with -p library={library}.");
        return MultiplierReport.Card(MultiplierReport.Of(new LibraryEntry(library, folder, circuit))) with
        {
            Code = evolved.IsComplete ? CommandLine.Success : CommandLine.Cancelled,
        };
    }

    private static long EvaluationsIn(double seconds, CircuitEvolutionOptions options)
    {
        const int Sample = 5000;
        CircuitEvolution.Run(options with { Evaluations = Sample }); // compiles
        long started = Stopwatch.GetTimestamp();
        CircuitEvolution.Run(options with { Evaluations = Sample });
        return Math.Max((long)(seconds / Stopwatch.GetElapsedTime(started).TotalSeconds * Sample), 1000);
    }

    private static Command Generate()
    {
        var output = new Option<string?>("--out")
        {
            Description = "The folder whose folder data gets the files; by default the repository.",
            HelpName = "FOLDER",
        };
        var command = new Command(
            "generate", "Makes the built-in and the shipped library anew: the same everywhere. Evolution takes some minutes, and goes on "
                + "after Ctrl-C.")
        {
            output,
        };
        command.SetAction(parsed =>
        {
            using var interruption = new Interruption(Console.Error.WriteLine);
            try
            {
                string repository = Repository.Find(Directory.GetCurrentDirectory());
                var circuits = ShippedCircuits.Make(Path.Combine(repository, "artifacts", "evolution"), Line, interruption.Token);
                foreach (string path in ShippedCircuits.Write(parsed.GetValue(output) ?? repository, circuits))
                {
                    Console.Out.WriteLine($"{path}: {new FileInfo(path).Length} bytes.");
                }

                return CommandLine.Success;
            }
            catch (OperationCanceledException)
            {
                Console.Error.WriteLine("approxnets: stopped; the same command goes on.");
                return CommandLine.Cancelled;
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"approxnets: {e.Message}");
                return CommandLine.Failure;
            }
        });
        return command;
    }

    private static (IReadOnlyList<double> Activations, IReadOnlyList<double> Weights) OfLayer(string dataset, string network, int layer, bool signed)
    {
        var experiment = Experiment.Open(
            dataset, network, scheme: signed ? "signed" : "unsigned", profile: dataset == "shapes" ? "quick" : "full");
        var samples = experiment.Samples(experiment.Quantized().Model);
        return layer >= 0 && layer < samples.Count
            ? (samples[layer].ActivationDistribution, samples[layer].WeightDistribution)
            : throw new UsageException($"--layer: found {layer}, expected 0..{samples.Count - 1} of {network}.");
    }

    private static string Limits(CircuitEvolutionOptions options) => string.Concat(
        new (string Name, double? Limit)[]
        {
            ("mae", options.MaxMeanAbsoluteError), ("wce", options.MaxWorstCaseError), ("mre", 100 * options.MaxMeanRelativeError),
            ("weighted", options.MaxWeightedError), ("deviation", options.MaxWeightedDeviation),
        }.Where(limit => limit.Limit is not null)
        .Select(limit => string.Create(CultureInfo.InvariantCulture, $"_{limit.Name}{limit.Limit:G6}")));

    private static IReadOnlyList<double>? Distribution(string? path)
    {
        if (path is null)
        {
            return null;
        }

        string[] lines = File.ReadAllLines(path);
        return [.. lines.Select((line, i) => double.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out double p)
            ? p
            : throw new InvalidDataException($"{path}, line {i + 1}: found '{line}', expected a probability."))];
    }

    private static void Line(string name, EvolutionProgress progress)
    {
        double left = progress.Remaining.TotalSeconds;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: {progress.Evaluations} circuits tried, relative power about {progress.RelativePower:F3}, {left:F0} s left");
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write($"\r{text}   {(left == 0 ? Environment.NewLine : "")}");
        }
    }
}
