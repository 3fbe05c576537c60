using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Layers;

/// <summary>
/// Settings of the native libraries below libtorch, made when this assembly is loaded; the first for every system, the others for
/// Linux with glibc. What the user has set by environment variables stays.
/// </summary>
/// <remarks>
/// <para><c>ONEDNN_MAX_CPU_ISA</c>: oneDNN 3.7 in libtorch 2.10 takes the size of the caches of an AMD processor from CPUID. Some virtual
/// machines leave that leaf empty; oneDNN reads a cache of one byte then, and copies of activations into its padded formats lose parts:
/// convolutions whose channels are no multiple of 16 come out wrong or NaN, without an error (for AArch64 this is issue 5313 of oneDNN).
/// With instructions up to SSE4.1 oneDNN has no padded formats: float convolutions take two to five times as long there, and are right.
/// </para>
/// <para><c>GOMP_SPINCOUNT</c>: after every parallel operation libtorch's OpenMP threads (libgomp) spin for some milliseconds in wait of
/// the next one, on the very cores that the table kernels want then; layers of less than that took twice as long. libgomp reads it
/// when it is loaded, so before the first tensor.</para>
/// <para><c>mallopt</c>: glibc hands blocks as large as the activations of a batch back to the system when they are freed, and the next
/// one pays for thousands of page faults: <c>conv2d</c> of 128x16x32x32 took 12.5 ms so, and 4.5 ms with freed memory kept.</para>
/// </remarks>
public static partial class NativeSettings
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
        if (HidesCaches() && IsUnset("ONEDNN_MAX_CPU_ISA") && IsUnset("DNNL_MAX_CPU_ISA"))
        {
            OneDnnIsLimited = true;
            if (OperatingSystem.IsWindows())
            {
                Environment.SetEnvironmentVariable("ONEDNN_MAX_CPU_ISA", "SSE41");
            }
            else
            {
                _ = SetEnvironment("ONEDNN_MAX_CPU_ISA", "SSE41", 1);
            }
        }

        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        NativeTorch.Register();

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

    /// <summary>Whether oneDNN was told to keep to SSE4.1, since it would misread the caches of this processor.</summary>
    public static bool OneDnnIsLimited { get; private set; }

    // Whether this is an AMD processor whose leaf for the properties of caches is there and empty: a real cache has lines, and so bits.
    private static bool HidesCaches()
    {
        const int CacheProperties = unchecked((int)0x8000001D);
        if (!X86Base.IsSupported)
        {
            return false;
        }

        var vendor = X86Base.CpuId(0, 0);
        bool amd = (vendor.Ebx, vendor.Edx, vendor.Ecx) == (0x68747541, 0x69746E65, 0x444D4163); // "Auth" "enti" "cAMD"
        if (!amd || (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax < unchecked((uint)CacheProperties))
        {
            return false;
        }

        var first = X86Base.CpuId(CacheProperties, 0);
        return first.Ebx == 0 && first.Ecx == 0;
    }

    private static bool IsUnset(string variable) => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
