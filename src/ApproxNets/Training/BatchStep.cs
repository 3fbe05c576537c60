using static TorchSharp.torch;

namespace ApproxNets.Training;

/// <summary>
/// Computes the gradients of one batch: runs the model, computes the loss and calls its backward pass. The optimiser's
/// step is the trainer's. Tensors made inside are disposed of after the step.
/// </summary>
/// <param name="images">float32 <c>[B, C, H, W]</c>.</param>
/// <param name="labels">int64 <c>[B]</c>.</param>
/// <param name="step">Number of this step in the whole training, from 0; seeds whatever is random in it.</param>
/// <returns>The loss and the number of images classified correctly.</returns>
public delegate (double Loss, double Correct) BatchStep(Tensor images, Tensor labels, int step);
