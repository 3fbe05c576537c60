using System.Diagnostics;
using System.Globalization;

namespace ApproxNets.Benchmarks;

/// <summary>Greatest resident memory of a process, in bytes.</summary>
/// <param name="Start">Before the first step: the runtime, libtorch, the network.</param>
/// <param name="Peak">After the last one.</param>
public readonly record struct PeakMemory(long Start, long Peak)
{
    /// <summary>That of this process up to now: VmHWM on Linux, the peak working set elsewhere.</summary>
    /// <exception cref="InvalidDataException">Linux does not tell.</exception>
    public static long OfThisProcess()
    {
        const string Status = "/proc/self/status";
        if (!OperatingSystem.IsLinux())
        {
            return Process.GetCurrentProcess().PeakWorkingSet64;
        }

        string[] fields = (File.ReadLines(Status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) ?? "")
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return fields is [_, var kilobytes, "kB"] ? long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024
            : throw new InvalidDataException($"'{Status}': found no line 'VmHWM: N kB', expected one.");
    }
}
