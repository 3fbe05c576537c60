using System.Runtime.InteropServices;

namespace ApproxNets.Cli.Commands;

/// <summary>Turns the first Ctrl-C or request to terminate into a cancellation; a second one ends the process as usual.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly Action<string> _say;

    /// <summary>Listens until disposed.</summary>
    /// <param name="say">Shows the user that the first one was heard.</param>
    public Interruption(Action<string> say)
    {
        _say = say;
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    }

    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        if (!_source.IsCancellationRequested)
        {
            context.Cancel = true;
            _say("Stopping; a second Ctrl-C or kill ends the run at once.");
            _source.Cancel();
        }
    }
}
