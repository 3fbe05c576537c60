using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Security.Cryptography;
using ApproxNets.Build;
using ApproxNets.Foundation;
using TorchSharp;

namespace ApproxNets.Layers;

/// <summary>
/// Loads TorchSharp's native library on Linux where the runtime does not find it or the system refuses it; everywhere else the runtime
/// does what it always does.
/// </summary>
/// <remarks>
/// <para>A program finds native libraries through its list of dependencies. A notebook's <c>#r</c> has no such list: TorchSharp.dll is then
/// loaded from a folder of assemblies or from the package cache, and its native library is looked for next to it, where it is not.</para>
/// <para>The libLibTorchSharp.so of a package asks for symbol versions that the libstdc++ of Debian 12, Ubuntu 22.04 and RHEL 9 lacks, though
/// it uses none of their symbols (see <see cref="SymbolVersions"/>). A copy of it with the requirement made optional is kept in the
/// user's cache folder. libtorch itself stays where it is: it is loaded first, so that the copy meets it by name.</para>
/// </remarks>
internal static class NativeTorch
{
    private const string Library = "LibTorchSharp";
    private const string FileName = "libLibTorchSharp.so";
    private const string Libtorch = "libtorch_cpu.so";
    private static readonly Lock Gate = new();
    private static nint _loaded;

    /// <summary>Loads the library from now on where the runtime has looked for it in vain.</summary>
    public static void Register() => AssemblyLoadContext.GetLoadContext(typeof(torch).Assembly)!.ResolvingUnmanagedDll +=
        (assembly, name) => name == Library && assembly == typeof(torch).Assembly ? Load() : 0;

    /// <summary>Loads the library; 0 if it is nowhere.</summary>
    /// <exception cref="DllNotFoundException">It is refused by the system, or no copy can be made; the message says what to do.</exception>
    private static nint Load()
    {
        lock (Gate)
        {
            if (_loaded == 0 && Find(FileName, "torchsharp") is { } library && Find(Libtorch, "libtorch-cpu-linux-*") is { } libtorch)
            {
                // A second copy of libtorch aborts the process: whichever is there already is the one.
                string folder = Path.GetDirectoryName(LoadedFrom(Libtorch) ?? libtorch)!;
                library = Accepted(library, SymbolVersions.Missing(), CacheFolder());
                foreach (string needed in new[] { "libc10.so", Libtorch, "libtorch.so" })
                {
                    NativeLibrary.Load(Path.Combine(folder, needed));
                }

                _loaded = NativeLibrary.Load(library);
            }

            return _loaded;
        }
    }

    /// <summary>The library itself where the system accepts it, otherwise a copy that it accepts.</summary>
    /// <param name="library">The library's path.</param>
    /// <param name="missing">Symbol versions that the system lacks.</param>
    /// <param name="cache">Folder of the copy. Its name comes from the library's content, and it is written whole or not at all: any number
    /// of processes may do so at once.</param>
    /// <exception cref="DllNotFoundException">The copy cannot be made.</exception>
    internal static string Accepted(string library, IReadOnlyList<string> missing, string cache)
    {
        try
        {
            byte[] image = missing.Count == 0 ? [] : File.ReadAllBytes(library);
            if (missing.Count == 0 || SymbolVersions.Weaken(image, missing) == 0)
            {
                return library;
            }

            string copy = Path.Combine(cache, Convert.ToHexStringLower(SHA256.HashData(image))[..12], FileName);
            if (!File.Exists(copy) || new FileInfo(copy).Length != image.Length)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                AtomicFile.Write(copy, stream => stream.Write(image));
            }

            return copy;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new DllNotFoundException(
                $"TorchSharp needs a libstdc++ with {string.Join(", ", missing)} and found an older one; a copy of {library} that does without "
                + $"could not be made in '{cache}': {e.Message} Expected a folder to write to: set XDG_CACHE_HOME, or install GCC 13's "
                + "libstdc++6 or newer.", e);
        }
    }

    /// <summary>Where a native library may be: in the folders of the program's dependencies, where TorchSharp.dll is, in the folder for
    /// native libraries there, or in the package cache that TorchSharp.dll is in.</summary>
    private static string? Find(string file, string package)
    {
        string native = Path.Combine("runtimes", $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}", "native");
        string managed = Path.GetDirectoryName(typeof(torch).Assembly.Location) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory;
        var folders = ((AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append(managed).Append(Path.Combine(managed, native));

        // A package cache has CACHE/torchsharp/VERSION/lib/FRAMEWORK/TorchSharp.dll.
        string cache = Path.GetFullPath(Path.Combine(managed, "..", "..", "..", ".."));
        string version = Path.GetFullPath(Path.Combine(managed, "..", ".."));
        if (Path.GetFileName(Path.GetDirectoryName(version)) == "torchsharp")
        {
            folders = folders.Concat(package == "torchsharp" ? [Path.Combine(version, native)] : Directory.GetDirectories(cache, package)
                .SelectMany(Directory.GetDirectories).OrderDescending(StringComparer.Ordinal).Select(found => Path.Combine(found, native)));
        }

        return folders.Select(candidate => Path.Combine(candidate, file)).FirstOrDefault(File.Exists);
    }

    private static string? LoadedFrom(string file) => File.ReadLines("/proc/self/maps")
        .Where(line => line.EndsWith("/" + file, StringComparison.Ordinal)).Select(line => line[line.IndexOf('/')..]).FirstOrDefault();

    private static string CacheFolder() => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "approxnets", "native");
}
