using System.CommandLine;
using System.Text.Json.Nodes;
using ApproxNets.Benchmarks;
using ApproxNets.Cli.Reporting;
using ApproxNets.Data;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets bench</c>: measures kernels, training steps and error models on this machine.</summary>
internal static class BenchCommand
{
    private static readonly int[] Batches = [128, 1];

    public static Command Create() => new("bench", "Measures the speed of kernels, of training and of error models on this machine.")
    {
        Kernels(), Train(), TrainMemory(), ErrorModels(),
    };

    private static Command Kernels()
    {
        var json = JsonOption();
        var threads = ThreadsOption();
        var filter = new Option<string>("--filter")
        {
            Description = "Only layers whose name contains TEXT, like 'resnet', 'dw3x3' or 'fc'.",
            HelpName = "TEXT",
        };
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
        command.SetAction((parsed, _) =>
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

            string text = parsed.GetValue(filter) ?? "";
            KernelLayer[] layers =
            [
                .. Batches.SelectMany(KernelLayers.All).Where(l => l.Name.Contains(text, StringComparison.OrdinalIgnoreCase)),
            ];
            if (layers.Length == 0)
            {
                throw new UsageException($"--filter: found no layer with '{text}' in its name, expected a part like 'resnet' or 'dw3x3'.");
            }

            return Task.FromResult(RunKernels(layers, options, JsonFile(parsed.GetValue(json)), Console.Out));
        });
        return command;
    }

    private static Command Train()
    {
        var json = JsonOption();
        var threads = ThreadsOption();
        var command = new Command(
            "train", "Measures time and peak memory of training steps of ResNet8 and ResNet20 in every mode. Takes some minutes.")
        {
            json, threads,
        };
        command.SetAction((parsed, _) => Task.FromResult(RunTrain(
            new TrainBenchmarkOptions { Threads = parsed.GetValue(threads) }, JsonFile(parsed.GetValue(json)), Console.Out)));
        return command;
    }

    /// <summary>The process that <c>bench train</c> starts for each network and mode; writes two numbers, in bytes.</summary>
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
            return CommandLine.Success;
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
        command.SetAction((parsed, _) => Task.FromResult(RunErrorModels(
            new ErrorModelBenchmarkOptions(), JsonFile(parsed.GetValue(json)), Console.Out)));
        return command;
    }

    internal static int RunKernels(
        IReadOnlyList<KernelLayer> layers, KernelBenchmarkOptions options, string? jsonFile, TextWriter output)
    {
        try
        {
            return Measured(
                cancellation =>
                {
                    output.WriteLine(KernelTable.Header(options));
                    var measurements = KernelBenchmark.Run(layers, options, m => output.WriteLine(KernelTable.Row(m)), cancellation);
                    return (BenchmarkReport.Kernels(measurements, options), KernelTable.Means(measurements));
                },
                jsonFile, output);
        }
        catch (PlatformNotSupportedException e)
        {
            throw new UsageException(e.Message);
        }
    }

    internal static int RunTrain(TrainBenchmarkOptions options, string? jsonFile, TextWriter output) => Measured(
        cancellation =>
        {
            output.WriteLine(TrainTable.Header(options));
            var measurements = TrainBenchmark.Run(
                options, (depth, mode) => TrainMemoryProcess.Run(depth, mode, options.Threads, cancellation),
                network => output.WriteLine(TrainTable.Rows(network)), cancellation);
            return (BenchmarkReport.Training(measurements, options), null);
        },
        jsonFile, output);

    internal static int RunErrorModels(ErrorModelBenchmarkOptions options, string? jsonFile, TextWriter output) => Measured(
        cancellation =>
        {
            var measurements = ErrorModelBenchmark.Run(options, cancellation);
            output.WriteLine(ErrorModelTable.Text(measurements, options));
            return (BenchmarkReport.ErrorModels(measurements, options), null);
        },
        jsonFile, output);

    /// <summary>Measures until interrupted, writes the file, if any, and then the summary.</summary>
    private static int Measured(
        Func<CancellationToken, (JsonObject Report, string? Summary)> measure, string? jsonFile, TextWriter output)
    {
        using var interruption = new Interruption(output.WriteLine);
        try
        {
            var (report, summary) = measure(interruption.Token);
            if (jsonFile is not null)
            {
                AtomicFile.WriteText(jsonFile, report.ToString() + "\n");
                output.WriteLine($"Written to {jsonFile}");
            }

            if (summary is not null)
            {
                output.WriteLine(summary);
            }

            return CommandLine.Success;
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            output.WriteLine("Stopped; nothing was written.");
            return CommandLine.Cancelled;
        }
    }

    /// <summary>The paths that work on spans; <see cref="KernelPath.Tensor"/> does not.</summary>
    private static readonly Dictionary<string, KernelPath> Paths = Enum.GetValues<KernelPath>().Where(path => path != KernelPath.Tensor)
        .ToDictionary(path => path.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    private static Option<FileInfo?> JsonOption() => new("--json") { Description = "Also writes the results to FILE.", HelpName = "FILE" };

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

    /// <summary>Refuses a file that could not be written before measuring for minutes.</summary>
    private static string? JsonFile(FileInfo? file) =>
        file is null || (file.Directory is { Exists: true } && !Directory.Exists(file.FullName))
        ? file?.FullName
        : throw new UsageException($"--json: found '{file}', expected a file in a folder that exists.");
}
