using System.Diagnostics;
using ApproxNets.Data;
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Models;
using ApproxNets.Multipliers;
using static TorchSharp.torch;

namespace ApproxNets.Benchmarks;

/// <summary>
/// Measures the tables of all error models, behavioural simulation among them, for a ResNet with random weights on the embedded images
/// and a great library. Taking the sample of operands is not timed; it is one forward pass.
/// </summary>
/// <remarks>The library is the shipped one, filled up with multipliers made from it by one random error of each product within +-16, so
/// that every multiplier has a table of its own. All models run in turns; medians count.</remarks>
public static class ErrorModelBenchmark
{
    /// <summary>Measures all error models.</summary>
    /// <param name="options">Sizes and rounds.</param>
    /// <param name="cancellation">Stops between two pieces of work.</param>
    /// <exception cref="ArgumentException">The options are out of range.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public static IReadOnlyList<ErrorModelMeasurement> Run(
        ErrorModelBenchmarkOptions options, CancellationToken cancellation = default)
    {
        options.Validate();
        var samples = Samples(options);
        var library = Library(options);
        IErrorModel[] models =
        [
            new SingleDistributionErrorModel(), new MultiDistributionErrorModel(),
            new MonteCarloErrorModel(options.MonteCarloRuns, options.Seed), new BehaviouralErrorModel(),
        ];
        var times = models.Select(_ => new List<double>()).ToArray();
        for (int round = 0; round < options.Rounds; round++)
        {
            for (int m = 0; m < models.Length; m++)
            {
                var watch = Stopwatch.StartNew();
                ErrorTable.Of(samples, library, models[m], cancellation);
                times[m].Add(watch.Elapsed.TotalMilliseconds);
            }
        }

        return [.. models.Select((model, m) => new ErrorModelMeasurement(
            model.Name, samples.Count * options.Multipliers, Timing.Of(times[m])))];
    }

    /// <summary>The library: the exact multiplier and as many others as asked for, all of distinct tables.</summary>
    internal static MultiplierLibrary Library(ErrorModelBenchmarkOptions options)
    {
        var shipped = MultiplierLibrary.Open(MultiplierLibrary.Shipped, Signedness.Signed);
        Multiplier[] inexact = [.. shipped.Multipliers.Where(m => !m.IsExact)];
        var random = new Random(options.Seed);
        var all = inexact.Take(options.Multipliers).ToList();
        for (int i = 0; all.Count < options.Multipliers; i++)
        {
            var source = inexact[i % inexact.Length];
            all.Add(Multiplier.FromFunction(
                $"random-{i}", Signedness.Signed, (x, w) => source[x, w] + random.Next(-16, 17), source.RelativePower,
                "made up"));
        }

        return new MultiplierLibrary("benchmark", Signedness.Signed, [shipped.Exact, .. all]);
    }

    private static IReadOnlyList<LayerSample> Samples(ErrorModelBenchmarkOptions options)
    {
        var data = Shapes.Load(options.Images, 1, 1, options.Seed);
        using var model = ApproxModel.Convert(
            new ResNet(options.Depth, 10, options.Seed), new QuantizationOptions(Signedness.Signed), 3, 32, 32);
        model.UseQuantized();
        model.Network.train();
        using (NewDisposeScope())
        using (no_grad())
        {
            foreach (var batch in new BatchLoader(data.Training, data.Statistics, options.Images).Epoch(0))
            {
                model.Network.call(batch.Images);
            }
        }

        return LayerSampling.Take(model, data.Training, data.Statistics, seed: options.Seed);
    }
}
