using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ApproxNets.Layers;

/// <summary>
/// Lets libtorch's threads rest sooner. After every parallel operation its OpenMP runtime (libgomp) keeps them spinning for some
/// milliseconds in wait of the next one, on the very cores that the table kernels need then: layers of less than that took twice as long.
/// </summary>
/// <remarks>
/// libgomp reads its settings when it is loaded, so this must run before the first tensor; it is done when this assembly is
/// loaded. What the user has set in <c>GOMP_SPINCOUNT</c> or <c>OMP_WAIT_POLICY</c> stays. Other runtimes do not read them.
/// </remarks>
internal static partial class TorchThreads
{
    // Some 50 microseconds: float operations that follow each other at once still find the threads awake.
    private const string SpinCount = "3000";

#pragma warning disable CA2255 // A library may not use module initialisers for its own logic; this is about the process it is loaded into.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void ShortenSpinning()
    {
        if (OperatingSystem.IsLinux()
            && Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") is null && Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null)
        {
            // Environment.SetEnvironmentVariable does not reach native code.
            _ = SetEnvironment("GOMP_SPINCOUNT", SpinCount, 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
