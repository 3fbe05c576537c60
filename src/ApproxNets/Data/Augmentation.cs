namespace ApproxNets.Data;

/// <summary>What happens to a training image before it is seen.</summary>
public enum Augmentation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>
    /// A random crop of the image padded with 4 black pixels on each side (all 9 x 9 positions alike), then a horizontal
    /// flip with probability 1/2. The padding is raw 0, before normalisation: it adds no value that images do not have,
    /// so it does not widen the range that 8-bit activations must cover.
    /// </summary>
    CropAndFlip,
}
