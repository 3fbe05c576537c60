using ApproxNets.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Training;

/// <summary>Measures a model on images.</summary>
public static class Evaluation
{
    /// <summary>Computes the top-1 accuracy, in evaluation mode and without gradients. Restores the model's mode.</summary>
    /// <param name="model">Model of images <c>[B, C, H, W]</c> to logits <c>[B, classes]</c>.</param>
    /// <param name="images">The images, at least one.</param>
    /// <param name="statistics">What to normalise by.</param>
    /// <param name="batchSize">Images of one batch; the result does not depend on it, except in mode <c>Noise</c>, whose draws go by batch.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>Share of images whose highest score is that of their label, 0..1.</returns>
    /// <exception cref="ArgumentException">There are no images.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public static double Accuracy(
        Module<Tensor, Tensor> model,
        ImageSet images,
        ChannelStatistics statistics,
        int batchSize = 250,
        CancellationToken cancellation = default)
    {
        if (images.Count == 0)
        {
            throw new ArgumentException("Evaluation: found no images, expected at least one.", nameof(images));
        }

        bool training = model.training;
        model.eval();
        try
        {
            using var gradients = no_grad();
            long correct = 0;
            foreach (var batch in new BatchLoader(images, statistics, batchSize).Epoch(0))
            {
                using var scope = NewDisposeScope();
                using (batch)
                {
                    cancellation.ThrowIfCancellationRequested();
                    correct += (long)CorrectOf(model.call(batch.Images), batch.Labels);
                }
            }

            return (double)correct / images.Count;
        }
        finally
        {
            model.train(training);
        }
    }

    internal static double CorrectOf(Tensor logits, Tensor labels) => logits.argmax(1).eq(labels).sum().item<long>();
}
