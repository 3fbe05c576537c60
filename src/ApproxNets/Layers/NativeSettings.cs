using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ApproxNets.Layers;

/// <summary>
/// Two settings of the native libraries below libtorch, made when this assembly is loaded, on Linux with glibc. What the user has set
/// by environment variables stays.
/// </summary>
/// <remarks>
/// <para><c>GOMP_SPINCOUNT</c>: after every parallel operation libtorch's OpenMP threads (libgomp) spin for some milliseconds in wait of
/// the next one, on the very cores that the table kernels want then; layers of less than that took twice as long. libgomp reads it
/// when it is loaded, so before the first tensor.</para>
/// <para><c>mallopt</c>: glibc hands blocks as large as the activations of a batch back to the system when they are freed, and the next
/// one pays for thousands of page faults: <c>conv2d</c> of 128x16x32x32 took 12.5 ms so, and 4.5 ms with freed memory kept.</para>
/// </remarks>
internal static partial class NativeSettings
{
    // Some 0.15 ms: float operations that follow each other at once still find the threads awake.
    private const string SpinCount = "10000";

    // mallopt(3): never trim the heap; take no block from mappings of its own.
    private const int TrimThreshold = -1;
    private const int MostMappings = -4;

#pragma warning disable CA2255 // A library may not use module initialisers for its own logic; this is about the process it is loaded into.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Apply()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        if (IsUnset("GOMP_SPINCOUNT") && IsUnset("OMP_WAIT_POLICY"))
        {
            // Environment.SetEnvironmentVariable does not reach native code.
            _ = SetEnvironment("GOMP_SPINCOUNT", SpinCount, 0);
        }

        if (IsUnset("MALLOC_TRIM_THRESHOLD_") && IsUnset("MALLOC_MMAP_MAX_") && IsUnset("MALLOC_MMAP_THRESHOLD_"))
        {
            try
            {
                _ = MallOpt(TrimThreshold, -1);
                _ = MallOpt(MostMappings, 0);
            }
            catch (EntryPointNotFoundException)
            {
                // Another C library (musl): nothing to set.
            }
        }
    }

    private static bool IsUnset(string variable) => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
