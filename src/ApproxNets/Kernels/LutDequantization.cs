namespace ApproxNets.Kernels;

/// <summary>
/// How the integer sums of a look-up-table convolution become real outputs, for output channel o:
/// <c>y = Scale_o (sum + Offset_o + CodeFactor sum_k xCode_k) + Bias_o</c>.
/// </summary>
/// <remarks>
/// <para>With <c>x = s_x (x_q - z_x)</c>, <c>w = s_w (w_q - z_w)</c> and codes <c>x_q - offset</c> (Jacob et al., CVPR 2018), the layer
/// <c>y = s_x s_w (acc - z_w sum_k (x_q - z_x) - z_x sum_k w_q) + b</c> is the case <c>Scale = s_x s_w</c>, <c>CodeFactor = -z_w</c>,
/// <c>Offset = z_w n padCode - z_x sum_k w_q</c>. The correction by activation codes is summed exactly, padding included; nothing
/// but the products goes through the table.</para>
/// <para>The bracket is an exact 32-bit integer, then one rounding each for its conversion to float, the product and the sum:
/// the same bits on every path.</para>
/// </remarks>
/// <param name="scale">Real units of one step of the sum, &gt; 0: one for all channels, or O.</param>
/// <param name="bias">O values in real units, or none.</param>
/// <param name="offset">O integers that are added to the sums, or none.</param>
/// <param name="codeFactor">Factor of the sum of activation codes.</param>
public readonly ref struct LutDequantization(
    ReadOnlySpan<float> scale, ReadOnlySpan<float> bias = default, ReadOnlySpan<int> offset = default, int codeFactor = 0)
{
    /// <summary>Real units of one step of the sum: one entry, or O.</summary>
    public ReadOnlySpan<float> Scale { get; } = scale;

    /// <summary>Bias: no entry, or O.</summary>
    public ReadOnlySpan<float> Bias { get; } = bias;

    /// <summary>Integers that are added to the sums: no entry, or O.</summary>
    public ReadOnlySpan<int> Offset { get; } = offset;

    /// <summary>Factor of the sum of activation codes.</summary>
    public int CodeFactor { get; } = codeFactor;

    /// <summary>Checks the lengths, and that no bracket can leave 32 bits.</summary>
    internal void Validate(in Conv2dShape shape, LutTable table)
    {
        (int leastProduct, int greatestProduct) = table.Range(byte.MinValue, byte.MaxValue);
        int channels = shape.OutChannels;
        if ((Scale.Length != 1 && Scale.Length != channels)
            || (Bias.Length != 0 && Bias.Length != channels) || (Offset.Length != 0 && Offset.Length != channels))
        {
            throw new ArgumentException(
                $"Dequantisation: found {Scale.Length} scales, {Bias.Length} biases and {Offset.Length} offsets, "
                + $"expected 1 or {channels}, 0 or {channels}, and 0 or {channels}.");
        }

        (int least, int greatest) = Offset.IsEmpty ? (0, 0) : SpanRange.Of(Offset);
        long codes = (long)shape.FanIn * byte.MaxValue * CodeFactor;
        long low = ((long)shape.FanIn * leastProduct) + least + Math.Min(codes, 0);
        long high = ((long)shape.FanIn * greatestProduct) + greatest + Math.Max(codes, 0);
        if (low < int.MinValue || high > int.MaxValue)
        {
            throw new ArgumentException(
                $"Dequantisation: found sums of {low}..{high} for a fan-in of {shape.FanIn}, expected them to fit 32 bits.");
        }
    }
}
