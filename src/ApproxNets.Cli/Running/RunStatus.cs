namespace ApproxNets.Cli.Running;

/// <summary>How a notebook, or the run, ended.</summary>
internal enum RunStatus
{
    /// <summary>An earlier notebook failed or the run was stopped.</summary>
    NotRun,

    /// <summary>Every cell ran.</summary>
    Ok,

    /// <summary>A cell failed.</summary>
    Failed,

    /// <summary>The user stopped it.</summary>
    Cancelled,
}
