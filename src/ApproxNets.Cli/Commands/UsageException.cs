namespace ApproxNets.Cli.Commands;

/// <summary>The command cannot start with what it was given; the message tells the user why.</summary>
internal sealed class UsageException : Exception
{
    public UsageException(string message)
        : base(message)
    {
    }
}
