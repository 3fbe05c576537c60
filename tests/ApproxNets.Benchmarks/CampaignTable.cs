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
}
