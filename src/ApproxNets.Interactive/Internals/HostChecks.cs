using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;

namespace ApproxNets.Interactive.Internals;

/// <summary>Finds what would fail later with a misleading error.</summary>
internal static class HostChecks
{
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

    public static void RequireFSharpCore()
    {
        var required = Assembly.Load("Plotly.NET").GetReferencedAssemblies().Single(name => name.Name == "FSharp.Core").Version!;
        var found = Array.Find(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "FSharp.Core")?.GetName()
            .Version;
        if (FSharpCoreProblem(required, found) is { } problem)
        {
            throw new InvalidOperationException(problem);
        }
    }

    internal static string? FSharpCoreProblem(Version required, Version? found) => found is null || found >= required
        ? null
        : $"Charts need FSharp.Core {required} (Plotly.NET asks for it); found {found}, loaded by this notebook host. "
            + "Run the notebook with 'dotnet run -c Release --project src/ApproxNets.Cli -- run', or replace the host's FSharp.Core.dll "
            + "with the one in artifacts/bin/ApproxNets.Interactive/release and start it again.";

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
    private static void TouchTorch() => torch.zeros(1).Dispose();
}
