using ApproxNets.Foundation;
using ApproxNets.Layers;

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
