namespace ApproxNets.Kernels;

/// <summary>
/// The checked operands of one convolution as pointers, which threads can share as spans cannot. The owner keeps them pinned.
/// Layouts are those of <see cref="LutConv2d"/>.
/// </summary>
internal readonly unsafe struct LutConv2dOperands
{
    public required byte* X { get; init; }

    public required byte* Weights { get; init; }

    public required LutTable Table { get; init; }

    public required Conv2dShape Shape { get; init; }

    public required byte PadCode { get; init; }

    /// <summary>int32 sums, or float32 outputs where <see cref="Scale"/> is given; 4 bytes each either way.</summary>
    public required int* Output { get; init; }

    /// <summary>Scales, or null: the output is the sums as they are. See <see cref="LutDequantization"/>.</summary>
    public float* Scale { get; init; }

    /// <summary>1 where every channel has its scale, 0 where all share one.</summary>
    public int ScaleStep { get; init; }

    /// <summary>Biases, or null.</summary>
    public float* Bias { get; init; }

    /// <summary>Offsets, or null.</summary>
    public int* Offset { get; init; }

    public int CodeFactor { get; init; }

    /// <summary>The strategy to use instead of the cheapest one; for tests.</summary>
    public LutStrategy? Strategy { get; init; }

    /// <summary>The output of channel <paramref name="o"/> for a complete bracket of <see cref="LutDequantization"/>, as 32 bits.</summary>
    public int Finish(int bracket, int o) => Scale == null
        ? bracket
        : BitConverter.SingleToInt32Bits((bracket * Scale[o * ScaleStep]) + (Bias == null ? 0f : Bias[o]));
}
