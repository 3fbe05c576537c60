using System.Runtime.InteropServices;

namespace ApproxNets.Benchmarks;

/// <summary>
/// What happens to memory that tensors give back. glibc hands large blocks back to the system at once, or not, depending on what was
/// allocated before; then every call pays for thousands of page faults. Where calls take turns, that happens to all of them, and hides
/// most of what a fast one is ahead: on two Zen 4 cores <c>conv2d</c> of 128x16x32x32 took 12.5 ms so, and 4.5 ms in a loop of its own.
/// </summary>
public static partial class FreedMemory
{
    private const int TrimThreshold = -1;
    private const int MostMappings = -4;

    /// <summary>Whether this process keeps freed memory for the next tensor.</summary>
    public static bool IsKept { get; private set; }

    /// <summary>Keeps freed memory from now on, in the whole process. Does nothing on systems without glibc.</summary>
    /// <returns><see cref="IsKept"/>.</returns>
    public static bool Keep()
    {
        try
        {
            // mallopt(3): never trim the heap; take no block from mappings of its own.
            IsKept = IsKept || (OperatingSystem.IsLinux() && MallOpt(TrimThreshold, -1) == 1 && MallOpt(MostMappings, 0) == 1);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library (musl): nothing to set.
        }

        return IsKept;
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
