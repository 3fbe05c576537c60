using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>Predicts the error that a multiplier causes at the output of a layer.</summary>
public interface IErrorModel
{
    /// <summary>Short name for tables and results.</summary>
    string Name { get; }

    /// <summary>Computes a layer's output error under a multiplier, as shares of the output's standard deviation: the plain form of the
    /// model.</summary>
    /// <param name="multiplier">The multiplier, of the layer's signedness.</param>
    /// <param name="sample">Operands of the layer on sample data.</param>
    /// <exception cref="ArgumentException">The signedness differs.</exception>
    ErrorEstimate Estimate(Multiplier multiplier, LayerSample sample);

    /// <summary>
    /// Computes the estimates of all pairs of layer and multiplier on all processors. The models of this library compute once what does
    /// not depend on the multiplier, and are vectorised. They equal <see cref="Estimate"/> but for the rounding of sums (1e-9 of the root
    /// mean square), and repeated calls give the same bits.
    /// </summary>
    /// <param name="samples">One sample per layer.</param>
    /// <param name="multipliers">The multipliers, of the layers' signedness.</param>
    /// <param name="cancellation">Stops between two pieces of work.</param>
    /// <returns>The estimates <c>[layer, multiplier]</c>, shares of the layer's std(y_l).</returns>
    /// <exception cref="ArgumentException">A signedness differs.</exception>
    /// <exception cref="OperationCanceledException">The computation was cancelled.</exception>
    ErrorEstimate[,] EstimateAll(
        IReadOnlyList<LayerSample> samples, IReadOnlyList<Multiplier> multipliers, CancellationToken cancellation = default)
    {
        LayerSample.Check(samples, multipliers);
        var estimates = new ErrorEstimate[samples.Count, multipliers.Count];
        Parallel.For(0, estimates.Length, new ParallelOptions { CancellationToken = cancellation }, pair =>
        {
            (int layer, int m) = Math.DivRem(pair, multipliers.Count);
            estimates[layer, m] = Estimate(multipliers[m], samples[layer]);
        });
        return estimates;
    }
}
