using ApproxNets.Multipliers;
using ApproxNets.Quantization;

namespace ApproxNets.Layers;

/// <summary>How the layers of a model are quantised.</summary>
/// <param name="Scheme">Signed or unsigned codes; only multipliers of the same signedness can be assigned.</param>
public sealed record QuantizationOptions(Signedness Scheme)
{
    /// <summary>How the range of activations is observed.</summary>
    public ObserverKind Observer { get; init; } = ObserverKind.MovingAverage;

    /// <summary>One weight scale per output channel instead of one per layer; signed scheme only.</summary>
    public bool PerChannelWeights { get; init; }
}
