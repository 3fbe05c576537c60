using System.Runtime.Intrinsics.X86;
using ApproxNets.Layers;
using ApproxNets.Tests.Layers;
using ApproxNets.Training;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

#pragma warning disable xUnit1051 // the calls last milliseconds, and those that are cancelled have tokens of their own
namespace ApproxNets.Tests.Training;

public sealed class GradientDescentTests
{
    private static TrainingOptions Muon(int epochs) =>
        TinyProblem.Options(epochs) with { Optimizer = OptimizerKind.Muon, ChannelsLast = true };

    [Theory]
    [InlineData(4, 30)]
    [InlineData(30, 4)]
    [InlineData(16, 16)]
    public void OrthogonalizedMatrixHasSingularValuesNearOneAndTheSameSpaces(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(3);
        var matrix = randn([rows, columns], generator: random);
        var (u, _, vh) = linalg.svd(matrix, fullMatrices: false);
        var result = GradientDescent.Orthogonalize(matrix);

        // In the matrix's own singular vectors the result is diagonal, with values that the iteration brings to 0.7..1.2.
        var inner = u.t().mm(result).mm(vh.t());
        float[] diagonal = inner.diagonal().data<float>().ToArray();
        Assert.All(diagonal, d => Assert.InRange(d, 0.6f, 1.3f));
        Assert.True((inner - inner.diagonal().diag()).abs().max().item<float>() < 1e-3f);
    }

    [Theory]
    [InlineData(0.9, 1e-2, false)]
    [InlineData(0.9, 1e-2, true)]
    [InlineData(0.9, 0, true)]
    [InlineData(0, 1e-2, false)]
    [InlineData(0, 0, true)]
    public void TheStepIsThatOfTorchToTheBit(double momentum, double decay, bool channelsLast)
    {
        using var scope = NewDisposeScope();
        var options = TinyProblem.Options(1) with { Momentum = momentum, WeightDecay = decay };
        using var ours = TinyProblem.Network(1);
        using var theirs = TinyProblem.Network(1);
        using var descent = new GradientDescent(ours, options, name => name != "fc.bias");
        var trained = theirs.named_parameters().Where(p => p.name != "fc.bias").Select(p => p.parameter).ToLookup(p => p.dim() > 1);
        SGD.ParamGroup Group(bool decays) =>
            new(trained[decays], new SGD.Options { weight_decay = decays ? decay : 0, momentum = momentum, nesterov = momentum > 0 });
        using var sgd = optim.SGD([Group(true), Group(false)], options.LearningRate, momentum, nesterov: momentum > 0);
        for (int step = 0; step < 8; step++)
        {
            double schedule = options.ScheduleAt(step, 8);
            foreach (var network in new[] { ours, theirs })
            {
                var images = TinyProblem.Batch(5 + step);
                images = channelsLast ? images.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : images;
                network.train();
                network.call(images).pow(2).sum().backward();
            }

            descent.Step(schedule);
            foreach (var group in sgd.ParamGroups)
            {
                group.LearningRate = options.LearningRate * schedule;
            }

            sgd.step();
            descent.ZeroGradients();
            sgd.zero_grad();
            Assert.Equal(TinyProblem.Fingerprint(theirs), TinyProblem.Fingerprint(ours));
        }

        using var untouched = TinyProblem.Network(1);
        Assert.NotEqual(TinyProblem.Fingerprint(untouched), TinyProblem.Fingerprint(ours));
    }

    [Fact]
    public void MuonLearnsASeparableProblem()
    {
        using var network = TinyProblem.Network(1);
        var record = Trainer.Train(network, TinyProblem.Data(), Muon(12));
        Assert.True(record.Epochs[^1].ValidationAccuracy >= 0.95, $"found {record.Epochs[^1].ValidationAccuracy}");
    }

    [Fact]
    public void MuonStepIsOfTheSizeOfItsLearningRate()
    {
        using var scope = NewDisposeScope();
        using var network = TinyProblem.Network(1);
        var options = Muon(1) with { MuonLearningRate = 0.1, MuonWeightDecay = 0 };
        using var descent = new GradientDescent(network, options, name => name == "conv.weight");
        var weight = network.get_parameter("conv.weight")!;
        var before = weight.detach().clone();
        network.call(TinyProblem.Batch()).sum().backward();
        descent.Step(0.5);

        // An orthogonal 4 x 27 matrix has the Frobenius norm 2; the iteration leaves it within 30 %.
        Assert.InRange((weight - before).norm().item<float>() / (0.1 * 0.5 * 2), 0.7, 1.3);
    }

