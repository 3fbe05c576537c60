using System.Text;
using ApproxNets.Tests.Layers;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

#pragma warning disable xUnit1051 // the calls last milliseconds, and those that are cancelled have tokens of their own
namespace ApproxNets.Tests.Training;

public sealed class TrainerTests
{
    [Theory]
    [InlineData(LearningRateSchedule.OneCycle)]
    [InlineData(LearningRateSchedule.Cosine)]
    [InlineData(LearningRateSchedule.Step)]
    public void LearnsASeparableProblem(LearningRateSchedule schedule)
    {
        using var network = TinyProblem.Network(1);
        var data = TinyProblem.Data();
        var record = Trainer.Train(network, data, TinyProblem.Options(12) with { Schedule = schedule, StepEpochs = 8 });
        Assert.Equal(Enumerable.Range(1, 12), record.Epochs.Select(e => e.Epoch));
        Assert.True(record.Epochs[^1].Loss < 0.5 * record.Epochs[0].Loss, $"{record.Epochs[0].Loss} to {record.Epochs[^1].Loss}");
        Assert.True(record.Epochs[^1].Accuracy >= 0.95, $"found {record.Epochs[^1].Accuracy}");
        Assert.True(record.Epochs[^1].ValidationAccuracy >= 0.95, $"found {record.Epochs[^1].ValidationAccuracy}");
        Assert.Equal(record.Epochs[^1].ValidationAccuracy, Evaluation.Accuracy(network, data.Validation, data.Statistics));
        Assert.Equal(record.Epochs.Sum(e => e.Seconds), record.Seconds);
        Assert.False(network.training);
    }

    [Fact]
    public void SeedDecidesTheWeightsBitForBit()
    {
        string Train(int seed)
        {
            using var network = TinyProblem.Network(1);
            Trainer.Train(network, TinyProblem.Data(), TinyProblem.Options(3, seed));
            return TinyProblem.Fingerprint(network);
        }

        string first = Train(5);
        Assert.Equal(first, Train(5));
        Assert.NotEqual(first, Train(6));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ResumedTrainingEqualsTheUninterruptedOne(int interruptedAfter)
    {
        using var folder = new TemporaryFolder("resume");
        string file = folder["resume.safetensors"];
        var data = TinyProblem.Data();
        using var whole = TinyProblem.Network(1);
        var expected = Trainer.Train(whole, data, TinyProblem.Options(4));

        using var source = new CancellationTokenSource();
        using var begun = TinyProblem.Network(1);
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(
            begun, data, TinyProblem.Options(4), run: new() { ResumeFile = file, Progress = Callback.CancelAfter(interruptedAfter, source), Cancellation = source.Token }));
        Assert.True(File.Exists(file));

        // Another start: everything must come from the file.
        using var resumed = TinyProblem.Network(99);
        var seen = new List<int>();
        var record = Trainer.Train(resumed, data, TinyProblem.Options(4), run: new() { ResumeFile = file, Progress = new Callback(p => seen.Add(p.Epoch)) });

        Assert.Equal(TinyProblem.Fingerprint(whole), TinyProblem.Fingerprint(resumed));
        static (int, double, double, double) Plain(EpochRecord e) => (e.Epoch, e.Loss, e.Accuracy, e.ValidationAccuracy);
        Assert.Equal(expected.Epochs.Select(Plain), record.Epochs.Select(Plain));
        Assert.Equal(Enumerable.Range(interruptedAfter + 1, 4 - interruptedAfter), seen.Distinct());

        // Finished but not yet safe: asked again, it is finished still.
        using var finished = TinyProblem.Network(7);
        Assert.Equal(record.Epochs.Select(Plain), Trainer.Train(finished, data, TinyProblem.Options(4), run: new() { ResumeFile = file }).Epochs.Select(Plain));
        Assert.Equal(TinyProblem.Fingerprint(whole), TinyProblem.Fingerprint(finished));
    }

