using static TorchSharp.torch;

namespace ApproxNets.Tests.Layers;

/// <summary>Counts live tensors so that a method can be shown to leave none behind.</summary>
internal static class LiveTensors
{
    /// <summary>
    /// The number of live tensors once the finalisers of earlier garbage have run: garbage that is finalised between two counts would lower
    /// the second one. The second count is <see cref="Tensor.TotalCount"/> itself, since a collection would hide a leak.
    /// </summary>
    public static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Tensor.TotalCount;
    }
}
