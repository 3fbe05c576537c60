using System.Runtime.InteropServices;
using ApproxNets.Foundation;
using ApproxNets.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// The autograd node of the noise of an AGN search: <c>y + |sigma| std eps</c> with <c>eps</c> drawn from a seed
/// (<see cref="GaussianNoise"/>). Backward passes the gradient <c>g</c> to <c>y</c> as it is and gives sigma
/// <c>sign(sigma) std sum_i g_i eps_i</c>; it draws the noise once more instead of keeping it.
/// </summary>
internal sealed class AddedNoise : autograd.SingleTensorFunction<AddedNoise>
{
    /// <inheritdoc/>
    public override string Name => nameof(AddedNoise);

    /// <summary>Computes the noisy output.</summary>
    /// <param name="output">float32, any shape and device.</param>
    /// <param name="sigma">float32 scalar.</param>
    /// <param name="deviation">Standard deviation of <paramref name="output"/>; a constant for the gradient.</param>
    /// <param name="seed">Seed of the noise.</param>
    public static Tensor Add(Tensor output, Tensor sigma, float deviation, long seed)
    {
        using var scope = NewDisposeScope();
        if (output.device_type != DeviceType.CPU)
        {
            var noise = zeros(output.shape);
            var values = MemoryMarshal.Cast<byte, float>(noise.bytes);
            GaussianNoise.Add(values, values, deviation, seed);
            return output.Plus(noise.to(output.device).mul(sigma.abs())).MoveToOuterDisposeScope();
        }

        var noisy = is_grad_enabled() && (output.requires_grad || sigma.requires_grad)
            ? apply(output, sigma, deviation, seed)
            : Forward(output, deviation * Math.Abs(sigma.item<float>()), seed);
        return noisy.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var output = (Tensor)vars[0];
        float sigma = ((Tensor)vars[1]).item<float>(), deviation = (float)vars[2];
        long seed = (long)vars[3];
        ctx.save_data("factor", Math.Sign(sigma) * deviation);
        ctx.save_data("seed", seed);
        ctx.save_data("channels_last", MemoryOrder.IsChannelsLast(output)); // element i of the noise is that of the memory
        return Forward(output, Math.Abs(sigma) * deviation, seed);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var gradient = grad_output.detach();
        var values = MemoryOrder.Dense(gradient, (bool)ctx.get_data("channels_last"));
        double sum = GaussianNoise.Dot(MemoryMarshal.Cast<byte, float>(values.bytes), (long)ctx.get_data("seed"));
        var ofSigma = tensor((float)(sum * (float)ctx.get_data("factor")));
        return [gradient.MoveToOuterDisposeScope(), ofSigma.MoveToOuterDisposeScope(), null!, null!];
    }

    private static Tensor Forward(Tensor output, float scale, long seed)
    {
        using var scope = NewDisposeScope();
        bool channelsLast = MemoryOrder.IsChannelsLast(output);
        var noisy = MemoryOrder.Empty(output.shape, channelsLast);
        GaussianNoise.Add(
            MemoryMarshal.Cast<byte, float>(MemoryOrder.Dense(output.detach(), channelsLast).bytes),
            MemoryMarshal.Cast<byte, float>(MemoryOrder.Dense(noisy, channelsLast).bytes), scale, seed);
        return noisy.MoveToOuterDisposeScope();
    }
}