    [Fact]
    public void CancellingWithinAnEpochKeepsTheEpochsBefore()
    {
        using var folder = new TemporaryFolder("resume");
        string file = folder["resume.safetensors"];
        var data = TinyProblem.Data();
        using var whole = TinyProblem.Network(1);
        Trainer.Train(whole, data, TinyProblem.Options(3));
        using var source = new CancellationTokenSource();
        using var network = TinyProblem.Network(1);
        var progress = new Callback(p =>
        {
            if (p.Epoch == 2 && p.Batch == 2)
            {
                source.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(network, data, TinyProblem.Options(3), run: new() { ResumeFile = file, Progress = progress, Cancellation = source.Token }));
        Trainer.Train(network, data, TinyProblem.Options(3), run: new() { ResumeFile = file });
        Assert.Equal(TinyProblem.Fingerprint(whole), TinyProblem.Fingerprint(network));
    }

    [Fact]
    public void ParameterWithoutGradientSurvivesAnInterruption()
    {
        // Noise scales get no gradient outside the search, so the optimiser has no state for them.
        using var folder = new TemporaryFolder("resume");
        string file = folder["resume.safetensors"];
        using var source = new CancellationTokenSource();
        using var whole = TinyProblem.Model(1);
        Trainer.Train(whole.Network, TinyProblem.Data(), TinyProblem.Options(2));
        using var model = TinyProblem.Model(1);
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(
            model.Network, TinyProblem.Data(), TinyProblem.Options(2), run: new() { ResumeFile = file, Progress = Callback.CancelAfter(1, source), Cancellation = source.Token }));
        Trainer.Train(model.Network, TinyProblem.Data(), TinyProblem.Options(2), run: new() { ResumeFile = file });
        Assert.Equal(TinyProblem.Fingerprint(whole.Network), TinyProblem.Fingerprint(model.Network));
    }

    [Fact]
    public void ResumeFileOfAnotherTrainingIsAnError()
    {
        using var folder = new TemporaryFolder("resume");
        string file = folder["resume.safetensors"];
        var data = TinyProblem.Data();
        using var source = new CancellationTokenSource();
        using var network = TinyProblem.Network(1);
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(
            network, data, TinyProblem.Options(3), run: new() { ResumeFile = file, Progress = Callback.CancelAfter(1, source), Cancellation = source.Token }));
        string before = TinyProblem.Fingerprint(network);
        string message = Assert.Throws<InvalidDataException>(() => Trainer.Train(network, data, TinyProblem.Options(3) with { Momentum = 0.8 }, run: new() { ResumeFile = file })).Message;
        Assert.Contains("resume.safetensors", message);
        Assert.Contains("0.9", message);
        Assert.Contains("0.8", message);
        Assert.Equal(before, TinyProblem.Fingerprint(network));
    }

    [Fact]
    public void DamagedResumeFileIsNamedAndTheTrainingBeginsAnew()
    {
        using var folder = new TemporaryFolder("resume");
        string file = folder["resume.safetensors"];
        var data = TinyProblem.Data();
        using var source = new CancellationTokenSource();
        using var begun = TinyProblem.Network(1);
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(
            begun, data, TinyProblem.Options(2), run: new() { ResumeFile = file, Progress = Callback.CancelAfter(1, source), Cancellation = source.Token }));
        using var whole = TinyProblem.Network(1);
        Trainer.Train(whole, data, TinyProblem.Options(2));
        byte[] kept = File.ReadAllBytes(file);
        var files = Enumerable.Range(1, 8).Select(i => Flipped(kept, i * (kept.Length - 1) / 8)).ToList();
        files.AddRange([[], kept[..^1], [.. kept, 0], Encoding.UTF8.GetBytes("not a resume file")]);

