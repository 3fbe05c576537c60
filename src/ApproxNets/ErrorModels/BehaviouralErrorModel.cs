using System.Runtime.CompilerServices;
using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// The truth that the other models predict: runs the layer on the whole sample with the multiplier and with the exact
/// one and takes mean and standard deviation of the difference over all outputs. Exact for the sample.
/// </summary>
public sealed class BehaviouralErrorModel : IErrorModel
{
    // The exact sums of a sample serve all multipliers; the table forgets them with the sample.
    private readonly ConditionalWeakTable<LayerSample, int[]> _exact = [];

    /// <inheritdoc/>
    public string Name => "behavioural";

    /// <inheritdoc/>
    public ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample)
    {
        int[] approximate = sample.Simulate(multiplier);
        int[] exact = _exact.GetValue(
            sample, s => s.Simulate(Multiplier.FromFunction("exact", s.Scheme, (x, w) => x * w, 1, "definition")));
        double sum = 0, squares = 0;
        for (int i = 0; i < exact.Length; i++)
        {
            double error = approximate[i] - exact[i];
            sum += error;
            squares += error * error;
        }

        double mean = sum / exact.Length;
        return new ErrorEstimate(mean, Math.Sqrt(Math.Max(0, (squares / exact.Length) - (mean * mean))));
    }
}
