using ApproxNets.Cli.Commands;

namespace ApproxNets.Cli.Running;

/// <summary>
/// Notices that a cell ends the process, by <c>Environment.Exit</c> or by an exception on a thread of its own, and stores the run as failed
/// before the process is gone. What leaves no time for that (a stack overflow, a kill) leaves the report as it was stored last: at work.
/// </summary>
internal sealed class ProcessEnd : IDisposable
{
    private readonly Action<string, string> _fail;

    /// <param name="fail">Stores the run; takes the error's name and what happened. Called at most once, from any thread.</param>
    public ProcessEnd(Action<string, string> fail)
    {
        _fail = fail;
        AppDomain.CurrentDomain.ProcessExit += Exits;
        AppDomain.CurrentDomain.UnhandledException += Dies;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= Exits;
        AppDomain.CurrentDomain.UnhandledException -= Dies;
    }

    private void Exits(object? sender, EventArgs e)
    {
        Dispose();
        if (Environment.ExitCode == CommandLine.Success)
        {
            Environment.ExitCode = CommandLine.Failure;
        }

        _fail("ProcessExit", "the process was ended (Environment.Exit, or a request to terminate) while the cell ran.");
    }

    private void Dies(object sender, UnhandledExceptionEventArgs e)
    {
        Dispose();
        _fail(e.ExceptionObject.GetType().Name, $"{CellError.MessageOf(e.ExceptionObject as Exception)} (on a thread of its own, which ends the process)");
    }
}
