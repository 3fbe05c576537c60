using System.Reflection;
using System.Text.Json.Nodes;

namespace ApproxNets.Cli.Reporting;

/// <summary>Versions of the packages that results depend on.</summary>
internal static class PackageVersions
{
    private static readonly string[] Packages =
        ["TorchSharp", "libtorch-cpu-linux-x64", "libtorch-cpu-win-x64", "libtorch-cpu-osx-arm64", "MathNet.Numerics", "Plotly.NET",
            "Microsoft.DotNet.Interactive.CSharp", "Markdig"];

    /// <summary>Those that this program was built with.</summary>
    public static IReadOnlyDictionary<string, string> Found()
    {
        string path = Path.Combine(AppContext.BaseDirectory, Assembly.GetEntryAssembly()?.GetName().Name + ".deps.json");
        var libraries = File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))?["libraries"] as JsonObject : null;
        var found = (libraries ?? []).Select(library => library.Key.Split('/')).Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1]);
        return Packages.Where(found.ContainsKey).ToDictionary(name => name, name => found[name]);
    }
}
