using System.Text.Json.Nodes;
using ApproxNets.Cli.Commands;
using ApproxNets.Cli.Jupyter;
using Xunit;

namespace ApproxNets.Tests.Cli;

public sealed class KernelSpecTests
{
    [Fact]
    public async Task AKernelIsRegisteredFoundAndRemoved()
    {
        using var folder = new TemporaryFolder();
        Task<int> Run(params string[] arguments) => CommandLine.InvokeAsync(CommandLine.Root(), ["kernel", .. arguments, "--prefix", folder.Path]);
        Assert.Equal(0, await Run("install", "--name", "mine"));

        string kernel = Path.Combine(folder.Path, "share", "jupyter", "kernels", "mine");
        var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(kernel, "kernel.json")))!;
        Assert.Equal("C# (ApproxNets)", (string?)spec["display_name"]);
        Assert.Equal("csharp", (string?)spec["language"]);
        Assert.Equal("message", (string?)spec["interrupt_mode"]);
        string[] command = [.. spec["argv"]!.AsArray().Select(part => (string)part!)];
        Assert.True(File.Exists(command[0]));
        Assert.Equal([typeof(CommandLine).Assembly.Location, "kernel", "start", "-f", "{connection_file}"], command[1..]);
        Assert.True(File.Exists(Path.Combine(kernel, "logo-32x32.png")) && File.Exists(Path.Combine(kernel, "logo-svg.svg")));

        var found = Assert.Single(KernelSpec.Find(KernelSpec.KernelsFolder(folder.Path)));
        Assert.True(found.Works);
        Assert.Equal("mine", found.Name);

        Assert.Equal(0, await Run("remove", "--name", "mine"));
        Assert.False(Directory.Exists(kernel));
        Assert.Equal(2, await Run("remove", "--name", "mine"));
        Assert.Equal(2, await Run("install", "--name", "no/name"));
    }

    [Fact]
    public void KernelsOfOthersAreLeftAlone()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(Path.Combine(folder.Path, "python3"));
        File.WriteAllText(Path.Combine(folder.Path, "python3", "kernel.json"), """{ "argv": ["python", "-m", "ipykernel", "kernel"], "metadata": {} }""");
        Directory.CreateDirectory(Path.Combine(folder.Path, "broken"));
        File.WriteAllText(Path.Combine(folder.Path, "broken", "kernel.json"), "{");
        Assert.Empty(KernelSpec.Find(folder.Path));
    }
}
