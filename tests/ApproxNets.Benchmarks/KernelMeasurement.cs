namespace ApproxNets.Benchmarks;

/// <summary>What one layer took; times of one call with the whole batch.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Float">TorchSharp's <c>conv2d</c> or <c>linear</c> in float32, with bias.</param>
/// <param name="LutSigned">Codes to real outputs, 7-bit activations after a ReLU, signed table.</param>
/// <param name="LutUnsigned">Codes to real outputs, 8-bit activations, unsigned table, zero points in use.</param>
/// <param name="Quantize">Float activations to codes; in none of the other times.</param>
/// <param name="Gather">The gather baseline on the signed operands; null if left out.</param>
/// <param name="GatherBatch">Samples that the baseline ran on; its times are scaled up from them to the whole batch.</param>
/// <param name="Scalar">The plain loop on the signed operands; null for large layers, or if left out.</param>
public sealed record KernelMeasurement(
    KernelLayer Layer,
    Timing Float,
    Timing LutSigned,
    Timing LutUnsigned,
    Timing Quantize,
    Timing? Gather,
    int GatherBatch,
    Timing? Scalar)
{
    /// <summary>Time of the signed call in units of the float one's.</summary>
    public double RatioSigned => LutSigned.MedianMilliseconds / Float.MedianMilliseconds;

    /// <summary>Time of the unsigned call in units of the float one's.</summary>
    public double RatioUnsigned => LutUnsigned.MedianMilliseconds / Float.MedianMilliseconds;

    /// <summary>Time of the gather baseline in units of the signed call's; null without the baseline.</summary>
    public double? SpeedupOverGather => Gather?.MedianMilliseconds / LutSigned.MedianMilliseconds;

    /// <summary>Throughput in 10^9 multiply-accumulates per second.</summary>
    /// <param name="timing">One of the times of this layer.</param>
    public double GigaMacsPerSecond(Timing timing) => Layer.Macs / timing.MedianMilliseconds / 1e6;
}
