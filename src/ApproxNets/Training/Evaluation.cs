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
    /// <param name="batchSize">Images of one batch; the result does not depend on it, except under noise, which is drawn by batch.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>Share of images whose highest score is that of their label, 0..1.</returns>
    /// <exception cref="ArgumentException">There are no images.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public static double Accuracy(
        Module<Tensor, Tensor> model, ImageSet images, ChannelStatistics statistics, int batchSize = 250,
        CancellationToken cancellation = default) => TopAccuracy(model, images, statistics, 1, batchSize, cancellation).Top1;

    /// <summary>Computes the top-1 and the top-k accuracy in one pass, in evaluation mode and without gradients. Restores the model's mode.</summary>
    /// <param name="model">Model of images <c>[B, C, H, W]</c> to logits <c>[B, classes]</c>.</param>
    /// <param name="images">The images, at least one.</param>
    /// <param name="statistics">What to normalise by.</param>
    /// <param name="k">Number of classes of the highest scores, 1..classes.</param>
    /// <param name="batchSize">Images of one batch.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="ArgumentException">There are no images.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There are less than k classes.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public static TopAccuracy TopAccuracy(
        Module<Tensor, Tensor> model, ImageSet images, ChannelStatistics statistics, int k = 5, int batchSize = 250,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (images.Count == 0)
        {
            throw new ArgumentException("Evaluation: found no images, expected at least one.", nameof(images));
        }

        bool training = model.training;
        model.eval();
        try
        {
            using var gradients = no_grad();
            long correct = 0, among = 0;
            foreach (var batch in new BatchLoader(images, statistics, batchSize).Epoch(0))
            {
                using var scope = NewDisposeScope();
                using (batch)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var logits = model.call(batch.Images);
                    correct += (long)CorrectOf(logits, batch.Labels);
                    if (k > 1)
                    {
                        among += CorrectAmong(logits, batch.Labels, k);
                    }
                }
            }

            return new((double)correct / images.Count, (double)(k > 1 ? among : correct) / images.Count, k);
        }
        finally
        {
            model.train(training);
        }
    }

    /// <summary>Computes the standard error of an accuracy, <c>sqrt(p (1 - p) / n)</c>.</summary>
    /// <param name="accuracy">The accuracy p, 0..1.</param>
    /// <param name="images">Number n of the images that it was measured on.</param>
    /// <exception cref="ArgumentOutOfRangeException">The accuracy is not in 0..1, or there is no image.</exception>
    public static double StandardError(double accuracy, int images)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(images, 1);
        return accuracy is >= 0 and <= 1
            ? Math.Sqrt(accuracy * (1 - accuracy) / images)
            : throw new ArgumentOutOfRangeException(nameof(accuracy), $"Evaluation: found the accuracy {accuracy}, expected 0..1.");
    }

    internal static double CorrectOf(Tensor logits, Tensor labels) => logits.argmax(1).eq(labels).sum().item<long>();

    private static long CorrectAmong(Tensor logits, Tensor labels, int k)
    {
        if (logits.size(1) < k)
        {
            throw new ArgumentOutOfRangeException(nameof(k), $"Evaluation: found {logits.size(1)} classes, expected the highest {k} scores to be some of them.");
        }

        var (_, classes) = logits.topk(k, 1);
        return classes.eq(labels.unsqueeze(1)).sum().item<long>();
    }
}

/// <summary>Accuracies of one pass over images.</summary>
/// <param name="Top1">Share of images whose highest score is that of their label, 0..1.</param>
/// <param name="TopK">Share of images whose label's score is among the k highest, 0..1.</param>
/// <param name="K">k.</param>
public sealed record TopAccuracy(double Top1, double TopK, int K);
