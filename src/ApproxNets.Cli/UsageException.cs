namespace ApproxNets.Cli;

/// <summary>The command cannot start with what it was given; the message tells the user why.</summary>
internal sealed class UsageException(string message) : Exception(message);
