namespace ApproxNets.Search;

/// <summary>Settings of the AGN search: learned robustness per layer.</summary>
/// <param name="Lambda">Weight of the reward for noise, &gt;= 0: trades accuracy for tolerance.</param>
/// <param name="InitialSigma">Noise scale of every layer at the start.</param>
/// <param name="MaxSigma">Noise scale above which a layer earns nothing more.</param>
public sealed record AgnOptions(double Lambda = 0.2, double InitialSigma = 0.1, double MaxSigma = 0.5)
{
    internal void Validate()
    {
        if (!(Lambda >= 0) || !(InitialSigma > 0) || !(MaxSigma >= InitialSigma) || !double.IsFinite(Lambda + MaxSigma))
        {
            throw new ArgumentException(
                $"AGN search: found {this}, expected finite numbers, lambda >= 0 and 0 < initial sigma <= maximal sigma.");
        }
    }
}
