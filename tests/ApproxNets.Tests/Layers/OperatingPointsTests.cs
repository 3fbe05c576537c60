using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Search;
using ApproxNets.Tests.Training;
using Xunit;
using static TorchSharp.torch;

#pragma warning disable xUnit1051 // the calls last milliseconds, and those that are cancelled have tokens of their own
namespace ApproxNets.Tests.Layers;

public sealed class OperatingPointsTests
{
    private static readonly Multiplier Exact = MultiplierFamilies.Exact(Signedness.Signed), Coarse = MultiplierFamilies.Truncated(Signedness.Signed, 9);

    [Fact]
    public void EverySetOfBatchNormalisationIsRegisteredAndStartsAsTheOriginal()
    {
        using var model = Observed();
        byte[] mean = TinyProblem.Bytes(model.Network.state_dict()["bn.running_mean"]);
        var points = new OperatingPoints(model, Assignments(3));
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
        _ = new OperatingPoints(model, Assignments(2));
        foreach (var (name, parameter) in model.Network.named_parameters().Where(p => p.name.StartsWith("bn.", StringComparison.Ordinal)))
        {
            Assert.Equal(!name.EndsWith("bias", StringComparison.Ordinal), parameter.requires_grad);
        }
    }

    [Fact]
    public void SwitchingAllocatesNothing()
    {
        using var model = Observed();
        var points = new OperatingPoints(model, Assignments(3));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 300; i++)
        {
            points.Switch(i % 3);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void OverheadIsThatOfTheExtraSets()
    {
        using var model = Observed();
        var points = new OperatingPoints(model, Assignments(3));

        // 108 weights of the convolution, 8 of batch normalisation, 10 of the last layer; two extra sets.
        Assert.Equal(16.0 / 126, points.ParameterOverhead, 1e-12);
        Assert.Equal(142, model.ParameterCount);
    }

    [Fact]
    public void SwitchingChangesTheOutputAndBack()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var model = Observed();
        var points = new OperatingPoints(model, Assignments(2));
        var weight = model.Layers[0].Weight;
        model.Network.eval();
        var x = TinyProblem.Batch();
        byte[] Output(int point)
        {
            points.Switch(point);
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
        var points = new OperatingPoints(model, Assignments(3));
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
        var points = new OperatingPoints(model, Assignments(2));
        var before = model.Network.state_dict().ToDictionary(e => e.Key, e => TinyProblem.Bytes(e.Value));
        OperatingPointTraining.Train(points, TinyProblem.Data(), TinyProblem.Options(2), normOnly: true);
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
        var record = OperatingPointTraining.Train(new OperatingPoints(model, Assignments(1)), TinyProblem.Data(), TinyProblem.Options(2));
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
        var points = new OperatingPoints(model, Assignments(2));
        Assert.Throws<OperationCanceledException>(() => OperatingPointTraining.Train(
            points, TinyProblem.Data(), TinyProblem.Options(3), false, new() { ResumeFile = file, Progress = Callback.CancelAfter(1, source), Cancellation = source.Token }));
        Assert.Throws<InvalidDataException>(() => OperatingPointTraining.Train(points, TinyProblem.Data(), TinyProblem.Options(3), true, new() { ResumeFile = file }));
        using var otherModel = Observed();
        var other = new OperatingPoints(otherModel, [Assignments(2)[1], Assignments(2)[0]]);
        Assert.Throws<InvalidDataException>(() => OperatingPointTraining.Train(other, TinyProblem.Data(), TinyProblem.Options(3), false, new() { ResumeFile = file }));
        Assert.Equal(3, OperatingPointTraining.Train(points, TinyProblem.Data(), TinyProblem.Options(3), false, new() { ResumeFile = file }).Epochs.Count);
    }

    [Fact]
    public void AccuraciesComeFromEveryPointAndReturnToTheOneInForce()
    {
        using var model = Observed();
        var data = TinyProblem.Data();
        var points = new OperatingPoints(model, Assignments(2));
        OperatingPointTraining.Train(points, data, TinyProblem.Options(6));
        points.Switch(1);
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
        var points = new OperatingPoints(model, Assignments(2));
        Assert.True(points.IsNormParameter("bn.0.weight"));
        Assert.True(points.IsNormParameter("bn.1.bias"));
        Assert.False(points.IsNormParameter("conv.weight"));
        Assert.False(points.IsNormParameter("bn2.weight"));
        Assert.False(points.IsNormParameter("fc.bias"));
        Assert.Equal(4, model.Network.named_parameters().Count(p => points.IsNormParameter(p.name)));
    }

    [Fact]
    public void WhatDoesNotFitIsAnErrorAndChangesNothing()
    {
        using var model = Observed();
        string[] names = [.. model.Network.state_dict().Keys];
        Assert.Throws<ArgumentException>(() => new OperatingPoints(model, []));
        Assert.Contains("found 3", Assert.Throws<ArgumentException>(() => new OperatingPoints(model, [Assignments(1)[0], Assignment.Uniform(Exact, [1, 1, 1])])).Message);
        Assert.Equal(names, model.Network.state_dict().Keys);

        var points = new OperatingPoints(model, Assignments(2));
        Assert.Contains("0..1", Assert.Throws<ArgumentOutOfRangeException>(() => points.Switch(2)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => points.Switch(-1));
        Assert.Equal(0, points.Active);
        Assert.Throws<ArgumentException>(() => new OperatingPoints(model, Assignments(2))); // once only
    }

    [Fact]
    public void ModelWithoutBatchNormalisationIsAnError()
    {
        using var model = ApproxModel.Convert(nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), new(Signedness.Signed), 3, 8, 8);
        Assert.Contains("no batch normalisation", Assert.Throws<ArgumentException>(() => new OperatingPoints(model, [Assignment.Uniform(Exact, model.Opcounts)])).Message);
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
