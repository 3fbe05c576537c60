using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// Draws outputs at random: each is the sum of n errors of operand pairs drawn from <c>p_x p_w</c> (Marchisio et al.,
/// "ReD-CaNe", arXiv 1912.00700). Converges to the single-distribution model: a check on it, not a better model.
/// </summary>
public sealed class MonteCarloErrorModel : IErrorModel
{
    private readonly int _runs;
    private readonly int _seed;

    /// <summary>Makes a model.</summary>
    /// <param name="runs">Outputs to draw, &gt;= 2; the papers use 100,000.</param>
    /// <param name="seed">Seed of the draws; the same for every pair of layer and multiplier.</param>
    public MonteCarloErrorModel(int runs, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 2);
        (_runs, _seed) = (runs, seed);
    }

    /// <inheritdoc/>
    public string Name => "monte-carlo";

    /// <inheritdoc/>
    public ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample)
    {
        sample.Check(multiplier);
        int[] errors = multiplier.ErrorMap();

        // Drawing one of the observed codes at random is drawing from their distribution.
        byte[] x = sample.ReceptiveFields, w = sample.WeightCodes;
        var random = new Random(_seed);
        double mean = 0, squares = 0;
        for (int run = 1; run <= _runs; run++)
        {
            long sum = 0;
            for (int k = 0; k < sample.FanIn; k++)
            {
                sum += errors[(x[random.Next(x.Length)] << 8) + w[random.Next(w.Length)]];
            }

            // Welford's update: stable where the mean is large against the deviation.
            double difference = sum - mean;
            mean += difference / run;
            squares += difference * (sum - mean);
        }

        return new ErrorEstimate(mean, Math.Sqrt(squares / _runs));
    }
}
