using System.Diagnostics;
using System.Globalization;
using ApproxNets.Cli.Running;

namespace ApproxNets.Benchmarks;

/// <summary>Memory of long work.</summary>
/// <param name="Work">What was done.</param>
/// <param name="Steps">How often.</param>
/// <param name="Time">How long all took.</param>
/// <param name="BytesAtTenth">Resident memory after a tenth of the steps.</param>
/// <param name="BytesAtEnd">Resident memory at the end.</param>
internal sealed record SteadyResult(string Work, int Steps, TimeSpan Time, long BytesAtTenth, long BytesAtEnd)
{
    /// <summary>Growth of memory a step, between the two.</summary>
    public double BytesPerStep => (BytesAtEnd - BytesAtTenth) / Math.Max(1, 0.9 * Steps);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Work}: {Steps} in {Time.TotalMinutes:F1} minutes, {BytesAtTenth / 1e6:F0} MB after a tenth, {BytesAtEnd / 1e6:F0} MB at the end, {BytesPerStep / 1e3:F2} kB a step");
}

/// <summary>Does the same again and again, as a training of days or a kernel that is open for weeks does.</summary>
internal static class SteadyCampaign
{
    private const int CollectEvery = 32; // as the trainer does

    /// <summary>Steps of approximate training of ResNet8, then cells in the engine that the Jupyter kernel executes cells with.</summary>
    /// <param name="steps">Steps of each.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    public static IEnumerable<SteadyResult> Run(int steps, CancellationToken cancellation)
    {
        using (var training = new TrainingStep(8, "Approximate", reduced: false, TrainBenchmark.Multiplier, new TrainBenchmarkOptions { Batch = 8 }))
        {
            yield return Measure("training steps of an approximate ResNet8, batches of 8", steps, i =>
            {
                training.Run();
                if (i % CollectEvery == 0)
                {
                    GC.Collect();
                }
            }, cancellation);
        }

        using var engine = new NotebookEngine();
        yield return Measure("cells in the engine of the kernel", steps, i =>
        {
            string source = string.Create(CultureInfo.InvariantCulture, $"var x = {i % 10}; Console.WriteLine(x);");
            if (engine.ExecuteAsync(source, "cell", _ => { }, cancellation).GetAwaiter().GetResult() is { } error)
            {
                throw new InvalidOperationException($"Cell {i}: {error.Message}");
            }
        }, cancellation);
    }

    private static SteadyResult Measure(string work, int steps, Action<int> step, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp(), atTenth = 0;
        for (int i = 0; i < steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            step(i);
            if (i == steps / 10)
            {
                atTenth = Resident();
            }
        }

        return new(work, steps, Stopwatch.GetElapsedTime(start), atTenth, Resident());
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }
}
