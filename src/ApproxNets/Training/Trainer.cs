using System.Diagnostics;
using System.Text.Json;
using ApproxNets.Data;
using ApproxNets.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Training;

/// <summary>
/// The training loop of every stage. Given the same model, data, options, machine and number of threads, the result is
/// the same bit for bit, also when the training was interrupted and resumed.
/// </summary>
public static class Trainer
{
    private const int CollectEvery = 32;

    /// <summary>Trains a model in place.</summary>
    /// <param name="model">Model of images <c>[B, C, H, W]</c> to logits <c>[B, classes]</c>; left in evaluation mode.</param>
    /// <param name="data">Training and validation images.</param>
    /// <param name="options">Settings.</param>
    /// <param name="step">Computes the gradients of a batch; cross-entropy of the model if left out.</param>
    /// <param name="trains">Tells by name which parameters are trained; all if left out.</param>
    /// <param name="resumeFile">Written after every epoch and, if it exists, resumed from; deleted at the end.</param>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellation">Stops between two batches; the epochs finished by then are in the resume file.</param>
    /// <exception cref="InvalidDataException">The resume file is of another training.</exception>
    /// <exception cref="ArithmeticException">The loss is not finite any more.</exception>
    /// <exception cref="OperationCanceledException">The training was cancelled.</exception>
    public static TrainingRecord Train(
        Module<Tensor, Tensor> model,
        ImageDataset data,
        TrainingOptions options,
        BatchStep? step = null,
        Predicate<string>? trains = null,
        string? resumeFile = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default) =>
        Run(
            model, data, options, step ?? CrossEntropyStep(model, options.LabelSmoothing), trains, "", null,
            resumeFile, progress, cancellation);

