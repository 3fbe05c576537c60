using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ApproxNets.Benchmarks;

/// <summary>A program under a campaign: with one thread, in a folder of its own, as the first of a group of processes.</summary>
internal sealed partial class CampaignProcess : IDisposable
{
    /// <summary>A program that takes longer hangs.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly Task<string[]> _texts;

    private CampaignProcess(Process process)
    {
        _process = process;
        _texts = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <summary>Starts a program.</summary>
    /// <param name="folder">The folder that it runs in; its data goes there, too.</param>
    /// <param name="line">The program and its arguments.</param>
    public static CampaignProcess Start(string folder, IEnumerable<string> line)
    {
        // A process that was started in the background of a shell inherits that it ignores the interrupt signal.
        var start = new ProcessStartInfo("setsid", ["env", "--default-signal=INT,TERM", .. line])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string threads in (string[])["OMP_NUM_THREADS", "MKL_NUM_THREADS", "DOTNET_PROCESSOR_COUNT"])
        {
            start.Environment[threads] = "1";
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // or killed processes leave the runtime's sockets behind
        start.Environment["APPROXNETS_DATA"] = folder;
        return new(Process.Start(start)!);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <inheritdoc cref="Start"/>
    public static Outcome Run(string folder, IEnumerable<string> line)
    {
        using var process = Start(folder, line);
        return process.End(Longest);
    }

    /// <summary>Sends a signal, unless the program has ended.</summary>
    /// <param name="signal">KILL and INT go to all processes that the program started, as when a computer or a terminal's user ends them; TERM to the
    /// program alone.</param>
    public void Send(Signal signal)
    {
        if (!_process.HasExited)
        {
            SystemKill(signal == Signal.Terminate ? _process.Id : -_process.Id, (int)signal);
        }
    }

    /// <summary>Waits until the program and all that it started have ended.</summary>
    /// <param name="patience">After that they are killed.</param>
    public Outcome End(TimeSpan patience)
    {
        bool ends = _texts.Wait(patience);
        if (!ends)
        {
            Send(Signal.Kill);
        }

        _process.WaitForExit();
        return new(ends ? _process.ExitCode : null, _texts.Result[0], _texts.Result[1]);
    }

    public void Dispose()
    {
        Send(Signal.Kill);
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SystemKill(int process, int signal);

    /// <summary>Numbers of signals.</summary>
    internal enum Signal
    {
        /// <summary>Ctrl-C.</summary>
        Interrupt = 2,

        /// <summary>Ends at once.</summary>
        Kill = 9,

        /// <summary>A request to end.</summary>
        Terminate = 15,
    }

    /// <summary>How a program ended.</summary>
    /// <param name="ExitCode">Its exit code, above 128 after a signal; null if it hung.</param>
    /// <param name="Output">What it wrote to the standard output.</param>
    /// <param name="Errors">What it wrote to the standard error.</param>
    internal sealed record Outcome(int? ExitCode, string Output, string Errors)
    {
        /// <summary>Whether it failed with one clear error.</summary>
        public bool IsClearFailure => ExitCode is > 0 and < 128 && Errors.Trim().Length > 0
            && !(Output + Errors).Split('\n').Any(line => line.StartsWith("   at ", StringComparison.Ordinal) || line.Contains("Unhandled exception", StringComparison.Ordinal));
    }
}
