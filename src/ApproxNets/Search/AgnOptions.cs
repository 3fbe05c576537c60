using ApproxNets.Foundation;
using ApproxNets.Layers;
using ApproxNets.Training;

namespace ApproxNets.Search;

/// <summary>Settings of the AGN search: learned robustness per layer.</summary>
/// <param name="Lambda">Weight of the reward for noise, &gt;= 0: trades accuracy for tolerance.</param>
/// <param name="InitialSigma">Noise scale of every layer at the start.</param>
/// <param name="MaxSigma">Noise scale above which a layer earns nothing more.</param>
public sealed record AgnOptions(double Lambda = 0.2, double InitialSigma = 0.1, double MaxSigma = 0.5)
{
    /// <summary>A learnable tolerance for the mean of the error beside that for its spread; off if null.</summary>
    public AgnBias? Bias { get; init; }

    /// <summary>When to stop before the last epoch; never if null.</summary>
    public AgnStopping? Stopping { get; init; }

    /// <summary>Adds everything that decides the course of a search, besides its training.</summary>
    /// <exception cref="ArgumentException">A setting is out of range.</exception>
    public void AddTo(Fingerprint fingerprint)
    {
        Validate();
        fingerprint.Add("lambda", Lambda).Add("initial-sigma", InitialSigma).Add("max-sigma", MaxSigma);
        if (Bias is not null)
        {
            string draw = Bias.Draw switch
            {
                BiasDraw.Step => "step",
                BiasDraw.Image => "image",
                BiasDraw.ImageAndChannel => "image-and-channel",
                _ => throw new ArgumentException($"AGN search: found the draw {Bias.Draw}, expected a known one."),
            };
            fingerprint.Add("initial-bias", Bias.Initial).Add("max-bias", Bias.Max).Add("bias-draw", draw);
        }

        if (Stopping is not null)
        {
            fingerprint.Add("reward-tolerance", Stopping.RewardTolerance).Add("patience", Stopping.Patience)
                .Add("accuracy-drop", Stopping.AccuracyDrop ?? -1);
        }
    }

    internal void Validate()
    {
        if (!(Lambda >= 0) || !(InitialSigma > 0) || !(MaxSigma >= InitialSigma) || !double.IsFinite(Lambda + MaxSigma))
        {
            throw new ArgumentException(
                $"AGN search: found {this}, expected finite numbers, lambda >= 0 and 0 < initial sigma <= maximal sigma.");
        }

        if (Bias is not null && (!(Bias.Initial > 0) || !(Bias.Max >= Bias.Initial) || !double.IsFinite(Bias.Max)
            || !Enum.IsDefined(Bias.Draw)))
        {
            throw new ArgumentException(
                $"AGN search: found {Bias}, expected finite numbers with 0 < initial bias <= maximal bias and a known draw.");
        }

        if (Stopping?.IsValid == false)
        {
            throw new ArgumentException(
                $"AGN search: found {Stopping}, expected a finite reward tolerance >= 0, a patience >= 1 and an accuracy drop of 0..1.");
        }
    }
}

/// <summary>
/// A second tolerance of a layer, for the mean of its error, beside that for its spread: the output becomes
/// <c>y + std(y) (|beta_l| s + |sigma_l| eps)</c> with random signs s, and the loss rewards <c>min(|beta_l|, beta_max)</c> as it does
/// sigma. An extension of this library; the paper's noise has mean zero, and multipliers with a strong bias are beyond it.
/// </summary>
/// <param name="Initial">Bias tolerance of every layer at the start, a share of std(y_l).</param>
/// <param name="Max">Bias tolerance above which a layer earns nothing more.</param>
/// <param name="Draw">Which outputs share a sign.</param>
/// <remarks>
/// <para>The signs: a bias that is the same in every step is learnt away by the bias or batch normalisation behind it, in a few steps and
/// at no loss, whatever its size. That would measure the network's ability to retrain.</para>
/// <para>One sign an image, not one a step: batch normalisation in training subtracts the mean of each channel over the batch, and with it
/// every shift that all images share. With <see cref="BiasDraw.Step"/>, a layer followed by batch normalisation has no gradient by beta but
/// that of the reward, and beta grows to its bound. That is right for a network whose statistics are estimated anew with the multiplier,
/// and of no use for one whose statistics stay. With one sign for each image the shift has mean zero over the batch and reaches the loss.
/// It stands for an error common to all positions of an image. A biased multiplier errs in that way, as operands differ from image to
/// image.</para>
/// <para>Batch normalisation sees the larger variance and scales by about <c>1 / sqrt(1 + beta^2 + sigma^2)</c>, for the shift
/// as for the noise.</para>
/// </remarks>
public sealed record AgnBias(double Initial = 0.1, double Max = 0.5, BiasDraw Draw = BiasDraw.Image);

/// <summary>When an AGN search ends before its last epoch: the tolerances have settled, or the accuracy has fallen.</summary>
/// <param name="RewardTolerance">The reward <c>sum_l (c_l / sum c) min(|sigma_l|, sigma_max)</c> (with <see cref="AgnOptions.Bias"/> also
/// that of the biases) counts as settled while an epoch changes it by no more than this share, &gt;= 0.</param>
/// <param name="Patience">Epochs in a row that must be settled, or of low accuracy, &gt;= 1.</param>
/// <param name="AccuracyDrop">How far the validation accuracy, which is measured under noise, may stay below the best epoch's, 0..1; null
/// for any. Growing noise costs accuracy in every search, so a small drop ends it early.</param>
/// <remarks>
/// <para>The learning rate follows its schedule over all epochs of the options, whether they are run or not. So the cosine of a search that
/// stops is cut off. Its weights and tolerances have not seen the small rates at the end and are noisier than those of a whole search.
/// The retraining that follows makes up for the weights. Towards the end of a schedule everything settles because the rate is small, so
/// a search that stops there has saved little and found nothing special.</para>
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
