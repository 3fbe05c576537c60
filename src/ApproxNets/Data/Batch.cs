using TorchSharp;

namespace ApproxNets.Data;

/// <summary>A batch of images; owns its tensors.</summary>
/// <param name="Images">Normalised images, float32 <c>[B, C, H, W]</c>.</param>
/// <param name="Labels">Class indices, int64 <c>[B]</c>.</param>
public sealed record Batch(torch.Tensor Images, torch.Tensor Labels) : IDisposable
{
    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Images.Dispose();
        Labels.Dispose();
    }
}
