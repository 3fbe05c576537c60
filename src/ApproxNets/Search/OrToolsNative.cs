using System.Reflection;
using System.Runtime.InteropServices;
using Google.OrTools.Sat;

namespace ApproxNets.Search;

/// <summary>
/// Finds the native library of OR-Tools in <c>runtimes</c> beside this assembly. The runtime looks there only in a program's own folder,
/// not where a notebook's host has loaded this assembly from.
/// </summary>
internal static class OrToolsNative
{
    // Runs once: a second resolver of an assembly would be an error.
    static OrToolsNative() => NativeLibrary.SetDllImportResolver(typeof(CpModel).Assembly, Resolve);

    /// <summary>Makes sure that the library is found.</summary>
    public static void Prepare()
    {
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        (string system, string extension) =
            OperatingSystem.IsWindows() ? ("win", ".dll") : OperatingSystem.IsMacOS() ? ("osx", ".dylib") : ("linux", ".so");
        string architecture = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        string file = Path.Combine(
            Path.GetDirectoryName(typeof(OrToolsNative).Assembly.Location) ?? "", "runtimes", $"{system}-{architecture}", "native", name + extension);

        // Zero leaves it to the runtime, which looks in its usual places.
        return File.Exists(file) ? NativeLibrary.Load(file) : 0;
    }
}
