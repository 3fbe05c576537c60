using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Tests.Training;
using Xunit;
using static TorchSharp.torch;

#pragma warning disable xUnit1051 // the calls last milliseconds, and those that are cancelled have tokens of their own
namespace ApproxNets.Tests.Layers;

public sealed class QosNetTests
{
    private static readonly Multiplier Exact = MultiplierFamilies.Exact(Signedness.Signed), Coarse = MultiplierFamilies.Truncated(Signedness.Signed, 9);

    [Fact]
    public void EverySetOfBatchNormalisationIsRegisteredAndStartsAsTheOriginal()
    {
        using var model = Observed();
        byte[] mean = TinyProblem.Bytes(model.Network.state_dict()["bn.running_mean"]);
        var points = new QosNet(model, Assignments(3));
        string[] names = [.. model.Network.state_dict().Keys];
        for (int i = 0; i < 3; i++)
        {
            foreach (string part in new[] { "weight", "bias", "running_mean", "running_var", "num_batches_tracked" })
            {
                Assert.Contains($"bn.{i}.{part}", names);
            }

            Assert.Equal(mean, TinyProblem.Bytes(model.Network.state_dict()[$"bn.{i}.running_mean"]));
        }

        Assert.Equal(0, points.Active);
        Assert.Equal(6, model.Network.named_parameters().Count(p => p.name.StartsWith("bn.", StringComparison.Ordinal)));
    }

    [Fact]
    public void FrozenBatchNormalisationStaysFrozen()
    {
        using var model = Observed();
        model.Network.named_parameters().Single(p => p.name == "bn.bias").parameter.requires_grad = false;
        _ = new QosNet(model, Assignments(2));
        foreach (var (name, parameter) in model.Network.named_parameters().Where(p => p.name.StartsWith("bn.", StringComparison.Ordinal)))
        {
            Assert.Equal(!name.EndsWith("bias", StringComparison.Ordinal), parameter.requires_grad);
        }
    }

    [Fact]
    public void SwitchingAllocatesNothing()
    {
        using var model = Observed();
        var points = new QosNet(model, Assignments(3));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 300; i++)
        {
            points.SwitchTo(i % 3);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void OverheadIsThatOfTheExtraSets()
    {
        using var model = Observed();
        var points = new QosNet(model, Assignments(3));

        // 108 weights of the convolution, 8 of batch normalisation, 10 of the last layer; two extra sets.
        Assert.Equal(16.0 / 126, points.ParameterOverhead, 1e-12);

        // Stored are 8 running statistics as well, for every set, and the ranges of two layers.
        Assert.Equal(32.0 / 138, points.StoredOverhead, 1e-12);
        Assert.Equal(170, model.StoredCount);
        Assert.Equal(142, model.ParameterCount);
    }

    [Fact]
    public void SwitchingChangesTheOutputAndBack()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var model = Observed();
        var points = new QosNet(model, Assignments(2));
        var weight = model.Layers[0].Weight;
        model.Network.eval();
        var x = TinyProblem.Batch();
        byte[] Output(int point)
        {
            points.SwitchTo(point);
            Assert.Equal(point, points.Active);
            Assert.Equal(points.Assignments[point].Multipliers, model.Assignment.Multipliers);
            return TinyProblem.Bytes(model.Network.call(x));
        }

        byte[] first = Output(0), second = Output(1);
        Assert.NotEqual(first, second);
        Assert.Equal(first, Output(0));
        Assert.Equal(second, Output(1));

        // The same multipliers, other batch normalisation: only the set of the point in force counts.
        model.Network.state_dict()["bn.1.bias"].add_(1);
        Assert.Equal(first, Output(0));
        Assert.NotEqual(second, Output(1));

        // One storage of weights for all points.
        Assert.Same(weight, model.Layers[0].Weight);
        Assert.Single(model.Network.named_parameters(), p => p.parameter.dim() == 4);
        weight.mul_(1.5f);
        Assert.NotEqual(first, Output(0));
    }

    [Fact]
    public void OneStepTrainsEverySetOfEveryPoint()
    {
        using var model = Observed();
        var points = new QosNet(model, Assignments(3));
        var before = model.Network.state_dict().ToDictionary(e => e.Key, e => TinyProblem.Bytes(e.Value));
        var record = OperatingPointTraining.Train(points, TinyProblem.Data(16), TinyProblem.Options(1));
        Assert.Single(record.Epochs);
        Assert.Equal(0, points.Active);
        var after = model.Network.state_dict();
        for (int i = 0; i < 3; i++)
        {
            foreach (string part in new[] { "weight", "bias", "running_mean", "running_var" })
            {
                Assert.NotEqual(before[$"bn.{i}.{part}"], TinyProblem.Bytes(after[$"bn.{i}.{part}"]));
            }

        }

        Assert.NotEqual(before["conv.weight"], TinyProblem.Bytes(after["conv.weight"]));
        Assert.NotEqual(before["fc.weight"], TinyProblem.Bytes(after["fc.weight"]));
    }

