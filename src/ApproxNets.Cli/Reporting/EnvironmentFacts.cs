using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace ApproxNets.Cli.Reporting;

/// <summary>What a result depends on besides the code: machine, runtime, package versions.</summary>
internal static class EnvironmentFacts
{
    private static readonly string[] Packages =
        ["TorchSharp", "libtorch-cpu-linux-x64", "libtorch-cpu-win-x64", "libtorch-cpu-osx-arm64", "MathNet.Numerics", "Plotly.NET",
            "Microsoft.CodeAnalysis.CSharp.Scripting", "Markdig"];

    public static string Framework => RuntimeInformation.FrameworkDescription;

    public static string OperatingSystem =>
        $"{RuntimeInformation.OSDescription} ({RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()})";

    public static string CpuName
    {
        get
        {
            if (File.Exists("/proc/cpuinfo"))
            {
                string? line = File.ReadLines("/proc/cpuinfo")
                    .FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal));
                return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? "unknown";
            }

            return (System.OperatingSystem.IsMacOS() ? Output("sysctl", ["-n", "machdep.cpu.brand_string"], ".") : null)
                ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "unknown";
        }
    }

    /// <summary>Versions of the packages that results depend on, as this program was built with.</summary>
    public static IReadOnlyDictionary<string, string> PackageVersions()
    {
        string path = Path.Combine(AppContext.BaseDirectory, Assembly.GetEntryAssembly()?.GetName().Name + ".deps.json");
        var libraries = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))?["libraries"] as JsonObject : null;
        var found = (libraries ?? []).Select(library => library.Key.Split('/')).Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1]);
        return Packages.Where(found.ContainsKey).ToDictionary(name => name, name => found[name]);
    }

    /// <summary>The commit checked out and whether files differ from it; null where git cannot tell.</summary>
    public static (string? Commit, bool? Dirty) Commit(string repository)
    {
        string? commit = Output("git", ["rev-parse", "HEAD"], repository);
        string? changes = commit is null ? null : Output("git", ["status", "--porcelain"], repository);
        return (commit ?? ReadHead(repository), changes is null ? null : changes.Length > 0);
    }

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
