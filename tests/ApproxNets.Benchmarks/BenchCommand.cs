using System.CommandLine;
using System.Text.Json.Nodes;
using ApproxNets.Foundation;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;

namespace ApproxNets.Benchmarks;

/// <summary>The program: measures kernels, training steps and error models on this machine, and what readers do with damaged files.</summary>
internal static class BenchCommand
{
    private static readonly int[] Batches = [128, 1];

    private const int WrongUse = 2;
    private const int Cancelled = 130;

    public static async Task<int> Main(string[] args)
    {
        var parsed = new RootCommand("Measures the speed of kernels, of training and of error models on this machine.")
        {
            Kernels(), Train(), TrainMemory(), ErrorModels(), CampaignCommand.Create(), Magnitudes(), Sweep(),
        }.Parse(args);
        foreach (var error in parsed.Errors)
        {
            Console.Error.WriteLine($"{error.Message} --help lists commands and options.");
        }

        // After Ctrl-C what is being measured ends first, and what was measured is written.
        return parsed.Errors.Count > 0 ? WrongUse
            : await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
    }

    private static Command Kernels()
    {
        var json = JsonOption();
        var threads = ThreadsOption();
        var filter = new Option<string>("--filter")
        {
            Description = "Only layers whose name contains TEXT, like 'resnet', 'dw3x3' or 'fc'.",
            HelpName = "TEXT",
        };
        filter.Validators.Add(result =>
        {
            if (Layers(result.GetValueOrDefault<string>()).Length == 0)
            {
                result.AddError($"--filter: found no layer with '{result.GetValueOrDefault<string>()}' in its name, expected a part like 'resnet' or 'dw3x3'.");
            }
        });
        var path = new Option<string>("--path")
        {
            Description = "Kernel path to measure. [default: auto, the fastest this machine supports]",
            HelpName = string.Join('|', Paths.Keys),
            DefaultValueFactory = _ => "auto",
        };
        path.AcceptOnlyFromAmong([.. Paths.Keys]);
        var table = new Option<string>("--table")
        {
            Description = "Product tables: broken-array multipliers, or 16-bit products drawn at random.",
            DefaultValueFactory = _ => "broken-array",
        };
        table.AcceptOnlyFromAmong("broken-array", "random");

        var command = new Command(
            "kernels",
            "Measures the look-up-table convolution beside TorchSharp's float one on the layers of ResNet, VGG16, MobileNetV2 and LeNet5, "
            + "batch 128 and 1, after checking its results. Takes some minutes.")
        {
            json, threads, filter, path, table,
        };
        command.SetAction((parsed, cancellation) =>
        {
            var options = new KernelBenchmarkOptions { Threads = parsed.GetValue(threads), Path = Paths[parsed.GetValue(path)!] };
            if (parsed.GetValue(table) == "random")
            {
                options = options with
                {
                    Signed = KernelBenchmarkOptions.RandomMultiplier(Signedness.Signed, options.Seed),
                    Unsigned = KernelBenchmarkOptions.RandomMultiplier(Signedness.Unsigned, options.Seed),
                };
            }

            return Task.FromResult(
                RunKernels(Layers(parsed.GetValue(filter)), options, parsed.GetValue(json)?.FullName, Console.Out, cancellation));
        });
        return command;
    }

    private static KernelLayer[] Layers(string? text) =>
        [.. Batches.SelectMany(KernelLayers.All).Where(layer => layer.Name.Contains(text ?? "", StringComparison.OrdinalIgnoreCase))];

    private static Command Train()
    {
        var json = JsonOption();
        var threads = ThreadsOption();
        var command = new Command(
            "train", "Measures time and peak memory of training steps of ResNet8 and ResNet20 in every mode. Takes some minutes.")
        {
            json, threads,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(RunTrain(new TrainBenchmarkOptions { Threads = parsed.GetValue(threads) },
            parsed.GetValue(json)?.FullName, Console.Out, cancellation)));
        return command;
    }