    [Fact]
    public void ResumedMuonTrainingEqualsTheUninterruptedOne()
    {
        using var folder = new TemporaryFolder("muon");
        string file = folder["resume.safetensors"];
        using var whole = TinyProblem.Network(1);
        Trainer.Train(whole, TinyProblem.Data(), Muon(3));
        using var source = new CancellationTokenSource();
        using var begun = TinyProblem.Network(1);
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(
            begun, TinyProblem.Data(), Muon(3), run: new() { ResumeFile = file, Progress = Callback.CancelAfter(1, source), Cancellation = source.Token }));
        using var resumed = TinyProblem.Network(99);
        Trainer.Train(resumed, TinyProblem.Data(), Muon(3), run: new() { ResumeFile = file });
        Assert.Equal(TinyProblem.Fingerprint(whole), TinyProblem.Fingerprint(resumed));
    }

    [Fact]
    public void ResumeFileWithoutTheMomentumIsAnError()
    {
        using var folder = new TemporaryFolder("muon");
        string file = folder["resume.safetensors"];
        using var network = TinyProblem.Network(1);
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Trainer.Train(
            network, TinyProblem.Data(), Muon(2), run: new() { ResumeFile = file, Progress = Callback.CancelAfter(1, source), Cancellation = source.Token }));
        var (tensors, metadata) = SafeTensors.Read(file);
        SafeTensors.Write(file, tensors.Where(t => t.Key != "momentum.0").Select(t => (t.Key, t.Value)), metadata);
        Assert.Contains("momentum.0", Assert.Throws<InvalidDataException>(() =>
            Trainer.Train(network, TinyProblem.Data(), Muon(2), run: new() { ResumeFile = file })).Message);
    }

    [Fact]
    public void MuonLeavesNoTensor()
    {
        using var network = TinyProblem.Network(1);
        Trainer.Train(network, TinyProblem.Data(), Muon(1));
        network.zero_grad();
        long before = LiveTensors.Settled();
        Trainer.Train(network, TinyProblem.Data(), Muon(1));
        Assert.Equal(before, LiveTensors.Settled());
    }

    [Fact]
    public void ReducedPrecisionLearnsAndEvaluationStaysInFloat()
    {
        using var model = TinyProblem.Model(1);
        var data = TinyProblem.Data();
        var options = TinyProblem.Options(12) with { Precision = Precision.BFloat16, ChannelsLast = true };
        var record = Trainer.Train(model.Network, data, options);
        Assert.True(record.Epochs[^1].ValidationAccuracy >= 0.95, $"found {record.Epochs[^1].ValidationAccuracy}");
        Assert.All(model.Layers, l => Assert.Equal(Precision.Float32, l.Precision));

        // Sixteen bits change the training, but not what the trained network computes.
        using var exact = TinyProblem.Model(1);
        Trainer.Train(exact.Network, data, options with { Precision = Precision.Float32 });
        Assert.NotEqual(TinyProblem.Fingerprint(exact.Network), TinyProblem.Fingerprint(model.Network));
        model.Layers[0].Precision = Precision.BFloat16;
        using var scope = NewDisposeScope();
        var reduced = model.Network.call(TinyProblem.Batch());
        model.Layers[0].Precision = Precision.Float32;
        Assert.Equal(TinyProblem.Bytes(model.Network.call(TinyProblem.Batch())), TinyProblem.Bytes(reduced));
    }

    [Fact]
    public void ReducedPrecisionIsWithinItsRounding()
    {
        using var model = TinyProblem.Model(1);
        TinyProblem.Observe(model);
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var layer = model.Layers[0];
        var input = TinyProblem.Batch();
        foreach (var arithmetic in new Arithmetic[] { new FloatArithmetic(), new QuantizedArithmetic() })
        {
            layer.Arithmetic = arithmetic;
            layer.eval();
            var exact = layer.call(input);
            layer.train();
            layer.Precision = Precision.BFloat16;
            var reduced = layer.call(input).to(ScalarType.Float32);
            layer.Precision = Precision.Float32;
            double error = (reduced - exact).abs().max().item<float>() / exact.abs().max().item<float>();
            Assert.InRange(error, 1e-6, 0.02); // 8 significant bits: 2^-9 for either operand and for the result
        }
    }

    [Fact]
    public void TheFastestPrecisionIsOneOfTheOthersAndIsRecorded()
    {
        var fastest = PrecisionExtensions.HasBFloat16 ? Precision.BFloat16 : Precision.Float32;
        Assert.Equal(fastest, Precision.Fastest.Resolved());
        Assert.Equal(Precision.BFloat16, Precision.BFloat16.Resolved());
        var options = TinyProblem.Options(1) with { Precision = Precision.Fastest };
        using var model = TinyProblem.Model(1);
        Assert.Equal(fastest, Trainer.Train(model.Network, TinyProblem.Data(), options).Precision);
        using var same = TinyProblem.Model(1);
        Trainer.Train(same.Network, TinyProblem.Data(), options with { Precision = fastest });
        Assert.Equal(TinyProblem.Fingerprint(same.Network), TinyProblem.Fingerprint(model.Network));
    }

    [Fact]
    public void ThisProcessorsFlagsAgree()
    {
        Assert.SkipUnless(File.Exists("/proc/cpuinfo"), "Only Linux lists the processor's flags in a file.");
        string flags = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal)) ?? "";
        Assert.SkipUnless(flags.Length > 0, "Not an x86 processor: the file has no flags.");
        bool has = flags.Contains(" avx512_bf16") || flags.Contains(" amx_bf16");
        Assert.Equal(has && Avx512F.IsSupported && !NativeSettings.OneDnnIsLimited, PrecisionExtensions.HasBFloat16);
    }

    [Fact]
    public void ReducedPrecisionNeedsApproxLayers()
    {
        using var network = TinyProblem.Network(1);
        Assert.Contains("ApproxLayer", Assert.Throws<ArgumentException>(() =>
            Trainer.Train(network, TinyProblem.Data(), TinyProblem.Options(1) with { Precision = Precision.BFloat16 })).Message);
    }
}
