using ApproxNets.Data;
using ApproxNets.Foundation;
using ApproxNets.Layers;
using ApproxNets.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Search;

/// <summary>
/// Fine-tunes a model for all its operating points at once (Trommer, Waschneck, Kumar, "QoS-Nets", 2024, section 4): every
/// batch runs at every point, the gradients of the o losses are averaged, one step follows. Weights are shared; batch
/// normalisation is per point.
/// </summary>
public static class OperatingPointTraining
{
    /// <summary>Trains in place. Ends at the first operating point.</summary>
    /// <param name="points">Model and operating points.</param>
    /// <param name="data">Training and validation images.</param>
    /// <param name="options">Epochs, learning rate, seed.</param>
    /// <param name="normOnly">Trains batch normalisation only and leaves the shared weights and the ranges as they are.</param>
    /// <param name="run">As for <see cref="Trainer.Train"/>. The validation accuracy is that of the last operating point.</param>
    /// <returns>The record; loss and accuracy are averages over the points.</returns>
    public static TrainingRecord Train(
        OperatingPoints points, ImageDataset data, TrainingOptions options, bool normOnly = false, TrainingRun? run = null)
    {
        var settings = new Fingerprint("operating points", 1).Add("trains", normOnly ? "norms" : "all");
        foreach (var assignment in points.Assignments)
        {
            settings.Add("point", assignment.ToString());
        }

        var task = new TrainingTask
        {
            Step = Step(points, options.LabelSmoothing, normOnly),
            Trains = normOnly ? points.IsNormParameter : null,
            Settings = settings.Text,
        };
        var record = Trainer.Train(points.Model.Network, data, options, task, run);
        points.Switch(0);
        return record;
    }

    /// <summary>Measures the accuracy on images at every operating point, 0..1. Returns to the point in force before.</summary>
    public static IReadOnlyList<double> Accuracies(
        OperatingPoints points, ImageSet images, ChannelStatistics statistics, CancellationToken cancellation = default)
    {
        int active = points.Active;
        var accuracies = new List<double>();
        for (int i = 0; i < points.Assignments.Count; i++)
        {
            points.Switch(i);
            accuracies.Add(Evaluation.Accuracy(points.Model.Network, images, statistics, cancellation: cancellation));
        }

        points.Switch(active);
        return accuracies;
    }

    private static BatchStep Step(OperatingPoints points, double labelSmoothing, bool normOnly) => (batch, _) =>
    {
        if (normOnly)
        {
            // Layers in evaluation observe no ranges.
            foreach (var layer in points.Model.Layers)
            {
                layer.eval();
            }
        }

        double loss = 0, correct = 0;
        int count = points.Assignments.Count;
        for (int i = 0; i < count; i++)
        {
            using var scope = NewDisposeScope();
            points.Switch(i);
            var logits = points.Model.Network.call(batch.Images);
            var pointLoss = functional.cross_entropy(logits, batch.Labels, label_smoothing: labelSmoothing).Over(count);
            pointLoss.backward();
            loss += pointLoss.item<float>();
            correct += Evaluation.CorrectOf(logits.detach(), batch.Labels) / count;
        }

        return (loss, correct);
    };
}