    [Fact]
    public void FrozenWeightsStayBitForBit()
    {
        using var model = Observed();
        var points = new QosNet(model, Assignments(2));
        var before = model.Network.state_dict().ToDictionary(e => e.Key, e => TinyProblem.Bytes(e.Value));
        OperatingPointTraining.Train(points, TinyProblem.Data(), TinyProblem.Options(2), FineTuning.NormOnly);
        var after = model.Network.state_dict();
        string[] frozen = [.. before.Keys.Where(name => !name.StartsWith("bn.", StringComparison.Ordinal))];
        Assert.Contains("conv.observer.greatest", frozen);
        Assert.Contains("fc.weight", frozen);
        Assert.All(frozen, name => Assert.Equal(before[name], TinyProblem.Bytes(after[name])));
        Assert.All(new[] { "bn.0.weight", "bn.1.weight", "bn.0.bias", "bn.1.bias" }, name => Assert.NotEqual(before[name], TinyProblem.Bytes(after[name])));
    }

    [Fact]
    public void OneOperatingPointTrainsAsTheModelItself()
    {
        // With one point, averaging and switching change nothing.
        using var plain = Observed();
        plain.Use(Assignments(1)[0]);
        var expected = ApproxNets.Training.Trainer.Train(plain.Network, TinyProblem.Data(), TinyProblem.Options(2));
        using var model = Observed();
        var record = OperatingPointTraining.Train(new QosNet(model, Assignments(1)), TinyProblem.Data(), TinyProblem.Options(2));
        Assert.Equal(expected.Epochs.Select(e => e with { Seconds = 0 }), record.Epochs.Select(e => e with { Seconds = 0 }));
        Assert.Equal(TinyProblem.Bytes(plain.Layers[0].Weight), TinyProblem.Bytes(model.Layers[0].Weight));
        Assert.Equal(TinyProblem.Bytes(plain.Network.state_dict()["bn.weight"]), TinyProblem.Bytes(model.Network.state_dict()["bn.0.weight"]));
    }

    [Fact]
    public void ResumeFileOfOtherPointsOrVariantIsRefused()
    {
        using var folder = new TemporaryFolder("points");
        string file = folder["resume.safetensors"];
        using var source = new CancellationTokenSource();
        using var model = Observed();
        var points = new QosNet(model, Assignments(2));
        Assert.Throws<OperationCanceledException>(() => OperatingPointTraining.Train(
            points, TinyProblem.Data(), TinyProblem.Options(3), FineTuning.Joint, new() { ResumeFile = file, Progress = Callback.CancelAfter(1, source), Cancellation = source.Token }));
        Assert.Throws<InvalidDataException>(() => OperatingPointTraining.Train(points, TinyProblem.Data(), TinyProblem.Options(3), FineTuning.NormOnly, new() { ResumeFile = file }));
        using var otherModel = Observed();
        var other = new QosNet(otherModel, [Assignments(2)[1], Assignments(2)[0]]);
        Assert.Throws<InvalidDataException>(() => OperatingPointTraining.Train(other, TinyProblem.Data(), TinyProblem.Options(3), FineTuning.Joint, new() { ResumeFile = file }));
        Assert.Equal(3, OperatingPointTraining.Train(points, TinyProblem.Data(), TinyProblem.Options(3), FineTuning.Joint, new() { ResumeFile = file }).Epochs.Count);
    }

    [Fact]
    public void AccuraciesComeFromEveryPointAndReturnToTheOneInForce()
    {
        using var model = Observed();
        var data = TinyProblem.Data();
        var points = new QosNet(model, Assignments(2));
        OperatingPointTraining.Train(points, data, TinyProblem.Options(6));
        points.SwitchTo(1);
        using (no_grad())
        {
            model.Network.state_dict()["bn.0.weight"].zero_(); // the first point sees nothing any more
            model.Network.state_dict()["bn.0.bias"].zero_();
        }

        var accuracies = OperatingPointTraining.Accuracies(points, data.Validation, data.Statistics);
        Assert.Equal(0.5, accuracies[0]);
        Assert.True(accuracies[1] > 0.9, $"found {accuracies[1]}");
        Assert.Equal(1, points.Active);
    }

