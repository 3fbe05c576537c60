using System.Runtime.InteropServices;
using ApproxNets.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <content>The noise of an AGN search.</content>
public abstract partial class ApproxLayer
{
    private Tensor AddNoise(Tensor output)
    {
        using var scope = NewDisposeScope();
        return AddedNoise.Add(output, sigma, Deviation(output), NoiseSeed).MoveToOuterDisposeScope();
    }

    private static float Deviation(Tensor output)
    {
        var values = output.detach();
        return output.device_type == DeviceType.CPU
            ? (float)GaussianNoise.Deviation(MemoryMarshal.Cast<byte, float>(values.contiguous().bytes))
            : values.std().item<float>();
    }
}
