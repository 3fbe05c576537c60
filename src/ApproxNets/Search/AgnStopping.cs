using ApproxNets.Training;

namespace ApproxNets.Search;

/// <summary>When an AGN search ends before its last epoch: the tolerances have settled, or the accuracy has fallen.</summary>
/// <param name="RewardTolerance">The reward <c>sum_l (c_l / sum c) min(|sigma_l|, sigma_max)</c> (with <see cref="AgnOptions.Bias"/> also
/// that of the biases) counts as settled while an epoch changes it by no more than this share, &gt;= 0.</param>
/// <param name="Patience">Epochs in a row that must be settled, or of low accuracy, &gt;= 1.</param>
/// <param name="AccuracyDrop">How far the validation accuracy, which is measured under noise, may stay below the best epoch's, 0..1; null
/// for any. Growing noise costs accuracy in every search, so a small drop ends it early.</param>
/// <remarks>
/// <para>The learning rate follows its schedule over all epochs of the options, whether they are run or not. So the cosine of a search that
/// stops is cut off: weights and tolerances have not seen its small rates at the end and are noisier than those of a whole
/// search; the retraining that follows makes up for the weights. Towards the end of a schedule everything settles because the
/// rate is small: a search that stops there has saved little and found nothing special.</para>
/// <para>The decision depends on the epochs' records only, so an interrupted search stops where an uninterrupted one does.</para>
/// </remarks>
public sealed record AgnStopping(double RewardTolerance = 0.01, int Patience = 3, double? AccuracyDrop = null)
{
    internal bool IsValid => RewardTolerance >= 0 && double.IsFinite(RewardTolerance) && Patience >= 1
        && AccuracyDrop is null or (>= 0 and <= 1);

    /// <summary>Decides after an epoch.</summary>
    /// <param name="epochs">All epochs so far.</param>
    /// <param name="rewards">The reward at the start and after every epoch.</param>
    internal bool Stops(IReadOnlyList<EpochRecord> epochs, IReadOnlyList<double> rewards)
    {
        int last = epochs.Count;
        if (last < Patience)
        {
            return false;
        }

        double best = epochs.Max(e => e.ValidationAccuracy);
        var latest = Enumerable.Range(last - Patience + 1, Patience);
        return latest.All(e => Math.Abs(rewards[e] - rewards[e - 1]) <= RewardTolerance * rewards[e - 1])
            || (AccuracyDrop is double drop && epochs.Skip(last - Patience).All(e => e.ValidationAccuracy < best - drop));
    }
}
