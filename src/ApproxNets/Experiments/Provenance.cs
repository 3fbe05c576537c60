using System.Diagnostics;
using System.Runtime.InteropServices;
using ApproxNets.Foundation;
using static TorchSharp.torch;

namespace ApproxNets.Experiments;

/// <summary>Where a result comes from, besides its settings: code, machine and versions.</summary>
/// <param name="Commit">Commit of the repository, null outside one.</param>
/// <param name="Dirty">Whether files differ from the commit; null where git cannot tell.</param>
/// <param name="Cpu">Name of the processor.</param>
/// <param name="Threads">Threads that libtorch uses.</param>
/// <param name="OperatingSystem">Name and architecture.</param>
/// <param name="Framework">Version of .NET.</param>
/// <param name="LibTorch">Version of libtorch.</param>
/// <param name="TimeUtc">When the result was made.</param>
public sealed record Provenance(
    string? Commit,
    bool? Dirty,
    string Cpu,
    int Threads,
    string OperatingSystem,
    string Framework,
    string LibTorch,
    DateTime TimeUtc)
{
    /// <summary>That of a result made now, here.</summary>
    public static Provenance Current()
    {
        string? root = RepositoryFolder.TryFind();
        var (commit, dirty) = root is null ? (null, null) : CommitOf(root);
        return new Provenance(
            commit, dirty, CpuName(), get_num_threads(), OperatingSystemName(),
            RuntimeInformation.FrameworkDescription, __version__, DateTime.UtcNow);
    }

    /// <summary>The commit checked out in a repository, and whether files differ from it.</summary>
    /// <param name="repository">The repository's folder.</param>
    public static (string? Commit, bool? Dirty) CommitOf(string repository)
    {
        string? commit = Output("git", ["rev-parse", "HEAD"], repository);
        string? changes = commit is null ? null : Output("git", ["status", "--porcelain"], repository);
        return (commit ?? ReadHead(repository), changes is null ? null : changes.Length > 0);
    }

    /// <summary>Name of the processor.</summary>
    public static string CpuName()
    {
        if (File.Exists("/proc/cpuinfo"))
        {
            string? line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal));
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? "unknown";
        }

        return (System.OperatingSystem.IsMacOS() ? Output("sysctl", ["-n", "machdep.cpu.brand_string"], ".") : null)
            ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";
    }

    /// <summary>Name and architecture of the operating system.</summary>
    public static string OperatingSystemName() =>
        $"{RuntimeInformation.OSDescription} ({RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()})";

    /// <summary>Reads the commit from git's files, for machines without the program.</summary>
    internal static string? ReadHead(string repository)
    {
        string git = Path.Combine(repository, ".git");
        if (File.Exists(git) && File.ReadAllText(git).Trim() is var link && link.StartsWith("gitdir:", StringComparison.Ordinal))
        {
            git = Path.GetFullPath(link["gitdir:".Length..].Trim(), repository);
        }

        string head = Path.Combine(git, "HEAD");
        if (!File.Exists(head))
        {
            return null;
        }

        string content = File.ReadAllText(head).Trim();
        if (!content.StartsWith("ref: ", StringComparison.Ordinal))
        {
            return content;
        }

        // In a worktree, branches lie in the common folder.
        string common = Path.Combine(git, "commondir");
        string folder = File.Exists(common) ? Path.GetFullPath(File.ReadAllText(common).Trim(), git) : git;
        string reference = content["ref: ".Length..], loose = Path.Combine(folder, reference), packed = Path.Combine(folder, "packed-refs");
        return File.Exists(loose) ? File.ReadAllText(loose).Trim()
            : File.Exists(packed) ? File.ReadLines(packed)
                .FirstOrDefault(line => line.EndsWith(" " + reference, StringComparison.Ordinal))?.Split(' ')[0]
            : null;
    }

    private static string? Output(string program, string[] arguments, string folder)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output.Trim() : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // The program is not installed.
        }
    }
}
