using System.Runtime.InteropServices;
using ApproxNets.Quantization;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// The weights of a layer on their grid, as the kernels take them: codes, scales, and the sums that zero-point corrections need.
/// A snapshot; <see cref="IsOf"/> tells whether the weights are still the same.
/// </summary>
internal sealed class QuantizedWeights
{
    private readonly float[] _weights;

    private QuantizedWeights(float[] weights, byte[] codes, float[] scales, int[] sums, AffineParameters parameters) =>
        (_weights, Codes, Scales, Sums, Parameters) = (weights, codes, scales, sums, parameters);

    /// <summary>Operand codes, <c>[O, n]</c>.</summary>
    public byte[] Codes { get; }

    /// <summary>s_w: one, or one for every output channel.</summary>
    public float[] Scales { get; }

    /// <summary><c>sum_k w_k</c> of the integers of every output channel.</summary>
    public int[] Sums { get; }

    /// <summary>The grid; with per-channel scales that of the widest channel.</summary>
    public AffineParameters Parameters { get; }

    /// <summary>Quantises weights.</summary>
    /// <param name="weight">float32 <c>[O, ...]</c> on any device.</param>
    /// <param name="options">Scheme, and whether every channel has its scale.</param>
    public static QuantizedWeights Of(Tensor weight, QuantizationOptions options)
    {
        float[] values;
        using (NewDisposeScope())
        {
            values = weight.detach().cpu().contiguous().data<float>().ToArray();
        }

        int channels = (int)weight.shape[0], fanIn = values.Length / channels;
        float least = values[0], greatest = values[0];
        foreach (float value in values)
        {
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        }

        var parameters = AffineParameters.ForWeights(least, greatest, options.Scheme);
        float[] scales = [(float)parameters.Scale];
        if (options.PerChannelWeights)
        {
            scales = new float[channels];
            for (int o = 0; o < channels; o++)
            {
                scales[o] = FakeQuantize.ChannelScale(values.AsSpan(o * fanIn, fanIn));
            }
        }

        var codes = new byte[values.Length];
        var sums = new int[channels];
        int shift = parameters.ZeroPoint - parameters.Offset;
        for (int o = 0; o < channels; o++)
        {
            Span<byte> row = codes.AsSpan(o * fanIn, fanIn);
            RoundingKernel.Codes(
                values.AsSpan(o * fanIn, fanIn), row, scales[scales.Length == 1 ? 0 : o],
                parameters.Min - parameters.ZeroPoint, parameters.Max - parameters.ZeroPoint, shift);
            int sum = fanIn * parameters.Offset;
            foreach (byte code in row)
            {
                sum += code;
            }

            sums[o] = sum;
        }

        return new QuantizedWeights(values, codes, scales, sums, parameters);
    }

    /// <summary>Whether the snapshot was made of these weights, compared bit for bit.</summary>
    public bool IsOf(Tensor weight)
    {
        if (weight.device_type != TorchSharp.DeviceType.CPU || !weight.is_contiguous())
        {
            return false;
        }

        using var plain = weight.detach();
        return MemoryMarshal.AsBytes(_weights.AsSpan()).SequenceEqual(plain.bytes);
    }
}
