using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using ApproxNets.Layers;
using TorchSharp;

namespace ApproxNets.Interactive.Internals;

/// <summary>Finds what would fail later with a misleading error.</summary>
internal static class HostChecks
{
    private static readonly string[] ChartAssemblies = ["FSharp.Core", "DynamicObj", "Giraffe.ViewEngine", "Plotly.NET"];

    public static void RequireTorch()
    {
        try
        {
            TouchTorch();
        }
        catch (Exception e)
            when (e is TypeInitializationException or NotSupportedException
                or DllNotFoundException or BadImageFormatException)
        {
            throw new InvalidOperationException(TorchProblem(e), e);
        }
    }

    /// <summary>
    /// Gives the charts the FSharp.Core that they ask for. The frozen dotnet-interactive has an older one: assemblies of F# that ask for no
    /// more than that would get it, and Plotly.NET ours, and neither would know the other's types. <c>#r</c> loads each assembly into
    /// a context of its own there. A context looks first at what it has, so all of them are loaded into that of this assembly.
    /// </summary>
    /// <exception cref="InvalidOperationException">The host's FSharp.Core is too old, and it shares its context with this assembly.</exception>
    public static void RequireFSharpCore()
    {
        var here = typeof(HostChecks).Assembly;
        var context = AssemblyLoadContext.GetLoadContext(here)!;
        if (context != AssemblyLoadContext.Default)
        {
            foreach (string name in ChartAssemblies)
            {
                string file = Path.Combine(Path.GetDirectoryName(here.Location)!, name + ".dll");
                if (File.Exists(file) && !context.Assemblies.Any(assembly => assembly.GetName().Name == name))
                {
                    context.LoadFromAssemblyPath(file);
                }
            }
        }

        var plotly = context.LoadFromAssemblyName(new AssemblyName("Plotly.NET"));
        var required = plotly.GetReferencedAssemblies().Single(name => name.Name == "FSharp.Core").Version!;
        var found = AssemblyLoadContext.GetLoadContext(plotly)!.Assemblies.Concat(AssemblyLoadContext.Default.Assemblies)
            .FirstOrDefault(assembly => assembly.GetName().Name == "FSharp.Core")?.GetName().Version;
        if (FSharpCoreProblem(required, found) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }
    }

    internal static string? FSharpCoreProblem(Version required, Version? found) => found is null || found >= required
        ? null
        : $"Charts need FSharp.Core {required} (Plotly.NET asks for it); found {found}, loaded by this notebook host. "
            + "Run the notebook with 'dotnet run -c Release --project src/ApproxNets.Cli -- run' (or the tool: approxnets run), or load ApproxNets "
            + "by #r from a folder that has FSharp.Core.dll too, such as artifacts/bin/ApproxNets.Interactive/release.";

    internal static string TorchProblem(Exception e)
    {
        var causes = new List<string>();
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            causes.Add(cause.Message);
        }

        return $"libtorch could not be loaded: {string.Join(" <- ", causes)}. On Debian 12, Ubuntu 22.04 or RHEL 9 the usual reason is a "
            + "libstdc++ without GLIBCXX_3.4.32; building this solution here (dotnet build -c Release) prepares the copy in artifacts/bin. "
            + "Then start the notebook again and load ApproxNets from that folder.";
    }

    // On its own, so that a failure to load TorchSharp is met inside the caller's try.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TouchTorch()
    {
        // The library's settings come before the first tensor: they find the native library.
        RuntimeHelpers.RunModuleConstructor(typeof(NativeSettings).Module.ModuleHandle);
        torch.zeros(1).Dispose();
    }
}
