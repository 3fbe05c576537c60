using System.Diagnostics;
using ApproxNets.Data;
using ApproxNets.Foundation;
using ApproxNets.Layers;
using ApproxNets.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Search;

/// <summary>
/// Fine-tunes a network for all its operating points at once (Trommer, Waschneck, Kumar, "QoS-Nets", 2024, section 4), in one of the
/// variants of <see cref="FineTuning"/>.
/// </summary>
public static class OperatingPointTraining
{
    /// <summary>Trains in place. Ends at the first operating point.</summary>
    /// <param name="net">Model and operating points.</param>
    /// <param name="data">Training and validation images.</param>
    /// <param name="options">Epochs, learning rate, seed. <see cref="FineTuning.Statistics"/> takes one pass over the images.</param>
    /// <param name="variant">What is trained; not <see cref="FineTuning.Separate"/>, which makes other weights for every point.</param>
    /// <param name="run">As for <see cref="Trainer.Train"/>. The validation accuracy is that of the last operating point.</param>
    /// <param name="teacher">The teacher of <see cref="FineTuning.Taught"/>, set to the arithmetic it is to teach in; left in evaluation.</param>
    /// <param name="distillation">How it teaches; the defaults if null.</param>
    /// <returns>The record; loss and accuracy are averages over the points.</returns>
    /// <exception cref="ArgumentException">The variant trains points apart or needs a teacher or batch normalisation that is not there.</exception>
    public static TrainingRecord Train(
        QosNet net, ImageDataset data, TrainingOptions options, FineTuning variant = FineTuning.Joint, TrainingRun? run = null,
        ApproxModel? teacher = null, Distillation? distillation = null)
    {
        if (variant == FineTuning.Separate || (variant == FineTuning.Taught) != (teacher is not null))
        {
            throw new ArgumentException(
                $"Fine-tuning: found the variant '{variant.Word()}' {(teacher is null ? "without" : "with")} a teacher, expected one for shared weights "
                + "and a teacher for 'taught' alone.", nameof(variant));
        }

        if (variant is FineTuning.None or FineTuning.Statistics)
        {
            return variant == FineTuning.None ? new TrainingRecord([]) : EstimateStatistics(net, data, options, run?.Cancellation ?? default);
        }

        bool normOnly = variant == FineTuning.NormOnly;
        var settings = new Fingerprint("operating points", 1).Add("trains", normOnly ? "norms" : "all");
        foreach (var assignment in net.Assignments)
        {
            settings.Add("point", assignment.ToString());
        }

        distillation ??= new Distillation();
        if (teacher is not null)
        {
            teacher.Network.eval();
            settings.Add("teacher", Checkpoint.Sha256(teacher.Network.state_dict()))
                .Add("distillation-weight", distillation.Weight).Add("distillation-temperature", distillation.Temperature);
        }

        var task = new TrainingTask
        {
            Step = Step(net, options.LabelSmoothing, normOnly, teacher, distillation),
            Trains = normOnly ? net.IsPointParameter : null,
            Settings = settings.Text,
        };
        var record = Trainer.Train(net.Model.Network, data, options, task, run);
        net.SwitchTo(0);
        return record;
    }

    /// <summary>Measures the accuracy on images at every operating point, 0..1. Returns to the point in force before.</summary>
    public static IReadOnlyList<double> Accuracies(
        QosNet net, ImageSet images, ChannelStatistics statistics, CancellationToken cancellation = default)
    {
        int active = net.Active;
        var accuracies = new List<double>();
        for (int i = 0; i < net.Assignments.Count; i++)
        {
            net.SwitchTo(i);
            accuracies.Add(Evaluation.Accuracy(net.Model.Network, images, statistics, cancellation: cancellation));
        }

        net.SwitchTo(active);
        return accuracies;
    }

    private static BatchStep Step(QosNet net, double labelSmoothing, bool normOnly, ApproxModel? teacher, Distillation distillation) => (batch, _) =>
    {
        if (normOnly)
        {
            // Layers in evaluation observe no ranges.
            foreach (var layer in net.Model.Layers)
            {
                layer.eval();
            }
        }

        double loss = 0, correct = 0;
        int count = net.Assignments.Count;
        var answers = teacher is null ? null : Distillation.Answers(teacher, batch);
        for (int i = 0; i < count; i++)
        {
            using var scope = NewDisposeScope();
            net.SwitchTo(i);
            var logits = net.Model.Network.call(batch.Images);
            var pointLoss = (answers is null
                ? functional.cross_entropy(logits, batch.Labels, label_smoothing: labelSmoothing)
                : distillation.Loss(logits.to(ScalarType.Float32), batch.Labels, answers, labelSmoothing)).Over(count);
            pointLoss.backward();
            loss += pointLoss.item<float>();
            correct += Evaluation.CorrectOf(logits.detach(), batch.Labels) / count;
        }

        return (loss, correct);
    };

    /// <summary>Replaces the running statistics of every point by the mean over all batches of one pass.</summary>
    private static TrainingRecord EstimateStatistics(QosNet net, ImageDataset data, TrainingOptions options, CancellationToken cancellation)
    {
        var network = net.Model.Network;
        var loader = new BatchLoader(
            data.Training, data.Statistics, options.BatchSize, options.Augment ? Augmentation.CropAndFlip : Augmentation.None, shuffle: true,
            options.Seed, dropLast: true);
        if (!net.HasNorms || loader.Batches == 0)
        {
            throw new ArgumentException(
                $"Statistics of '{network.GetName()}': found {(net.HasNorms ? "some" : "no")} batch normalisation and {data.Training.Count} training "
                + $"images, expected some and at least one batch of {options.BatchSize}.", nameof(net));
        }

        var watch = Stopwatch.StartNew();
        using var gradients = no_grad();
        network.eval();
        double loss = 0, correct = 0;
        foreach (var (number, batch) in loader.Epoch(0).Index())
        {
            using var scope = NewDisposeScope();
            using (batch)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int i = 0; i < net.Assignments.Count; i++)
                {
                    net.SwitchTo(i);
                    net.EstimateStatistics(number);
                    var logits = network.call(batch.Images);
                    net.EstimateStatistics(null);
                    loss += functional.cross_entropy(logits, batch.Labels).item<float>();
                    correct += Evaluation.CorrectOf(logits, batch.Labels);
                }
            }
        }

        double runs = loader.Batches * net.Assignments.Count;
        double accuracy = Evaluation.Accuracy(network, data.Validation, data.Statistics, cancellation: cancellation);
        net.SwitchTo(0);
        return new TrainingRecord([new EpochRecord(1, loss / runs, correct / (runs * options.BatchSize), accuracy, watch.Elapsed.TotalSeconds)]);
    }
}
