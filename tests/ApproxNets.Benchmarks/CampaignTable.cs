namespace ApproxNets.Benchmarks;

/// <summary>Shows the results of a campaign as text.</summary>
internal static class CampaignTable
{
    /// <summary>One reader, and its first faults.</summary>
    public static string Row(CampaignResult r) => string.Concat(
        FormattableString.Invariant($"{r.Reader,-32} {r.Inputs,7} inputs: {r.Refused} refused, {r.Accepted} accepted")
        + (r.HasSum ? $" ({r.AcceptedWrong} wrong)" : "")
        + FormattableString.Invariant($", {r.Unexpected} unexpected, {r.Slow} slow (at most {r.SlowestSeconds:F2} s), ")
        + FormattableString.Invariant($"{r.Large} large (at most {r.LargestBytes / 1e6:F0} MB)"),
        string.Concat(r.Examples.Select(e => $"\n    {e}")));

    /// <summary>All readers together.</summary>
    public static string Summary(IReadOnlyList<CampaignResult> results) =>
        $"{results.Sum(r => r.Inputs)} mutated inputs of {results.Count} readers: {results.Sum(r => r.Unexpected)} unexpected exceptions, "
        + $"{results.Sum(r => r.Slow)} slow, {results.Sum(r => r.Large)} large, {results.Sum(r => r.AcceptedWrong)} wrong contents accepted";

    /// <summary>One program that was killed, and its first faults.</summary>
    public static string Row(KillResult r) =>
        $"{r.Program,-20} {r.Rounds,4} rounds, {r.AtMoments} kills at moments and {r.AtOperations} at {r.Operations} operations on files, {r.TooLate} too late: "
        + $"{r.Failed} failed, {r.Different} different, {r.LeftBehind} left files{string.Concat(r.Examples.Select(e => $"\n    {e}"))}";

    /// <summary>All killed programs together.</summary>
    public static string Summary(IReadOnlyList<KillResult> results) =>
        $"{results.Sum(r => r.Kills)} kills of {results.Count} programs, {results.Sum(r => r.Rounds)} recoveries: {results.Sum(r => r.Failed)} failed, "
        + $"{results.Sum(r => r.Different)} different, {results.Sum(r => r.LeftBehind)} left files";

    /// <summary>One program that was hindered.</summary>
    public static string Row(FaultResult r) =>
        $"{r.Program,-20} {r.Fault,-30} {r.Trials,3} trials: {r.Refused} refused, {r.Completed} completed, {r.Wrong} wrong{string.Concat(r.Examples.Select(e => $"\n    {e}"))}";
}
