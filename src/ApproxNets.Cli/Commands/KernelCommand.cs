using System.CommandLine;
using ApproxNets.Cli.Jupyter;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets kernel</c>: the notebooks' kernel for JupyterLab, Jupyter Notebook, nbconvert and VS Code.</summary>
internal static class KernelCommand
{
    public static Command Create() => new("kernel", "Registers the C# kernel with Jupyter.") { Install(), List(), Remove(), Start() };

    private static Option<string> Name() => new("--name")
    {
        Description = "The name by which notebooks ask for it.",
        DefaultValueFactory = _ => KernelSpec.DefaultName,
    };

    private static Option<string?> Prefix() => new("--prefix")
    {
        Description = "Registers it below DIR/share/jupyter, for instance in a Python environment, instead of for the user.",
        HelpName = "DIR",
    };

    private static Command Install()
    {
        var (name, prefix) = (Name(), Prefix());
        var command = new Command("install", "Registers the kernel, so that Jupyter offers it.") { name, prefix };
        command.SetAction(parsed =>
        {
            var spec = KernelSpec.Install(parsed.GetValue(name)!, KernelSpec.KernelsFolder(parsed.GetValue(prefix)));
            Console.WriteLine($"Jupyter now offers '{KernelSpec.DisplayName}' as {spec.Name}: {spec.Folder}");
        });
        return command;
    }

    private static Command List()
    {
        var prefix = Prefix();
        var command = new Command("list", "Lists where the kernel is registered.") { prefix };
        command.SetAction(parsed =>
        {
            foreach (var spec in parsed.GetValue(prefix) is { } given ? KernelSpec.Find(KernelSpec.KernelsFolder(given)) : KernelSpec.Find())
            {
                Console.WriteLine(Describe(spec));
            }
        });
        return command;
    }

    private static Command Remove()
    {
        var (name, prefix) = (Name(), Prefix());
        var command = new Command("remove", "Takes the registration back.") { name, prefix };
        command.SetAction(parsed =>
        {
            string kernels = KernelSpec.KernelsFolder(parsed.GetValue(prefix));
            var spec = KernelSpec.Find(kernels).FirstOrDefault(spec => spec.Name == parsed.GetValue(name))
                ?? throw new UsageException($"found no kernel of ApproxNets named '{parsed.GetValue(name)}' in {kernels}.");
            Directory.Delete(spec.Folder, recursive: true);
            Console.WriteLine($"Removed {spec.Folder}");
        });
        return command;
    }

    private static Command Start()
    {
        var file = new Option<FileInfo>("-f") { Description = "Jupyter's connection file.", HelpName = "FILE", Required = true };
        var command = new Command("start", "Starts the kernel; Jupyter does this.") { file };
        command.SetAction((parsed, _) => JupyterKernel.RunAsync(parsed.GetValue(file)!.FullName, Console.Error));
        return command;
    }

    internal static string Describe(KernelSpec spec) => $"{spec.Name} in {spec.Folder}"
        + (spec.Works ? "" : $" (starts {spec.Program}, which is not there: run approxnets kernel install --name {spec.Name} again)");
}
