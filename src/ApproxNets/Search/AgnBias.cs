using ApproxNets.Layers;

namespace ApproxNets.Search;

/// <summary>
/// A second tolerance of a layer, for the mean of its error, beside that for its spread: the output becomes
/// <c>y + std(y) (|beta_l| s + |sigma_l| eps)</c> with random signs s, and the loss rewards <c>min(|beta_l|, beta_max)</c> as it does
/// sigma. An extension of this library; the paper's noise has mean zero, and multipliers with a strong bias are beyond it.
/// </summary>
/// <param name="Initial">Bias tolerance of every layer at the start, a share of std(y_l).</param>
/// <param name="Max">Bias tolerance above which a layer earns nothing more.</param>
/// <param name="Draw">Which outputs share a sign.</param>
/// <remarks>
/// <para>Why signs: a bias that is the same in every step would be learnt away by the bias or batch normalisation behind it, in
/// a few steps and at no loss, whatever its size. What would be measured is the network's ability to retrain.</para>
/// <para>Why one an image and not one a step: batch normalisation in training subtracts the mean of each channel over
/// the batch, hence every shift that all its images have in common, sign and all. With <see cref="BiasDraw.Step"/> a layer
/// followed by batch normalisation has no gradient by beta but that of the reward, and beta grows to its bound: true for a network whose
/// statistics are estimated anew with the multiplier, and of no use for one whose statistics stay. With one sign for each
/// image the shift has mean zero over the batch and reaches the loss. It stands for an error common to all positions of an image, which
/// is what the error of a biased multiplier is, as operands differ from image to image.</para>
/// <para>Batch normalisation sees the larger variance and scales by about <c>1 / sqrt(1 + beta^2 + sigma^2)</c>, for the shift
/// as for the noise.
/// </para>
/// </remarks>
public sealed record AgnBias(double Initial = 0.1, double Max = 0.5, BiasDraw Draw = BiasDraw.Image);
