using ApproxNets.Layers;
using ApproxNets.Tests.Training;
using ApproxNets.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Layers;

public sealed class SeededDropoutTests
{
    private static byte[] Mask(SeededDropout dropout)
    {
        using var x = ones(1000);
        using var y = dropout.call(x);
        return TinyProblem.Bytes(y);
    }

    [Fact]
    public void DropsAShareAndScalesTheRest()
    {
        using var scope = NewDisposeScope();
        using var dropout = new SeededDropout(0.2, 1, 0);
        var y = dropout.call(full(100, 1000, 4.0f));
        Assert.True(y.eq(0).logical_or(y.eq(5)).all().item<bool>());

        // 100,000 draws: one standard error of the share is 0.0013.
        Assert.Equal(0.2, y.eq(0).to(float32).mean().item<float>(), 0.006);
        Assert.Equal(4, y.mean().item<float>(), 0.03);
    }

    [Fact]
    public void EvaluationPassesOn()
    {
        using var dropout = new SeededDropout(0.5, 1, 0);
        dropout.eval();
        using var x = arange(10, float32);
        using var y = dropout.call(x);
        Assert.Equal(TinyProblem.Bytes(x), TinyProblem.Bytes(y));
        Assert.False(x.IsInvalid);
    }

    [Fact]
    public void MasksDependOnSeedNumberStepAndPassAlone()
    {
        using SeededDropout a = new(0.5, 1, 0), b = new(0.5, 1, 0), seed = new(0.5, 2, 0), number = new(0.5, 1, 1);
        manual_seed(1);
        a.Step = 3;
        byte[] first = Mask(a), second = Mask(a);
        manual_seed(2);
        Mask(b);
        Mask(b);
        b.Step = 3;
        Assert.Equal(first, Mask(b));
        Assert.Equal(second, Mask(b));
        b.Step = 4;
        seed.Step = number.Step = 3;
        byte[][] masks = [first, second, Mask(b), Mask(seed), Mask(number)];
        Assert.Equal(masks.Length, masks.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void DroppedInputsGetNoGradient()
    {
        using var scope = NewDisposeScope();
        using var dropout = new SeededDropout(0.5, 1, 0);
        var x = ones(100, requires_grad: true);
        var y = dropout.call(x);
        y.sum().backward();
        Assert.Equal(TinyProblem.Bytes(y), TinyProblem.Bytes(x.grad!));
    }

    [Fact]
    public void LeavesNoTensor()
    {
        using var dropout = new SeededDropout(0.5, 1, 0);
        using var x = ones(10);
        long before = LiveTensors.Settled();
        dropout.call(x).Dispose();
        dropout.eval();
        dropout.call(x).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void OtherProbabilitiesAreErrors(double probability) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new SeededDropout(probability, 0, 0));

    [Fact]
    public void InterruptedTrainingGivesTheSameBits()
    {
        using var folder = new TemporaryFolder("dropout");
        string resume = folder["resume.safetensors"];
        using nn.Module<Tensor, Tensor> whole = Network(), parts = Network(), resumed = Network(), other = Network(0);
        var data = TinyProblem.Data();
        Trainer.Train(whole, data, TinyProblem.Options(3), run: new() { Cancellation = TestContext.Current.CancellationToken });
        Trainer.Train(other, data, TinyProblem.Options(3), run: new() { Cancellation = TestContext.Current.CancellationToken });
        Assert.NotEqual(TinyProblem.Fingerprint(whole), TinyProblem.Fingerprint(other));

        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(
            parts, data, TinyProblem.Options(3), run: new() { ResumeFile = resume, Progress = Callback.CancelAfter(1, stop), Cancellation = stop.Token }));
        Trainer.Train(resumed, data, TinyProblem.Options(3), run: new() { ResumeFile = resume, Cancellation = TestContext.Current.CancellationToken });
        Assert.Equal(TinyProblem.Fingerprint(whole), TinyProblem.Fingerprint(resumed));

        static nn.Module<Tensor, Tensor> Network(double probability = 0.5)
        {
            var network = TinyProblem.Network(1);
            return nn.Sequential(("dropout", new SeededDropout(probability, 9, 0)), ("network", network));
        }
    }
}
