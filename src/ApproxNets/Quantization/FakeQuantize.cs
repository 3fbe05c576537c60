using System.Runtime.InteropServices;
using ApproxNets.Foundation;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Quantization;

/// <summary>
/// Rounding to an 8-bit grid in float arithmetic with the straight-through estimator: the gradient is 1 where the input
/// lies inside the grid's range and 0 outside (Jacob et al., CVPR 2018).
/// </summary>
public static class FakeQuantize
{
    /// <summary>Computes <c>s clamp(round(x / s), Min - z, Max - z)</c>, that is <c>s (q - z)</c>.</summary>
    /// <param name="input">float32, any shape and device.</param>
    /// <param name="parameters">Scale, zero point and range for the whole tensor.</param>
    /// <returns>float32 on the grid, shape and memory order of <paramref name="input"/>.</returns>
    public static Tensor PerTensor(Tensor input, AffineParameters parameters)
    {
        float scale = (float)parameters.Scale, min = parameters.Min - parameters.ZeroPoint, max = parameters.Max - parameters.ZeroPoint;
        if (input.device_type != DeviceType.CPU)
        {
            using var scope = NewDisposeScope();
            return RoundByTensor(input, tensor(scale, device: input.device), (int)min, (int)max).MoveToOuterDisposeScope();
        }

        return input.requires_grad && is_grad_enabled() ? StraightThrough.Round(input, scale, min, max) : Round(input, scale, min, max);
    }

    /// <summary>Computes the symmetric fake quantisation of weights with one scale per output channel.</summary>
    /// <param name="weight">float32 <c>[O, ...]</c>.</param>
    /// <param name="scales">float32 <c>[O]</c>, &gt; 0.</param>
    /// <returns>float32 on the grid -127..127, the shape of <paramref name="weight"/>.</returns>
    public static Tensor PerChannel(Tensor weight, Tensor scales)
    {
        using var scope = NewDisposeScope();
        long[] shape = [scales.numel(), .. Enumerable.Repeat(1L, (int)weight.dim() - 1)];
        return RoundByTensor(weight, scales.view(shape), -127, 127).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the operand codes of a tensor, <c>clamp(round(x / s) + z, Min, Max) - Offset</c>.</summary>
    /// <param name="input">float32, any shape and device; on the grid or not.</param>
    /// <param name="parameters">The grid.</param>
    /// <returns>uint8 codes 0..255, contiguous, on the device of <paramref name="input"/>.</returns>
    /// <exception cref="ArithmeticException">A value is NaN: it has no code, and any would hide it.</exception>
    public static Tensor Codes(Tensor input, AffineParameters parameters)
    {
        float scale = (float)parameters.Scale, min = parameters.Min - parameters.ZeroPoint, max = parameters.Max - parameters.ZeroPoint;
        int shift = parameters.ZeroPoint - parameters.Offset;
        if (input.device_type != DeviceType.CPU)
        {
            using var scope = NewDisposeScope();
            using Scalar step = scale, low = min, high = max, offset = shift, one = 1;
            var rounded = input.detach().div(step).round_().clamp_(low, high).add_(offset, one);
            return rounded.isnan().any().item<bool>()
                ? throw NotANumber(input)
                : rounded.to(ScalarType.Byte).contiguous().MoveToOuterDisposeScope();
        }

        using var values = input.detach();
        using var plain = values.contiguous();
        var codes = empty(input.shape, ScalarType.Byte);
        if (RoundingKernel.Codes(MemoryMarshal.Cast<byte, float>(plain.bytes), codes.bytes, scale, min, max, shift))
        {
            return codes;
        }

        codes.Dispose();
        throw NotANumber(input);
    }

    /// <summary>Computes the symmetric scale of one channel's weights, <c>max |w| / 127</c>.</summary>
    internal static float ChannelScale(ReadOnlySpan<float> weights)
    {
        float greatest = 0;
        foreach (float weight in weights)
        {
            greatest = Math.Max(greatest, Math.Abs(weight));
        }

        return Math.Max(greatest / 127, 1e-12f);
    }

    internal static Tensor Round(Tensor input, float scale, float min, float max)
    {
        using var scope = NewDisposeScope();
        bool channelsLast = MemoryOrder.IsChannelsLast(input);
        var plain = MemoryOrder.Dense(input, channelsLast);
        var result = MemoryOrder.Empty(input.shape, channelsLast);
        RoundingKernel.Round(
            MemoryMarshal.Cast<byte, float>(plain.bytes), MemoryMarshal.Cast<byte, float>(MemoryOrder.Dense(result, channelsLast).bytes),
            scale, min, max);
        return result.MoveToOuterDisposeScope();
    }

    private static ArithmeticException NotANumber(Tensor input) =>
        new($"Operand codes: found NaN in a tensor [{string.Join(", ", input.shape)}], expected numbers.");

    private static Tensor RoundByTensor(Tensor input, Tensor scale, int min, int max)
    {
        using Scalar low = min, high = max;
        Tensor onGrid;
        using (no_grad())
        {
            onGrid = input.div(scale).round_().clamp_(low, high).mul_(scale);
        }

        if (!input.requires_grad || !is_grad_enabled())
        {
            return onGrid;
        }

        // In value onGrid; in gradient that of the clamp, 1 inside the range and 0 outside.
        var clamped = input.clamp(scale.mul(low), scale.mul(high));
        return clamped.Plus(onGrid.sub_(clamped.detach()));
    }
}
