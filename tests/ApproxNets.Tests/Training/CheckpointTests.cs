using ApproxNets.Tests.Layers;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Training;

public sealed class CheckpointTests
{
    [Fact]
    public void StateGoesThereAndBack()
    {
        using var folder = new TemporaryFolder("checkpoint");
        using var source = TinyProblem.Model(1);
        using var target = TinyProblem.Model(2);
        TinyProblem.Observe(source);
        Assert.NotEqual(TinyProblem.Fingerprint(source.Network), TinyProblem.Fingerprint(target.Network));
        Checkpoint.Save(folder["a"], source.Network, new Dictionary<string, string> { ["accuracy"] = "0.9" });
        var metadata = Checkpoint.Load(folder["a"], target.Network);
        Assert.Equal("0.9", metadata["accuracy"]);
        Assert.Equal(TinyProblem.Fingerprint(source.Network), TinyProblem.Fingerprint(target.Network));
        Assert.Equal(source.Layers[0].ActivationParameters, target.Layers[0].ActivationParameters);
    }

    [Fact]
    public void AnotherNetworkIsAnErrorAndLeavesTheModel()
    {
        using var folder = new TemporaryFolder("checkpoint");
        using var plain = TinyProblem.Network(1);
        using var model = TinyProblem.Model(2);
        string before = TinyProblem.Fingerprint(model.Network);
        Checkpoint.Save(folder["a"], plain, new Dictionary<string, string>());
        string message = Assert.Throws<InvalidDataException>(() => Checkpoint.Load(folder["a"], model.Network)).Message;
        Assert.Contains("6 tensors are missing", message);
        Assert.Contains(".sigma", message);
        Assert.Equal(before, TinyProblem.Fingerprint(model.Network));

        Checkpoint.Save(folder["b"], model.Network, new Dictionary<string, string>());
        before = TinyProblem.Fingerprint(plain);
        Assert.Contains("6 are unknown", Assert.Throws<InvalidDataException>(() => Checkpoint.Load(folder["b"], plain)).Message);
        Assert.Equal(before, TinyProblem.Fingerprint(plain));
    }

    [Fact]
    public void AnotherShapeOrTypeNamesTheTensorAndLeavesTheModel()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder("checkpoint");
        using var model = nn.Sequential(("a", nn.Linear(3, 2)), ("b", nn.Linear(2, 5)));
        using var other = nn.Sequential(("a", nn.Linear(3, 2)), ("b", nn.Linear(2, 4)));
        string before = TinyProblem.Fingerprint(model);
        Checkpoint.Save(folder["a"], other, new Dictionary<string, string>());
        string message = Assert.Throws<InvalidDataException>(() => Checkpoint.Load(folder["a"], model)).Message;
        Assert.Contains("'b.weight'", message);
        Assert.Contains("[4, 2]", message);
        Assert.Contains("[5, 2]", message);
        Assert.Equal(before, TinyProblem.Fingerprint(model));

        SafeTensors.Write(folder["b"], model.state_dict().Select(e => (e.Key, e.Key == "b.bias" ? e.Value.to(ScalarType.Float64) : e.Value.add(1))), new Dictionary<string, string>());
        Assert.Contains("'b.bias'", Assert.Throws<InvalidDataException>(() => Checkpoint.Load(folder["b"], model)).Message);
        Assert.Equal(before, TinyProblem.Fingerprint(model));
    }

    [Fact]
    public void SavingAndLoadingLeaveNoTensor()
    {
        using var folder = new TemporaryFolder("checkpoint");
        using var model = TinyProblem.Model(1);
        long before = LiveTensors.Settled();
        Checkpoint.Save(folder["a"], model.Network, new Dictionary<string, string>());
        Checkpoint.Load(folder["a"], model.Network);
        Assert.Equal(before, Tensor.TotalCount);
    }
}
