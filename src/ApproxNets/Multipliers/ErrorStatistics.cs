namespace ApproxNets.Multipliers;

/// <summary>
/// The error metrics of a multiplier over all 65,536 operand pairs, each pair counting once, as EvoApproxLib defines them
/// (Mrazek, Hrbacek, Vasicek, Sekanina, DATE 2017). With <c>E(x, w) = m(x, w) - x w</c>:
/// </summary>
/// <param name="MeanAbsoluteError">MAE, the mean of <c>|E|</c>.</param>
/// <param name="WorstCaseError">WCE, the greatest <c>|E|</c>.</param>
/// <param name="MeanRelativeError">
/// MRE as a fraction (EvoApproxLib prints per cent): the mean of <c>|E| / |x w|</c> over the 65,025 pairs whose exact product is
/// not 0. The 511 others are left out, as in the published figures.
/// </param>
/// <param name="ErrorProbability">EP as a fraction (EvoApproxLib prints per cent): the share of all pairs with <c>E != 0</c>.</param>
/// <param name="MeanSquaredError">MSE, the mean of <c>E^2</c>.</param>
/// <param name="MeanError">The bias: the mean of <c>E</c> with its sign.</param>
public sealed record ErrorStatistics(
    double MeanAbsoluteError, int WorstCaseError, double MeanRelativeError, double ErrorProbability, double MeanSquaredError,
    double MeanError)
{
    /// <summary>Computes the metrics. All but the mean relative error are correctly rounded: their sums are integers.</summary>
    /// <exception cref="ArgumentNullException">The multiplier is null.</exception>
    public static ErrorStatistics Of(Multiplier multiplier)
    {
        ArgumentNullException.ThrowIfNull(multiplier);
        int[] errors = multiplier.ErrorMap();
        long sum = 0, absolute = 0, squared = 0;
        int worst = 0, wrong = 0, nonZero = 0;
        double relative = 0;
        for (int i = 0; i < errors.Length; i++)
        {
            int error = errors[i], distance = Math.Abs(error);
            int exact = ((i >> 8) + multiplier.MinOperand) * ((i & 255) + multiplier.MinOperand);
            sum += error;
            absolute += distance;
            squared += (long)error * error;
            worst = Math.Max(worst, distance);
            wrong += error == 0 ? 0 : 1;
            if (exact != 0)
            {
                nonZero++;
                relative += distance / (double)Math.Abs(exact);
            }
        }

        double pairs = errors.Length;
        return new ErrorStatistics(absolute / pairs, worst, relative / nonZero, wrong / pairs, squared / pairs, sum / pairs);
    }
}
