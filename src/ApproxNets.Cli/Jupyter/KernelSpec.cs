using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ApproxNets.Cli.Jupyter;

/// <summary>A registration of this kernel with Jupyter: a folder that holds <c>kernel.json</c> and icons.</summary>
/// <param name="Name">The name by which Jupyter knows it.</param>
/// <param name="Folder">Where it is.</param>
/// <param name="Program">The program that it starts.</param>
internal sealed partial record KernelSpec(string Name, string Folder, string Program)
{
    public const string DefaultName = "approxnets";
    public const string DisplayName = "C# (ApproxNets)";
    private const string FileName = "kernel.json";
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The program is still there.</summary>
    public bool Works => File.Exists(Program);

    /// <summary>The kernels folder of the user, or of an installation prefix such as that of a Python environment.</summary>
    public static string KernelsFolder(string? prefix) =>
        Path.Combine(prefix is null ? UserData() : Path.Combine(Path.GetFullPath(prefix), "share", "jupyter"), "kernels");

    /// <summary>Registers this program, in place of what had the name before.</summary>
    /// <exception cref="UsageException">Jupyter allows no such name.</exception>
    public static KernelSpec Install(string name, string kernels)
    {
        if (!ValidName().IsMatch(name))
        {
            throw new UsageException($"found the kernel name '{name}', expected letters a to z, digits, '.', '-' and '_'.");
        }

        string folder = Path.Combine(kernels, name);
        Directory.CreateDirectory(folder);
        string[] program = ThisProgram();
        var spec = new JsonObject
        {
            ["argv"] = new JsonArray([.. program.Select(part => (JsonNode)part), "kernel", "start", "-f", "{connection_file}"]),
            ["display_name"] = DisplayName,
            ["language"] = "csharp",
            ["interrupt_mode"] = "message",
            ["metadata"] = new JsonObject { ["approxnets"] = typeof(KernelSpec).Assembly.GetName().Version!.ToString(3) },
        };
        File.WriteAllText(Path.Combine(folder, FileName), spec.ToJsonString(Json) + "\n");
        foreach (string icon in (string[])["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"])
        {
            using var source = typeof(KernelSpec).Assembly.GetManifestResourceStream(icon)!;
            using var target = File.Create(Path.Combine(folder, icon));
            source.CopyTo(target);
        }

        return new KernelSpec(name, folder, program[^1]);
    }

    /// <summary>The registrations of this kernel in these folders; by default all where Jupyter looks, as far as known without asking it.</summary>
    public static IReadOnlyList<KernelSpec> Find(params string[] kernels)
    {
        if (kernels.Length == 0)
        {
            string[] system = OperatingSystem.IsWindows()
                ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "jupyter")]
                : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
            string[] given = (Environment.GetEnvironmentVariable("JUPYTER_PATH") ?? "")
                .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
            kernels = [.. given.Append(UserData()).Concat(system).Select(data => Path.Combine(data, "kernels"))];
        }

        return [.. kernels.Where(Directory.Exists).SelectMany(Directory.GetDirectories).Order(StringComparer.Ordinal)
            .Select(Read).OfType<KernelSpec>()];
    }

    private static KernelSpec? Read(string folder)
    {
        try
        {
            var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, FileName)));
            string?[] command = [.. (spec?["argv"] as JsonArray ?? []).Select(part => (string?)part)];
            int end = Array.IndexOf(command, "kernel");
            return spec?["metadata"]?["approxnets"] is not null && end > 0 && command[end - 1] is { } program
                ? new(Path.GetFileName(folder), folder, program) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null; // another kernel's, and none of our business
        }
    }

    // An installed tool is a program of its own; a build in the repository runs on the dotnet that runs it now.
    private static string[] ThisProgram()
    {
        if (Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "approxnets")
        {
            return [path];
        }

        string dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..",
            OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return [File.Exists(dotnet) ? dotnet : "dotnet", typeof(KernelSpec).Assembly.Location];
    }

    private static string UserData()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string? Set(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
        return Set("JUPYTER_DATA_DIR")
            ?? (OperatingSystem.IsWindows() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter")
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Jupyter")
            : Path.Combine(Set("XDG_DATA_HOME") ?? Path.Combine(home, ".local", "share"), "jupyter"));
    }

    [GeneratedRegex(@"^[A-Za-z0-9._\-]+$")]
    private static partial Regex ValidName();
}
