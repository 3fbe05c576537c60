using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using ApproxNets.Cli.Jupyter;
using ApproxNets.Data;
using ApproxNets.Experiments;
using ApproxNets.Foundation;
using ApproxNets.Interactive;
using ApproxNets.Kernels;
using ApproxNets.Layers;
using Spectre.Console;
using TorchSharp;

namespace ApproxNets.Cli.Commands;

/// <summary><c>approxnets doctor</c>: what this machine offers, whether libtorch loads, and where notebooks can be opened.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Shows what this machine offers, whether libtorch loads, and where notebooks can be opened.");
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        var table = new Spectre.Console.Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));

        Row(".NET", RuntimeInformation.FrameworkDescription);
        Row("System", Provenance.OperatingSystemName());
        Row("CPU", Provenance.CpuName());
        Row("Threads", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        Row("Instructions", $"tables by {LutConv2d.SupportedPaths[0]}, the fastest of {string.Join(", ", LutConv2d.SupportedPaths)}"
            + (PrecisionExtensions.HasBFloat16 ? "; bfloat16" : "; no bfloat16: training in it is slower than in float32"));
        string? problem = NotebookHost.TorchProblem();
        Row("libtorch", problem is not null ? "does not load"
            : $"{torch.__version__}, {torch.get_num_threads()} threads"
                + (NativeSettings.OneDnnIsLimited ? ", SSE4.1 only: this virtual machine hides the size of its caches" : ""));
        Row("FSharp.Core", $"{typeof(Microsoft.FSharp.Core.Unit).Assembly.GetName().Version}; the frozen dotnet-interactive has 10.0: there a notebook loads "
            + "ApproxNets by #r from a folder with all its assemblies, not from a package");
        foreach (var set in Datasets.List())
        {
            Row($"Data {set.Name}", set.IsComplete ? set.Folder ?? "made in code"
                : $"not there: approxnets data fetch {set.Name} gets it, approxnets data list says what is missing");
        }

        Row("APPROXNETS_DATA", Environment.GetEnvironmentVariable("APPROXNETS_DATA") ?? "not set (data/.cache is used)");
        string? repository = RepositoryFolder.TryFind();
        Row("Repository", repository ?? "not found from here");
        string disk = repository ?? Directory.GetCurrentDirectory();
        Row("Free disk", string.Create(CultureInfo.InvariantCulture, $"{new DriveInfo(disk).AvailableFreeSpace / 1e9:F1} GB at {disk}"));
        var kernels = KernelSpec.Find();
        Row("Jupyter", OnPath("jupyter") is not { } jupyter ? "not on the PATH: install JupyterLab or VS Code's Jupyter extension to open the notebooks there"
            : kernels.Any(kernel => kernel.Works) ? jupyter : $"{jupyter}; the kernel is not registered: run approxnets kernel install");
        kernels.ToList().ForEach(kernel => Row("Kernel", KernelCommand.Describe(kernel)));
        Row("dotnet-interactive", OnPath("dotnet-interactive") ?? "not on the PATH, and not needed: no longer maintained, this program takes its place");
        AnsiConsole.Write(table);
        if (problem is not null)
        {
            Console.Error.WriteLine(problem);
            return CommandLine.Failure;
        }

        return CommandLine.Success;
    }

    private static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? program + ".exe" : program)).FirstOrDefault(File.Exists);
}