    /// <summary>As <see cref="Train"/>, for stages with settings and measurements of their own.</summary>
    /// <param name="model">As for <see cref="Train"/>.</param>
    /// <param name="data">As for <see cref="Train"/>.</param>
    /// <param name="options">As for <see cref="Train"/>.</param>
    /// <param name="step">As for <see cref="Train"/>.</param>
    /// <param name="trains">As for <see cref="Train"/>.</param>
    /// <param name="settings">What the step depends on besides the options; a resume file of other settings is refused.</param>
    /// <param name="measure">Called after every epoch for <see cref="EpochRecord.Measured"/>; nothing if null.</param>
    /// <param name="resumeFile">As for <see cref="Train"/>.</param>
    /// <param name="progress">As for <see cref="Train"/>.</param>
    /// <param name="cancellation">As for <see cref="Train"/>.</param>
    internal static TrainingRecord Run(
        Module<Tensor, Tensor> model,
        ImageDataset data,
        TrainingOptions options,
        BatchStep step,
        Predicate<string>? trains,
        string settings,
        Func<IReadOnlyList<double>>? measure,
        string? resumeFile,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
    {
        options.Validate();
        settings = JsonSerializer.Serialize(options) + settings;
        using var optimizer = Optimizer(model, options, trains ?? (_ => true));
        SeededDropout[] dropouts = [.. model.modules().OfType<SeededDropout>()];
        var loader = new BatchLoader(
            data.Training, data.Statistics, options.BatchSize, options.Augment ? Augmentation.CropAndFlip : Augmentation.None,
            shuffle: true, options.Seed, dropLast: true);
        if (loader.Batches == 0)
        {
            throw new ArgumentException(
                $"Training '{options.Stage}': found {data.Training.Count} training images, "
                + $"expected at least one batch of {options.BatchSize}.", nameof(data));
        }

        var epochs = resumeFile is not null && File.Exists(resumeFile) ? Resume(resumeFile, model, optimizer, settings) : [];
        var total = Stopwatch.StartNew();
        int begun = epochs.Count;
        for (int epoch = begun; epoch < options.Epochs; epoch++)
        {
            var watch = Stopwatch.StartNew();
            model.train();
            double loss = 0, correct = 0;
            int batches = 0;
            TrainingProgress Progress(double? validation) => new(
                options.Stage, epoch + 1, options.Epochs, batches, loader.Batches,
                loss / batches, correct / (batches * options.BatchSize), validation,
                batches * options.BatchSize / watch.Elapsed.TotalSeconds, total.Elapsed,
                Remaining(total.Elapsed, begun, epoch + ((double)batches / loader.Batches), options.Epochs));

            foreach (var batch in loader.Epoch(epoch))
            {
                using var scope = NewDisposeScope();
                using (batch)
                {
                    cancellation.ThrowIfCancellationRequested();
                    int number = (epoch * loader.Batches) + batches;
                    SetLearningRate(optimizer, options.LearningRateAt(number, loader.Batches));
                    Array.ForEach(dropouts, d => d.Step = number);
                    optimizer.zero_grad();
                    var (batchLoss, batchCorrect) = step(batch.Images, batch.Labels, number);
                    if (!double.IsFinite(batchLoss))
                    {
                        throw new ArithmeticException(
                            $"Training '{options.Stage}': found a loss of {batchLoss} in epoch {epoch + 1}, batch {batches + 1}; "
                            + "expected a finite number. A lower learning rate may help.");
                    }

                    optimizer.step();
                    if (number % CollectEvery == 0)
                    {
                        // Autograd nodes written in C# keep native memory until they are finalised, and the managed heap is too
                        // small to make the collector run by itself: without this, memory grows by some megabytes a step.
                        GC.Collect();
                    }

                    (loss, correct, batches) = (loss + batchLoss, correct + batchCorrect, batches + 1);
                    if (batches < loader.Batches)
                    {
                        progress?.Report(Progress(null));
                    }
                }
            }

            double accuracy = Evaluation.Accuracy(model, data.Validation, data.Statistics, cancellation: cancellation);
            epochs.Add(new EpochRecord(
                epoch + 1, loss / batches, correct / (batches * options.BatchSize), accuracy, watch.Elapsed.TotalSeconds)
            {
                Measured = measure?.Invoke() ?? [],
            });
            if (resumeFile is not null)
            {
                SaveResume(resumeFile, model, optimizer, settings, epochs);
            }

            progress?.Report(Progress(accuracy));
        }

        model.eval();
        if (resumeFile is not null)
        {
            File.Delete(resumeFile);
        }

        return new TrainingRecord(options, epochs);
    }

    /// <summary>The usual step: cross-entropy of the model's logits, backward.</summary>
    /// <param name="model">Model of images to logits.</param>
    /// <param name="labelSmoothing">Share of the target probability spread over all classes.</param>
    public static BatchStep CrossEntropyStep(Module<Tensor, Tensor> model, double labelSmoothing = 0) => (images, labels, _) =>
    {
        var logits = model.call(images);
        var loss = functional.cross_entropy(logits, labels, label_smoothing: labelSmoothing);
        loss.backward();
        return (loss.item<float>(), Evaluation.CorrectOf(logits.detach(), labels));
    };

    private static SGD Optimizer(Module<Tensor, Tensor> model, TrainingOptions options, Predicate<string> trains)
    {
        // The L2 penalty is for the weights of convolutions and fully connected layers only: on the scales and shifts of
        // batch normalisation, on biases and on noise scales it would pull towards zero what has no reason to be small.
        var chosen = model.named_parameters().Where(p => trains(p.name)).ToList();
        if (chosen.Count == 0)
        {
            throw new ArgumentException($"Training '{options.Stage}': found no parameter to train, expected at least one.");
        }

        SGD.ParamGroup Group(Func<Parameter, bool> belongs, double decay) => new(
            chosen.Where(p => belongs(p.parameter)).Select(p => p.parameter),
            new SGD.Options
            {
                LearningRate = options.LearningRate,
                InitialLearningRate = options.LearningRate,
                momentum = options.Momentum,
                nesterov = options.Momentum > 0,
                weight_decay = decay,
            });
        SGD.ParamGroup[] groups = [Group(p => p.dim() > 1, options.WeightDecay), Group(p => p.dim() <= 1, 0)];
        return optim.SGD(groups.Where(g => g.Parameters.Any()), options.LearningRate, options.Momentum, nesterov: options.Momentum > 0);
    }

    private static void SetLearningRate(SGD optimizer, double learningRate)
    {
        foreach (var group in optimizer.ParamGroups)
        {
            group.LearningRate = learningRate;
        }
    }

    private static TimeSpan Remaining(TimeSpan elapsed, int begun, double done, int epochs) =>
        done > begun ? elapsed * ((epochs - done) / (done - begun)) : TimeSpan.Zero;

    private static void SaveResume(string file, nn.Module model, SGD optimizer, string settings, List<EpochRecord> epochs)
    {
        using var scope = NewDisposeScope();
        using var memory = new MemoryStream();
        using (var writer = new BinaryWriter(memory))
        {
            optimizer.save_state_dict(writer);
        }

        var tensors = model.state_dict().Select(e => ("model." + e.Key, e.Value)).Append(("optimizer", tensor(memory.ToArray())));
        SafeTensors.Write(file, tensors, new Dictionary<string, string>
        {
            ["options"] = settings,
            ["epochs"] = JsonSerializer.Serialize(epochs),
        });
    }

    private static List<EpochRecord> Resume(string file, nn.Module model, SGD optimizer, string settings)
    {
        byte[] momentum;
        string? epochs;
        using (NewDisposeScope())
        {
            var (tensors, metadata) = SafeTensors.Read(file);
            if (!metadata.TryGetValue("options", out var found) || found != settings)
            {
                throw new InvalidDataException(
                    $"'{file}': found an interrupted training with the settings {found ?? "(none)"}, "
                    + $"expected {settings}. Delete the file to start anew.");
            }

            if (!tensors.TryGetValue("optimizer", out var state) || !metadata.TryGetValue("epochs", out epochs))
            {
                throw new InvalidDataException($"'{file}': found no optimiser state or no epochs, expected a file that training wrote.");
            }

            Checkpoint.Copy(
                file, tensors.Where(t => t.Key.StartsWith("model.", StringComparison.Ordinal))
                    .ToDictionary(t => t.Key["model.".Length..], t => t.Value), model);
            momentum = state.bytes.ToArray();
        }

        // Outside of the scope: the optimiser makes tensors here that it needs in every later step.
        using var reader = new BinaryReader(new MemoryStream(momentum));
        optimizer.load_state_dict(reader);
        return JsonSerializer.Deserialize<List<EpochRecord>>(epochs)!;
    }
}
