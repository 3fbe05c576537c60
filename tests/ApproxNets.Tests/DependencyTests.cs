using System.Reflection;
using System.Text.RegularExpressions;
using ApproxNets.Foundation;
using NetArchTest.Rules;
using Xunit;

namespace ApproxNets.Tests;

/// <summary>Who may know whom. Data flows one way: multiplier, table, layer, model, tolerance, match, experiment.</summary>
public sealed partial class DependencyTests
{
    /// <summary>The folders of src/ApproxNets, each with the folders it may use. Whoever adds an arrow here should say why in the change.</summary>
    private static readonly Dictionary<string, string[]> Folders = new()
    {
        ["Foundation"] = [],
        ["Kernels"] = ["Foundation"],
        ["Multipliers"] = ["Foundation", "Kernels"],
        ["Quantization"] = ["Foundation", "Multipliers"],
        ["Layers"] = ["Foundation", "Kernels", "Multipliers", "Quantization"],
        ["Models"] = ["Foundation", "Layers"],
        ["Data"] = ["Foundation"],
        ["Training"] = ["Foundation", "Data", "Layers"],
        ["ErrorModels"] = ["Foundation", "Kernels", "Multipliers", "Quantization", "Layers", "Data"],
        ["Search"] = ["Foundation", "Multipliers", "Layers", "Data", "Training", "ErrorModels"],
        ["Experiments"] = ["Foundation", "Multipliers", "Quantization", "Layers", "Models", "Data", "Training", "ErrorModels", "Search"],
    };

    private static readonly Dictionary<string, string[]> Projects = new()
    {
        ["ApproxNets"] = [],
        ["ApproxNets.Circuits"] = ["ApproxNets"],
        ["ApproxNets.Interactive"] = ["ApproxNets", "ApproxNets.Circuits"],
        ["ApproxNets.Cli"] = ["ApproxNets", "ApproxNets.Circuits", "ApproxNets.Interactive"],
        ["ApproxNets.Benchmarks"] = ["ApproxNets", "ApproxNets.Circuits", "ApproxNets.Cli"], // the campaign of damaged files reads circuits, and a sweep is measured
    };

    public static TheoryData<string> FolderNames => [.. Folders.Keys];

    public static TheoryData<string> ProjectNames => [.. Projects.Keys];

    [Theory]
    [MemberData(nameof(FolderNames))]
    public void AFolderKnowsOnlyThoseBeforeIt(string folder)
    {
        string[] forbidden = [.. Folders.Keys.Where(other => other != folder && !Folders[folder].Contains(other)).Select(other => $"ApproxNets.{other}")];
        var result = Types.InAssembly(typeof(RepositoryFolder).Assembly)
            .That().ResideInNamespaceMatching($@"^ApproxNets\.{folder}(\.|$)")
            .ShouldNot().HaveDependencyOnAny(forbidden).GetResult();
        Assert.True(result.IsSuccessful, $"{folder} may use {string.Join(", ", Folders[folder])}; found more in "
            + string.Join(", ", (result.FailingTypes ?? []).Select(type => $"{type.FullName} ({type.Explanation})")));
    }

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void AProjectKnowsOnlyThoseBeforeIt(string project) => Assert.Empty(
        Assembly.Load(project).GetReferencedAssemblies().Select(other => other.Name!)
            .Where(other => other.StartsWith("ApproxNets", StringComparison.Ordinal)).Except(Projects[project]));

    [Fact]
    public void EveryFolderIsInTheList() => Assert.Equal(
        Folders.Keys.Order(StringComparer.Ordinal),
        Directory.GetDirectories(Path.Combine(Root, "src", "ApproxNets")).Select(folder => Path.GetFileName(folder)!)
            .Except(["Build"]).Order(StringComparer.Ordinal));

    [Fact]
    public void ANamespaceIsItsFolder()
    {
        string source = Path.Combine(Root, "src");
        foreach (string file in Directory.GetFiles(source, "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("Build", StringComparison.Ordinal)))
        {
            var found = Namespace().Match(File.ReadAllText(file));
            string expected = Path.GetRelativePath(source, Path.GetDirectoryName(file)!).Replace(Path.DirectorySeparatorChar, '.');

            // Cells name exercises with the one using directive that they have.
            expected = expected.Replace("ApproxNets.Interactive.Course", "ApproxNets.Interactive", StringComparison.Ordinal);
            Assert.True(!found.Success || found.Groups[1].Value == expected, $"{file}: found the namespace {found.Groups[1].Value}, expected {expected}.");
        }
    }

    private static string Root => RepositoryFolder.Find(AppContext.BaseDirectory);

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
