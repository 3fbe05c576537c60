using System.CommandLine;
using ApproxNets.Cli.Commands;

var root = new RootCommand("Approximate multipliers in neural networks: runs the notebooks and writes the report.")
{
    RunCommand.Create(),
    DoctorCommand.Create(),
};
return await CommandLine.InvokeAsync(root, args);
