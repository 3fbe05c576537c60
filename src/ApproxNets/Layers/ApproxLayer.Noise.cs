using System.Runtime.InteropServices;
using ApproxNets.Kernels;
using ApproxNets.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <content>The noise of an AGN search.</content>
public abstract partial class ApproxLayer
{
    /// <summary>beta_l, float32 scalar, while a search learns it; see <see cref="Search.AgnBias"/>. Not a parameter of the layer.</summary>
    internal Tensor? BiasTolerance { get; set; }

    /// <summary>Which outputs share the sign of the bias.</summary>
    internal BiasDraw BiasDraw { get; set; }

    private Tensor AddNoise(Tensor output)
    {
        using var scope = NewDisposeScope();
        float deviation = Deviation(output);
        var noisy = AddedNoise.Add(output, sigma, deviation, NoiseSeed);
        if (BiasTolerance is not null)
        {
            noisy = noisy.add(Signs(output).mul_(deviation).mul(BiasTolerance.abs()));
        }

        return noisy.MoveToOuterDisposeScope();
    }

    private static float Deviation(Tensor output)
    {
        var values = output.detach();
        return output.device_type == DeviceType.CPU
            ? (float)GaussianNoise.Deviation(MemoryMarshal.Cast<byte, float>(
                MemoryOrder.Dense(values, MemoryOrder.IsChannelsLast(values)).bytes))
            : values.std().item<float>();
    }

    private Tensor Signs(Tensor output)
    {
        var shape = new long[output.dim()];
        Array.Fill(shape, 1);
        shape[0] = BiasDraw == BiasDraw.Step ? 1 : output.shape[0];
        shape[1] = BiasDraw == BiasDraw.ImageAndChannel ? output.shape[1] : 1;
        var signs = empty(shape);

        // The complement: a seed of its own, since those of noise are not negative.
        GaussianNoise.Signs(MemoryMarshal.Cast<byte, float>(signs.bytes), ~NoiseSeed);
        return signs.to(output.device);
    }
}