    /// <summary>The process that <c>train</c> starts for each network and mode; writes two numbers, in bytes.</summary>
    private static Command TrainMemory()
    {
        var depth = new Argument<int>("DEPTH");
        var mode = new Argument<string>("MODE");
        var threads = ThreadsOption();
        var command = new Command(TrainMemoryProcess.CommandName, "Measures the peak memory of training in one mode.")
        {
            depth, mode, threads,
        };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var options = new TrainBenchmarkOptions { Threads = parsed.GetValue(threads) };
            TrainMemoryProcess.Write(TrainBenchmark.MeasureMemory(parsed.GetValue(depth), parsed.GetValue(mode)!, options), Console.Out);
            return 0;
        });
        return command;
    }

    private static Command ErrorModels()
    {
        var json = JsonOption();
        var command = new Command(
            "errors", "Measures all error models and the simulation for a ResNet20 and 300 multipliers. Takes some seconds.")
        {
            json,
        };
        command.SetAction((parsed, cancellation) => Task.FromResult(
            RunErrorModels(new ErrorModelBenchmarkOptions(), parsed.GetValue(json)?.FullName, Console.Out, cancellation)));
        return command;
    }

    private static Command Magnitudes()
    {
        var json = JsonOption();
        var libraries = new Option<string[]>("--library")
        {
            Description = "Libraries. Several may follow.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => ["shipped"],
        };
        var command = new Command(
            "magnitudes", "Lists the best unsigned circuits of libraries on sign and magnitude: power with the sign logic against the deviation of "
            + "products under the operands of networks. Takes some seconds.")
        {
            json, libraries,
        };
        command.SetAction((parsed, _) => Task.FromResult(
            RunMagnitudes(parsed.GetValue(libraries)!, parsed.GetValue(json)?.FullName, Console.Out)));
        return command;
    }

    private static Command Sweep()
    {
        var json = JsonOption();
        var jobs = new Option<int>("--jobs") { Description = "How many jobs that do nothing.", DefaultValueFactory = _ => 10_000 };
        var command = new Command("sweep", "Measures what a sweep adds to every job: its claim, its result on disk and the search for the next.") { json, jobs };
        command.SetAction((parsed, cancellation) => Task.FromResult(
            RunSweep(parsed.GetValue(jobs), parsed.GetValue(json)?.FullName, Console.Out, cancellation)));
        return command;
    }

    internal static int RunSweep(int jobs, string? jsonFile, TextWriter output, CancellationToken cancellation) => Measured(
        () =>
        {
            var overhead = SweepOverhead.Measure(jobs, cancellation);
            return (BenchmarkReport.Sweep(overhead), overhead.ToString());
        },
        jsonFile, output);

    internal static int RunMagnitudes(IReadOnlyList<string> libraries, string? jsonFile, TextWriter output) => Measured(
        () =>
        {
            var fronts = MagnitudeCircuits.Fronts(libraries);
            return (BenchmarkReport.Magnitudes(fronts), MagnitudeCircuits.Table(fronts));
        },
        jsonFile, output);

    internal static int RunKernels(
        IReadOnlyList<KernelLayer> layers, KernelBenchmarkOptions options, string? jsonFile, TextWriter output,
        CancellationToken cancellation)
    {
        try
        {
            return Measured(
                () =>
                {
                    output.WriteLine(KernelTable.Header(options));
                    var measurements = KernelBenchmark.Run(layers, options, m => output.WriteLine(KernelTable.Row(m)), cancellation);
                    return (BenchmarkReport.Kernels(measurements, options), KernelTable.Means(measurements));
                },
                jsonFile, output);
        }
        catch (PlatformNotSupportedException e)
        {
            Console.Error.WriteLine(e.Message);
            return WrongUse;
        }
    }

    internal static int RunTrain(
        TrainBenchmarkOptions options, string? jsonFile, TextWriter output, CancellationToken cancellation) => Measured(
        () =>
        {
            output.WriteLine(TrainTable.Header(options));
            var measurements = TrainBenchmark.Run(
                options, (depth, mode) => TrainMemoryProcess.Run(depth, mode, options.Threads, cancellation),
                network => output.WriteLine(TrainTable.Rows(network)), cancellation);
            return (BenchmarkReport.Training(measurements, options), null);
        },
        jsonFile, output);

    internal static int RunErrorModels(
        ErrorModelBenchmarkOptions options, string? jsonFile, TextWriter output, CancellationToken cancellation) => Measured(
        () =>
        {
            var measurements = ErrorModelBenchmark.Run(options, cancellation);
            output.WriteLine(ErrorModelTable.Text(measurements, options));
            return (BenchmarkReport.ErrorModels(measurements, options), null);
        },
        jsonFile, output);

    /// <summary>Measures until interrupted, writes the file, if any, and then the summary.</summary>
    internal static int Measured(
        Func<(JsonObject Report, string? Summary)> measure, string? jsonFile, TextWriter output)
    {
        try
        {
            var (report, summary) = measure();
            if (jsonFile is not null)
            {
                AtomicFile.WriteText(jsonFile, report.ToString() + "\n");
                output.WriteLine($"Written to {jsonFile}");
            }

            if (summary is not null)
            {
                output.WriteLine(summary);
            }

            return 0;
        }
        catch (OperationCanceledException)
        {
            output.WriteLine("Stopped; nothing was written.");
            return Cancelled;
        }
    }

    /// <summary>The paths that work on spans; <see cref="KernelPath.Tensor"/> does not.</summary>
    private static readonly Dictionary<string, KernelPath> Paths = Enum.GetValues<KernelPath>().Where(path => path != KernelPath.Tensor)
        .ToDictionary(path => path.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    internal static Option<FileInfo?> JsonOption()
    {
        var json = new Option<FileInfo?>("--json") { Description = "Also writes the results to FILE.", HelpName = "FILE" };

        // Refuses a file that could not be written before measuring for minutes.
        json.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<FileInfo?>() is { } file && (file.Directory is not { Exists: true } || Directory.Exists(file.FullName)))
            {
                result.AddError($"--json: found '{file}', expected a file in a folder that exists.");
            }
        });
        return json;
    }

    private static Option<int> ThreadsOption()
    {
        var threads = new Option<int>("--threads")
        {
            Description = "Threads, of libtorch too. [default: one per processor]",
            HelpName = "N",
        };
        threads.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && !(int.TryParse(text, out int number) && number >= 1))
            {
                result.AddError($"--threads: found '{text}', expected a number >= 1.");
            }
        });
        return threads;
    }
}
