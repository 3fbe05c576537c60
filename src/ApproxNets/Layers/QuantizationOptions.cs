using ApproxNets.Multipliers;
using ApproxNets.Quantization;

namespace ApproxNets.Layers;

/// <summary>How the layers of a model are quantised.</summary>
/// <param name="Scheme">Signed or unsigned codes; only multipliers of the same signedness can be assigned.</param>
public sealed record QuantizationOptions(Signedness Scheme)
{
    /// <summary>How the range of activations is observed.</summary>
    public ObserverKind Observer { get; init; } = ObserverKind.MovingAverage;

    /// <summary>The quantile that <see cref="ObserverKind.Histogram"/> takes as the greatest activation, 0.5..1.</summary>
    public double Quantile { get; init; } = 0.9999;

    /// <summary>One weight scale per output channel instead of one per layer; signed scheme only.</summary>
    public bool PerChannelWeights { get; init; }

    /// <summary>
    /// Ranges for approximate multiplication: one activation in a thousand is clipped, and every output channel has its own weight scale
    /// where the scheme allows it. A layer's extremes are many times its usual values, and larger codes make an absolute error of a
    /// multiplier weigh less. Experiments store stages under the word "clipped": other settings here need another word there.
    /// </summary>
    /// <param name="scheme">Signed or unsigned codes.</param>
    public static QuantizationOptions Clipped(Signedness scheme) => new(scheme)
    {
        Observer = ObserverKind.Histogram,
        Quantile = 0.999,
        PerChannelWeights = scheme == Signedness.Signed,
    };
}
