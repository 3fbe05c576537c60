using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ApproxNets.Quantization;

/// <summary>
/// The autograd node of rounding to a grid: forward rounds, backward passes the gradient where the input lies inside the
/// grid's range and stops it outside (straight-through estimator, Bengio et al., arXiv 1308.3432).
/// </summary>
internal sealed class StraightThrough : autograd.SingleTensorFunction<StraightThrough>
{
    /// <inheritdoc/>
    public override string Name => nameof(StraightThrough);

    /// <summary>Computes <c>s clamp(round(x / s), min, max)</c> with the straight-through gradient.</summary>
    public static Tensor Round(Tensor input, float scale, float min, float max)
    {
        // The base class wraps the node's output anew and leaves the first wrapper behind.
        using var scope = NewDisposeScope();
        return apply(input, scale, min, max).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var input = (Tensor)vars[0];
        float scale = (float)vars[1], min = (float)vars[2], max = (float)vars[3];
        ctx.save_for_backward([input]);
        ctx.save_data("low", scale * min);
        ctx.save_data("high", scale * max);
        using var values = input.detach();
        return FakeQuantize.Round(values, scale, min, max);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var input = ctx.get_saved_variables()[0].detach();
        bool channelsLast = MemoryOrder.IsChannelsLast(input);
        var gradient = MemoryOrder.Empty(input.shape, channelsLast);
        gradient.copy_(grad_output.detach());
        RoundingKernel.Mask(
            MemoryMarshal.Cast<byte, float>(MemoryOrder.Dense(input, channelsLast).bytes),
            MemoryMarshal.Cast<byte, float>(MemoryOrder.Dense(gradient, channelsLast).bytes),
            (float)ctx.get_data("low"),
            (float)ctx.get_data("high"));
        return [gradient.MoveToOuterDisposeScope(), null!, null!, null!];
    }
}
