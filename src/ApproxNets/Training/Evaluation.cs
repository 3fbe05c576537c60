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
        long correct = 0, among = 0;
        Run(model, images, statistics, batchSize, cancellation, (logits, labels) =>
        {
            correct += (long)CorrectOf(logits, labels);
            if (k > 1)
            {
                among += CorrectAmong(logits, labels, k);
            }
        });
        return new((double)correct / images.Count, (double)(k > 1 ? among : correct) / images.Count, k);
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

    /// <summary>Says of every image whether its highest score is that of its label, in evaluation mode and without gradients. Restores the
    /// model's mode. What <see cref="McNemar"/> compares.</summary>
    /// <param name="model">Model of images <c>[B, C, H, W]</c> to logits <c>[B, classes]</c>.</param>
    /// <param name="images">The images, at least one.</param>
    /// <param name="statistics">What to normalise by.</param>
    /// <param name="batchSize">Images of one batch, as for <see cref="Accuracy"/>.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>One answer for every image, in their order; the share of true ones is <see cref="Accuracy"/>.</returns>
    /// <exception cref="ArgumentException">There are no images.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public static bool[] Correct(
        Module<Tensor, Tensor> model, ImageSet images, ChannelStatistics statistics, int batchSize = 250,
        CancellationToken cancellation = default)
    {
        var correct = new List<bool>(images.Count);
        Run(model, images, statistics, batchSize, cancellation, (logits, labels) => correct.AddRange(logits.argmax(1).eq(labels).data<bool>().ToArray()));
        return [.. correct];
    }

    /// <summary>
    /// Tests whether two networks differ in accuracy on the same images, by McNemar's paired test in its exact form: only images that one of
    /// them gets right count, and if neither network is better each is as likely the one's as the other's. Of <c>n = b + c</c> such images
    /// <c>p = min(1, 2 sum_(k &lt;= min(b, c)) C(n, k) / 2^n)</c>.
    /// </summary>
    /// <param name="first">Whether the first network is right about every image.</param>
    /// <param name="second">The same of the second.</param>
    /// <returns>p, 0..1: how often chance alone makes a difference at least as great. 1 where the networks are right about the same images.</returns>
    /// <remarks>Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    /// Psychometrika 12(2), 1947. Two standard errors of each accuracy are not that test: the two share the images.</remarks>
    /// <exception cref="ArgumentException">The numbers of images differ, or there are none.</exception>
    public static double McNemar(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        if (first.Count != second.Count || first.Count == 0)
        {
            throw new ArgumentException(
                $"McNemar: found {first.Count} and {second.Count} images, expected the same images twice, at least one.", nameof(second));
        }

        int onlyFirst = first.Zip(second).Count(pair => pair.First && !pair.Second);
        int onlySecond = first.Zip(second).Count(pair => !pair.First && pair.Second);
        int n = onlyFirst + onlySecond;

        // Term after term by its logarithm: 2^-n is less than any double from a thousand images on.
        double term = -n * Math.Log(2), sum = 0;
        for (int k = 0; k <= Math.Min(onlyFirst, onlySecond); k++)
        {
            sum += Math.Exp(term);
            term += Math.Log((double)(n - k) / (k + 1));
        }

        return Math.Min(1, 2 * sum);
    }

    private static void Run(
        Module<Tensor, Tensor> model, ImageSet images, ChannelStatistics statistics, int batchSize, CancellationToken cancellation,
        Action<Tensor, Tensor> take)
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
            foreach (var batch in new BatchLoader(images, statistics, batchSize).Epoch(0))
            {
                using var scope = NewDisposeScope();
                using (batch)
                {
                    cancellation.ThrowIfCancellationRequested();
                    take(model.call(batch.Images), batch.Labels);
                }
            }
        }
        finally
        {
            model.train(training);
        }
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
