using System.Diagnostics;
using System.Globalization;

namespace ApproxNets.Benchmarks;

/// <summary>Measures memory in a process of its own: this program again, with a hidden command. Both ends of the line between
/// them.</summary>
internal static class TrainMemoryProcess
{
    public const string CommandName = "train-memory";

    public static PeakMemory Run(int depth, string mode, int threads, CancellationToken cancellation)
    {
        // The program itself, or dotnet with the program's assembly.
        string assembly = typeof(TrainMemoryProcess).Assembly.Location;
        string own = Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
        bool hosted = !File.Exists(own);
        var start = new ProcessStartInfo(hosted ? "dotnet" : own) { RedirectStandardOutput = true };
        string[] arguments =
        [
            .. hosted ? new[] { assembly } : [], CommandName, depth.ToString(CultureInfo.InvariantCulture), mode,
            .. threads == 0 ? Array.Empty<string>() : ["--threads", threads.ToString(CultureInfo.InvariantCulture)],
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var process = Process.Start(start)!;
        using var stop = cancellation.Register(() => process.Kill(entireProcessTree: true));
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        return process.ExitCode == 0 && text.Split(' ', StringSplitOptions.TrimEntries) is [var before, var peak]
            ? new PeakMemory(long.Parse(before, CultureInfo.InvariantCulture), long.Parse(peak, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException(
                $"{CommandName} {depth} {mode}: found exit code {process.ExitCode} and '{text.Trim()}', expected 0 and two numbers.");
    }

    public static void Write(PeakMemory memory, TextWriter output) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{memory.Start} {memory.Peak}"));
}
