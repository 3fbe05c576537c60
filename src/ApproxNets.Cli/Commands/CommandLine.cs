using System.CommandLine;

namespace ApproxNets.Cli.Commands;

/// <summary>What all commands share: exit codes and errors of use.</summary>
internal static class CommandLine
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int WrongUse = 2;
    public const int Cancelled = 130;

    public static RootCommand Root() => new("Approximate multipliers in neural networks: runs the notebooks and writes the report.")
    {
        RunCommand.Create(),
        CheckCommand.Create(),
        CourseCommand.Create(),
        VerifyCommand.Create(),
        NewCommand.Create(),
        CompareCommand.Create(),
        PointsCommand.Create(),
        SweepCommand.Create(),
        KernelCommand.Create(),
        DataCommand.Create(),
        MultipliersCommand.Create(),
        CheckpointsCommand.Create(),
        DoctorCommand.Create(),
    };

    public static async Task<int> InvokeAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                Console.Error.WriteLine($"approxnets: {error.Message}");
            }

            Console.Error.WriteLine("approxnets --help lists commands and options.");
            return WrongUse;
        }

        try
        {
            // Commands stop by themselves on Ctrl-C: an epoch may take longer than the two seconds given by default.
            return await parsed.InvokeAsync(
                new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (UsageException e)
        {
            Console.Error.WriteLine($"approxnets: {e.Message}");
            return WrongUse;
        }
    }
}