        // A whole file of the format, which tells of more epochs than were asked for.
        using (NewDisposeScope())
        {
            var (tensors, metadata) = SafeTensors.Read(file);
            metadata["epochs"] = $"[{string.Join(',', Enumerable.Range(1, 3).Select(i => $$"""{"epoch":{{i}}}"""))}]";
            SafeTensors.Write(file, tensors.Select(t => (t.Key, t.Value)), metadata);
            files.Add(File.ReadAllBytes(file));
            metadata["epochs"] = """[{"epoch":2}]""";
            SafeTensors.Write(file, tensors.Select(t => (t.Key, t.Value)), metadata);
            files.Add(File.ReadAllBytes(file));
            metadata.Remove("epochs");
            SafeTensors.Write(file, tensors.Select(t => (t.Key, t.Value)), metadata);
            files.Add(File.ReadAllBytes(file));
        }

        foreach (byte[] damaged in files)
        {
            File.WriteAllBytes(file, damaged);
            var notices = new List<string>();
            using var network = TinyProblem.Network(1);
            Assert.Equal(2, Trainer.Train(network, data, TinyProblem.Options(2), run: new() { ResumeFile = file, Notice = notices.Add }).Epochs.Count);
            Assert.Equal(TinyProblem.Fingerprint(whole), TinyProblem.Fingerprint(network));
            Assert.Contains(file, Assert.Single(notices));
        }

        static byte[] Flipped(byte[] file, int at)
        {
            byte[] damaged = [.. file];
            damaged[at] ^= 4;
            return damaged;
        }
    }

    [Fact]
    public void LossThatIsNotFiniteIsAnError()
    {
        using var network = TinyProblem.Network(1);
        string before = TinyProblem.Fingerprint(network);
        string message = Assert.Throws<TrainingDivergedException>(() => Trainer.Train(
            network, TinyProblem.Data(), TinyProblem.Options(2), new() { Step = (_, number) => (number == 0 ? double.NaN : 1, 0) })).Message;
        Assert.Contains("epoch 1, batch 1", message);
        Assert.Equal(before, TinyProblem.Fingerprint(network));
    }

    [Fact]
    public void StepsAreNumberedAndRatesFollowTheSchedule()
    {
        // Gradient 1 without momentum: every step moves the parameter by the learning rate.
        using var network = nn.Sequential(("flatten", nn.Flatten()), ("fc", nn.Linear(192, 2)));
        var bias = network.named_parameters().Single(p => p.name == "fc.bias").parameter;
        var numbers = new List<int>();
        var moves = new List<double>();
        float last = bias[0].item<float>();
        var options = TinyProblem.Options(3) with { Momentum = 0, WeightDecay = 0, Schedule = LearningRateSchedule.Step, StepEpochs = 1, StepFactor = 0.5, LearningRate = 0.25 };
        Trainer.Train(
            network, TinyProblem.Data(32), options,
            new()
            {
                Step = (batch, number) =>
                {
                    numbers.Add(number);
                    moves.Add(last - bias[0].item<float>());
                    last = bias[0].item<float>();
                    network.call(batch.Images).sum().div(batch.Images.shape[0]).backward();
                    return (0, 0);
                },
                Trains = name => name == "fc.bias",
            });
        moves.Add(last - bias[0].item<float>());
        Assert.Equal([0, 1, 2, 3, 4, 5], numbers);
        double[] expected = [0, 0.25, 0.25, 0.125, 0.125, 0.0625, 0.0625];
        Assert.Equal(expected.Length, moves.Count);
        Assert.All(expected.Zip(moves), p => Assert.Equal(p.First, p.Second, 1e-6));
    }

    [Fact]
    public void WeightDecayIsForWeightsOnly()
    {
        using var scope = NewDisposeScope();
        using var network = nn.Sequential(("flatten", nn.Flatten()), ("fc", nn.Linear(192, 2)), ("unflatten", nn.Unflatten(1, [2, 1, 1])), ("bn", nn.BatchNorm2d(2)), ("again", nn.Flatten()));
        var before = network.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
        BatchStep zero = (batch, _) =>
        {
            network.call(batch.Images).sum().mul(0).backward();
            return (0, 0);
        };
        var options = TinyProblem.Options(1, learningRate: 0.5) with { WeightDecay = 0.1, Schedule = LearningRateSchedule.Step };
        Trainer.Train(network, TinyProblem.Data(16), options, new() { Step = zero });
        foreach (var (name, parameter) in network.named_parameters())
        {
            if (name == "fc.weight")
            {
                // First Nesterov step with the gradient 0.1 w: w - 0.5 (1 + 0.9) 0.1 w.
                Assert.True(before[name].mul(1 - (0.5 * 1.9 * 0.1)).sub(parameter).abs().max().item<float>() < 1e-7);
            }
            else
            {
                Assert.Equal(TinyProblem.Bytes(before[name]), TinyProblem.Bytes(parameter));
            }
        }
    }

    [Fact]
    public void OnlyChosenParametersAreTrained()
    {
        using var network = TinyProblem.Network(1);
        var before = network.named_parameters().ToDictionary(p => p.name, p => TinyProblem.Bytes(p.parameter));
        Trainer.Train(network, TinyProblem.Data(), TinyProblem.Options(1), new() { Trains = name => name.StartsWith("fc.", StringComparison.Ordinal) });
        foreach (var (name, parameter) in network.named_parameters())
        {
            Assert.Equal(!name.StartsWith("fc.", StringComparison.Ordinal), before[name].SequenceEqual(TinyProblem.Bytes(parameter)));
        }

        Assert.Throws<ArgumentException>(() => Trainer.Train(network, TinyProblem.Data(), TinyProblem.Options(1), new() { Trains = _ => false }));
    }

    [Fact]
    public void TooFewImagesForABatchAreAnError()
    {
        using var network = TinyProblem.Network(1);
        Assert.Contains("15 training images", Assert.Throws<ArgumentException>(() => Trainer.Train(network, TinyProblem.Data(15), TinyProblem.Options(1))).Message);
    }

    [Fact]
    public void ProgressIsToldAfterEveryBatch()
    {
        using var network = TinyProblem.Network(1);
        var reports = new List<TrainingProgress>();
        var record = Trainer.Train(network, TinyProblem.Data(), TinyProblem.Options(2), run: new() { Progress = new Callback(reports.Add) });
        Assert.Equal([(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (2, 3), (2, 4)], reports.Select(r => (r.Epoch, r.Batch)));
        Assert.Equal([3, 7], Enumerable.Range(0, 8).Where(i => reports[i].ValidationAccuracy is not null));
        Assert.Equal(record.Epochs[1].Loss, reports[^1].Loss);
        Assert.All(reports, r => Assert.True(r is { Epochs: 2, Batches: 4, Stage: "tiny", ImagesPerSecond: > 0 } && r.Remaining >= TimeSpan.Zero));
        Assert.Equal(TimeSpan.Zero, reports[^1].Remaining);
    }

    [Fact]
    public void TrainingLeavesNoTensor()
    {
        using var network = TinyProblem.Network(1);
        var data = TinyProblem.Data();
        Trainer.Train(network, data, TinyProblem.Options(1));
        long before = LiveTensors.Settled();
        Trainer.Train(network, data, TinyProblem.Options(2));
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void ResumedTrainingLeavesNoTensor()
    {
        using var folder = new TemporaryFolder("resume");
        string file = folder["resume.safetensors"];
        using var network = TinyProblem.Network(1);
        var data = TinyProblem.Data();
        Trainer.Train(network, data, TinyProblem.Options(1)); // gradients exist from here on
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(
            network, data, TinyProblem.Options(2), run: new() { ResumeFile = file, Progress = Callback.CancelAfter(1, source), Cancellation = source.Token }));
        long before = LiveTensors.Settled();
        Trainer.Train(network, data, TinyProblem.Options(2), run: new() { ResumeFile = file });
        Assert.Equal(before, Tensor.TotalCount);
    }
}
