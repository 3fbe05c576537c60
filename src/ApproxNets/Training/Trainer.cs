using System.Diagnostics;
using System.Text.Json;
using ApproxNets.Data;
using ApproxNets.Foundation;
using ApproxNets.Layers;
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
    private const string Settings = "options", Epochs = "epochs"; // texts of a resume file

    /// <summary>Trains a model in place.</summary>
    /// <param name="model">Model of images <c>[B, C, H, W]</c> to logits <c>[B, classes]</c>; left in evaluation mode.</param>
    /// <param name="data">Training and validation images.</param>
    /// <param name="options">Settings.</param>
    /// <param name="task">What is trained and measured; cross-entropy of the model, all parameters, if left out.</param>
    /// <param name="run">Progress, interruption and the file to resume from; none if left out.</param>
    /// <exception cref="ArgumentException">An option is out of range, or there are fewer images than one batch has.</exception>
    /// <exception cref="InvalidDataException">The resume file is of another training. A damaged one is a notice, and training begins anew.</exception>
    /// <exception cref="TrainingDivergedException">The loss is not finite any more.</exception>
    /// <exception cref="OperationCanceledException">The training was cancelled.</exception>
    public static TrainingRecord Train(
        Module<Tensor, Tensor> model, ImageDataset data, TrainingOptions options, TrainingTask? task = null, TrainingRun? run = null)
    {
        task ??= new TrainingTask();
        run ??= new TrainingRun();
        var step = task.Step ?? CrossEntropyStep(model, options.LabelSmoothing);
        var (measure, stops, resumeFile, progress, cancellation) = (task.Measure, task.Stops, run.ResumeFile, run.Progress, run.Cancellation);
        string settings = new Fingerprint("training", 1).Add(options.AddTo).Text + task.Settings;
        using var descent = new GradientDescent(model, options, task.Trains ?? (_ => true));
        using var precision = new TrainingPrecision(model, options.Precision);
        SeededDropout[] dropouts = [.. model.modules().OfType<SeededDropout>()];
        var loader = new BatchLoader(
            data.Training, data.Statistics, options.BatchSize, options.Augment ? Augmentation.CropAndFlip : Augmentation.None,
            shuffle: true, options.Seed, dropLast: true, task.Views);
        if (loader.Batches == 0)
        {
            throw new ArgumentException(
                $"Training '{options.Stage}': found {data.Training.Count} training images, "
                + $"expected at least one batch of {options.BatchSize}.", nameof(data));
        }

        var epochs = Resume(run, model, descent, settings, options.Epochs);
        var total = Stopwatch.StartNew();
        int begun = epochs.Count;
        for (int epoch = begun; epoch < options.Epochs && stops?.Invoke(epochs) != true; epoch++)
        {
            var watch = Stopwatch.StartNew();
            model.train();
            double loss = 0, correct = 0;
            int batches = 0;
            TrainingProgress Progress(double? validation) => new(
                options.Stage, epoch + 1, options.Epochs, batches, loader.Batches,
                loss / batches, correct / (batches * options.BatchSize), validation,
                batches * options.BatchSize / watch.Elapsed.TotalSeconds, total.Elapsed,
                Remaining(total.Elapsed, begun, epoch + ((double)batches / loader.Batches), options.Epochs))
            {
                Measured = measure?.Invoke() ?? [],
            };

            foreach (var batch in loader.Epoch(epoch))
            {
                using var scope = NewDisposeScope();
                using (batch)
                {
                    cancellation.ThrowIfCancellationRequested();
                    int number = (epoch * loader.Batches) + batches;
                    descent.ZeroGradients();
                    Array.ForEach(dropouts, d => d.Step = number);
                    var (batchLoss, batchCorrect) = step(
                        options.ChannelsLast ? batch with { Images = batch.Images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) } : batch, number);
                    if (!double.IsFinite(batchLoss))
                    {
                        throw new TrainingDivergedException(
                            $"Training '{options.Stage}': found a loss of {batchLoss} in epoch {epoch + 1}, batch {batches + 1}; "
                            + "expected a finite number. A lower learning rate may help.");
                    }

                    descent.Step(options.ScheduleAt(number, loader.Batches));
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

            // A cancellation waits for this measurement: seconds later the finished epoch is in the resume file.
            double accuracy = Evaluation.Accuracy(model, data.Validation, data.Statistics, cancellation: CancellationToken.None);
            epochs.Add(new EpochRecord(
                epoch + 1, loss / batches, correct / (batches * options.BatchSize), accuracy, watch.Elapsed.TotalSeconds)
            {
                Measured = measure?.Invoke() ?? [],
            });
            if (resumeFile is not null)
            {
                SaveResume(resumeFile, model, descent, settings, epochs);
            }

            progress?.Report(Progress(accuracy));
        }

        model.eval();
        return new TrainingRecord(epochs) { Precision = precision.Used };
    }

    /// <summary>The usual step: cross-entropy of the model's logits, backward.</summary>
    /// <param name="model">Model of images to logits.</param>
    /// <param name="labelSmoothing">Share of the target probability spread over all classes.</param>
    public static BatchStep CrossEntropyStep(Module<Tensor, Tensor> model, double labelSmoothing = 0) => (batch, _) =>
    {
        var logits = model.call(batch.Images).to(ScalarType.Float32);
        var loss = functional.cross_entropy(logits, batch.Labels, label_smoothing: labelSmoothing);
        loss.backward();
        return (loss.item<float>(), Evaluation.CorrectOf(logits.detach(), batch.Labels));
    };

    private static TimeSpan Remaining(TimeSpan elapsed, int begun, double done, int epochs) =>
        done > begun ? elapsed * ((epochs - done) / (done - begun)) : TimeSpan.Zero;

    private static void SaveResume(string file, nn.Module model, GradientDescent descent, string settings, List<EpochRecord> epochs)
    {
        using var scope = NewDisposeScope();
        SafeTensors.Write(file, State(model, descent).Select(t => (t.Key, t.Value)), new Dictionary<string, string>
        {
            [Settings] = settings,
            [Epochs] = JsonSerializer.Serialize(epochs),
        });
    }

    /// <summary>Reads the epochs done and the state after them; none of a file that is damaged.</summary>
    private static List<EpochRecord> Resume(TrainingRun run, nn.Module model, GradientDescent descent, string settings, int most)
    {
        if (run.ResumeFile is not { } file || !File.Exists(file))
        {
            return [];
        }

        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors;
        Dictionary<string, string> metadata;
        List<EpochRecord>? epochs;
        try
        {
            (tensors, metadata) = SafeTensors.Read(file, summed: true);
            epochs = metadata.TryGetValue(Epochs, out var text) ? JsonSerializer.Deserialize<List<EpochRecord>>(text) : null;
            if (epochs is null || epochs.Count > most || !epochs.Select(e => e?.Epoch).SequenceEqual(Enumerable.Range(1, epochs.Count).Cast<int?>()))
            {
                throw new InvalidDataException($"'{file}': found epochs '{text}', expected 1 to at most {most}.");
            }
        }
        catch (Exception e) when (e is InvalidDataException or JsonException)
        {
            run.Notice($"{e.Message} The training begins anew.");
            return [];
        }

        if (!metadata.TryGetValue(Settings, out var found) || found != settings)
        {
            throw new InvalidDataException(
                $"'{file}': found an interrupted training with the settings {found ?? "(none)"}, "
                + $"expected {settings}. Delete the file to start anew.");
        }

        Checkpoint.Copy(file, tensors, State(model, descent), $"{model.GetName()} and its optimiser");
        return epochs;
    }

    /// <summary>All that the next epoch depends on.</summary>
    private static Dictionary<string, Tensor> State(nn.Module model, GradientDescent descent) =>
        model.state_dict().Select(t => KeyValuePair.Create("model." + t.Key, t.Value)).Concat(descent.State()).ToDictionary();
}