    [Fact]
    public void NormParametersAreToldByName()
    {
        using var model = Observed();
        var points = new QosNet(model, Assignments(2));
        Assert.True(points.IsPointParameter("bn.0.weight"));
        Assert.True(points.IsPointParameter("bn.1.bias"));
        Assert.False(points.IsPointParameter("conv.weight"));
        Assert.False(points.IsPointParameter("bn2.weight"));
        Assert.False(points.IsPointParameter("fc.bias"));
        Assert.Equal(4, model.Network.named_parameters().Count(p => points.IsPointParameter(p.name)));
    }

    [Fact]
    public void WhatDoesNotFitIsAnErrorAndChangesNothing()
    {
        using var model = Observed();
        string[] names = [.. model.Network.state_dict().Keys];
        Assert.Throws<ArgumentException>(() => new QosNet(model, []));
        Assert.Contains("found 3", Assert.Throws<ArgumentException>(() => new QosNet(model, [Assignments(1)[0], Assignment.Uniform(Exact, [1, 1, 1])])).Message);
        Assert.Equal(names, model.Network.state_dict().Keys);

        var points = new QosNet(model, Assignments(2));
        Assert.Contains("0..1", Assert.Throws<ArgumentOutOfRangeException>(() => points.SwitchTo(2)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => points.SwitchTo(-1));
        Assert.Equal(0, points.Active);
        Assert.Throws<ArgumentException>(() => new QosNet(model, Assignments(2))); // once only
    }

    [Fact]
    public void NetworkWithoutBatchNormalisationHasABiasPerPoint()
    {
        using var scope = NewDisposeScope();
        using var model = Plain();
        var fc = model.Layers[0];
        byte[] bias = TinyProblem.Bytes(fc.Bias!);
        var points = new QosNet(model, [Assignment.Uniform(Exact, model.Opcounts), Assignment.Uniform(Coarse, model.Opcounts)]);
        Assert.False(points.HasNorms);

        // 194 + 6 numbers of the two layers, 2 of the first one's bias again; the second has none, and gets two.
        Assert.Equal(["0.bias", "0.bias1", "1.bias", "1.bias1"], model.Network.named_parameters().Select(p => p.name).Where(points.IsPointParameter).Order());
        Assert.Equal((2.0 + 6) / (192 * 2 + 2 + 6), points.ParameterOverhead, 1e-12);
        Assert.Equal(bias, TinyProblem.Bytes(fc.Bias!));
        points.SwitchTo(1);
        Assert.Equal(bias, TinyProblem.Bytes(fc.Bias!));
        Assert.Throws<ArgumentException>(() => new QosNet(model, points.Assignments)); // once only

        var before = model.Network.state_dict().ToDictionary(e => e.Key, e => TinyProblem.Bytes(e.Value));
        OperatingPointTraining.Train(points, TinyProblem.Data(), TinyProblem.Options(1), FineTuning.NormOnly);
        var after = model.Network.state_dict();
        Assert.All(before, e => Assert.Equal(!points.IsPointParameter(e.Key), e.Value.AsSpan().SequenceEqual(TinyProblem.Bytes(after[e.Key]))));
        byte[] first = TinyProblem.Bytes(fc.Bias!);
        points.SwitchTo(1);
        Assert.NotEqual(first, TinyProblem.Bytes(fc.Bias!));
        Assert.Contains("no batch normalisation", Assert.Throws<ArgumentException>(
            () => OperatingPointTraining.Train(points, TinyProblem.Data(), TinyProblem.Options(1), FineTuning.Statistics)).Message);
    }

    [Fact]
    public void StatisticsAreTheMeansOverAllBatchesAndNothingElseChanges()
    {
        using var scope = NewDisposeScope();
        using var model = Observed();
        var data = TinyProblem.Data();
        var points = new QosNet(model, Assignments(2));
        using (no_grad())
        {
            model.Network.state_dict()["bn.1.running_mean"].add_(100); // forgotten
        }

        var before = model.Network.state_dict().ToDictionary(e => e.Key, e => TinyProblem.Bytes(e.Value));
        var options = TinyProblem.Options(1) with { Augment = false };
        var record = OperatingPointTraining.Train(points, data, options, FineTuning.Statistics);
        var after = model.Network.state_dict();
        string[] changed = [.. before.Where(e => !e.Value.AsSpan().SequenceEqual(TinyProblem.Bytes(after[e.Key]))).Select(e => e.Key)];
        Assert.Equal(["running_mean", "running_var"], changed.Select(name => name.Split('.')[^1]).Where(part => part != "num_batches_tracked").Distinct().Order());
        Assert.All(changed, name => Assert.StartsWith("bn.", name, StringComparison.Ordinal));
        Assert.False(model.Network.training);
        Assert.InRange(record.Epochs.Single().Loss, 0, 10);

        // Batches of one size: the mean of their means is that of all images.
        using var gradients = no_grad();
        for (int point = 0; point < 2; point++)
        {
            points.SwitchTo(point);
            var all = new ApproxNets.Data.BatchLoader(data.Training, data.Statistics, data.Training.Count).Epoch(0).Single();
            var expected = model.Layers[0].call(all.Images).mean([0, 2, 3]).data<float>().ToArray();
            float[] found = [.. after[$"bn.{point}.running_mean"].data<float>()];
            Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-4f));
        }
    }

    [Fact]
    public void TeacherChangesWhatIsLearnedAndStaysAsItIs()
    {
        using var scope = NewDisposeScope();
        using var teacher = Observed();
        string untouched = TinyProblem.Fingerprint(teacher.Network);
        string Trained(FineTuning variant, ApproxModel? by, ApproxNets.Training.Distillation? distillation = null)
        {
            using var model = Observed();
            var points = new QosNet(model, Assignments(2));
            OperatingPointTraining.Train(points, TinyProblem.Data(16), TinyProblem.Options(1), variant, null, by, distillation);
            return TinyProblem.Fingerprint(model.Network);
        }

        string joint = Trained(FineTuning.Joint, null);
        Assert.NotEqual(joint, Trained(FineTuning.Taught, teacher));
        Assert.NotEqual(Trained(FineTuning.Taught, teacher), Trained(FineTuning.Taught, teacher, new(Weight: 0.5)));
        Assert.Equal(Trained(FineTuning.Taught, teacher), Trained(FineTuning.Taught, teacher));
        Assert.Equal(untouched, TinyProblem.Fingerprint(teacher.Network));
        Assert.Throws<ArgumentException>(() => Trained(FineTuning.Taught, null));
        Assert.Throws<ArgumentException>(() => Trained(FineTuning.Joint, teacher));
        Assert.Throws<ArgumentException>(() => Trained(FineTuning.Separate, null));
    }

    [Fact]
    public void NothingIsTrainedWithoutFineTuning()
    {
        using var model = Observed();
        var points = new QosNet(model, Assignments(2));
        string before = TinyProblem.Fingerprint(model.Network);
        Assert.Empty(OperatingPointTraining.Train(points, TinyProblem.Data(), TinyProblem.Options(1), FineTuning.None).Epochs);
        Assert.Equal(before, TinyProblem.Fingerprint(model.Network));
    }

    [Fact]
    public void TablesOfAllPointsAreReadyAndCountedOnce()
    {
        using var model = Observed();
        var points = new QosNet(model, Assignments(3));

        // A product is kept as 4 bytes and as 2, and at least four residual tables have 2 for each.
        long least = 65536 * (4 + 2 + (4 * 2));
        Assert.InRange(points.TableBytes, 2 * least, 2 * least * 3 / 2);
        Assert.Equal(points.TableBytes, points.Assignments.SelectMany(a => a.Multipliers).Distinct().Sum(m => m.Table.Prepare()));
    }

    [Fact]
    public void ABatchStaysAtItsPointWhoeverSwitchesMeanwhile()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var model = Observed();
        var points = new QosNet(model, Assignments(2));
        var x = TinyProblem.Batch();
        byte[][] expected = [.. new[] { 0, 1 }.Select(i =>
        {
            points.SwitchTo(i);
            return TinyProblem.Bytes(points.Forward(x));
        })];
        bool ends = false;
        var switching = new Thread(() =>
        {
            for (int i = 0; !Volatile.Read(ref ends); i++)
            {
                points.SwitchTo(i % 2);
            }
        });
        switching.Start();
        for (int i = 0; i < 100; i++)
        {
            byte[] found = TinyProblem.Bytes(points.Forward(x));
            Assert.True(found.AsSpan().SequenceEqual(expected[0]) || found.AsSpan().SequenceEqual(expected[1]));
        }

        Volatile.Write(ref ends, true);
        switching.Join();
    }

    private static ApproxModel Plain()
    {
        var model = ApproxModel.Convert(
            nn.Sequential(("flatten", nn.Flatten()), ("0", nn.Linear(192, 2)), ("1", nn.Linear(2, 3, hasBias: false))), new(Signedness.Signed), 3, 8, 8);
        TinyProblem.Observe(model);
        return model;
    }

    private static ApproxModel Observed()
    {
        var model = TinyProblem.Model(3);
        TinyProblem.Observe(model);
        return model;
    }

    private static Assignment[] Assignments(int count)
    {
        using var model = TinyProblem.Model(3);
        var opcounts = model.Opcounts;
        return [.. new[] { Assignment.Uniform(Exact, opcounts), Assignment.Uniform(Coarse, opcounts), new Assignment([Exact, Coarse], opcounts) }.Take(count)];
    }
}
