using ApproxNets.Data;
using ApproxNets.ErrorModels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using ApproxNets.Tests.Layers;
using ApproxNets.Tests.Training;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.ErrorModels;

public sealed class LayerSamplingTests
{
    [Fact]
    public void PowerUnderTheLayersOperandsIsThatOfItsDistributions()
    {
        var library = MultiplierLibrary.Open(MultiplierLibrary.BuiltIn, Signedness.Signed);
        var few = LayerSamples.Of(Signedness.Signed, [[0, 1, 2, 0], [0, 0, 3, 1]], [1, -1, 2, -2]);
        var circuit = ShippedCircuits.Find(library.Multipliers.First(m => !m.IsExact))!;
        double relative = few.RelativePower(circuit);
        Assert.Equal(relative, few.RelativePower(circuit.Multiplier));
        Assert.Equal(
            CircuitCost.RelativePower(circuit.Netlist, Signedness.Signed, few.ActivationDistribution, few.WeightDistribution), relative);
        Assert.NotEqual(CircuitCost.RelativePower(circuit.Netlist, Signedness.Signed), relative);

        // All pairs of 256 activations and 256 weights alike: the plain figure.
        int[] values = [.. Enumerable.Range(-128, 256)];
        var uniform = LayerSamples.Of(Signedness.Signed, [values], values);
        Assert.Equal(CircuitCost.RelativePower(circuit.Netlist, Signedness.Signed), uniform.RelativePower(circuit), 1e-9);
        Assert.Null(few.RelativePower(LayerSamples.Noisy(Signedness.Signed, 3, 1)));
        Assert.All(library.Multipliers, m => Assert.True(few.RelativePower(m) > 0));
    }

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void SampleHoldsWhatTheLayersSee(Signedness scheme)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var model = Model(scheme);
        var data = TinyProblem.Data();
        var samples = LayerSampling.Take(model, data.Validation.Take(3), data.Statistics, 6000, 1);
        Assert.Equal(["0", "1", "2", "4"], samples.Select(s => s.Path));
        var x = TinyProblem.Batch(3);
        foreach (var (layer, sample) in model.Layers.Zip(samples))
        {
            if (x.dim() == 4 && layer is ApproxLinear)
            {
                x = x.flatten(1);
            }

            AssertOperands(layer, sample, x);
            x = layer.With(new QuantizedArithmetic(), x);
            float[] y = x.data<float>().ToArray();
            double mean = y.Average(v => (double)v), deviation = Math.Sqrt(y.Sum(v => (v - mean) * (v - mean)) / (y.Length - 1));
            Assert.Equal(deviation, sample.OutputStandardDeviation, 1e-5 * deviation);
            Assert.Equal(layer.ActivationParameters.Scale * layer.WeightParameters.Scale, sample.OutputScale, 1e-6 * sample.OutputScale);
            Assert.Equal(layer.FanIn, sample.FanIn);
            Assert.Equal(layer.Opcount, sample.Opcount);
            AssertReceptiveFields(sample);
        }
    }

    [Fact]
    public void OutputScaleOfChannelsIsTheirRootMeanSquare()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var model = ApproxModel.Convert(
            nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), new QuantizationOptions(Signedness.Signed) { PerChannelWeights = true }, 3, 8, 8);
        TinyProblem.Observe(model);
        var data = TinyProblem.Data();
        double[] widest = [.. Enumerable.Range(0, 2).Select(o => (double)model.Layers[0].Weight[o].abs().max().item<float>() / 127)];
        var sample = LayerSampling.Take(model, data.Validation, data.Statistics, 4).Single();
        double expected = model.Layers[0].ActivationParameters.Scale * Math.Sqrt(((widest[0] * widest[0]) + (widest[1] * widest[1])) / 2);
        Assert.Equal(expected, sample.OutputScale, 1e-5 * expected);
    }

    [Fact]
    public void SeedDecidesTheDraw()
    {
        using var model = Model(Signedness.Signed);
        var data = TinyProblem.Data();
        byte[] Draw(int seed) => LayerSampling.Take(model, data.Validation, data.Statistics, 50, seed)[0].ReceptiveFields;
        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
    }

    [Fact]
    public void ArithmeticsComeBackAlsoAfterAnError()
    {
        using var model = Model(Signedness.Signed);
        var data = TinyProblem.Data();
        model.Layers[1].Arithmetic = new FloatArithmetic();
        model.Layers[2].Arithmetic = new NoiseArithmetic(3);
        Arithmetic[] arithmetics = [.. model.Layers.Select(l => l.Arithmetic)];
        model.Network.train();
        string before = TinyProblem.Fingerprint(model.Network);

        void Check()
        {
            Assert.Equal(arithmetics, model.Layers.Select(l => l.Arithmetic));
            Assert.All(model.Layers, l => Assert.Null(l.Listener));
            Assert.True(model.Network.training);
            Assert.All(model.Layers, l => Assert.True(l.training));
            Assert.Equal(before, TinyProblem.Fingerprint(model.Network));
        }

        LayerSampling.Take(model, data.Validation, data.Statistics);
        Check();
        var large = new ImageSet(new byte[2 * 3 * 20 * 20], new byte[2], 3, 20, 20); // the last layer cannot take it
        Assert.ThrowsAny<Exception>(() => LayerSampling.Take(model, large, data.Statistics));
        Check();
        Assert.Throws<ArgumentOutOfRangeException>(() => LayerSampling.Take(model, data.Validation, data.Statistics, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => LayerSampling.Take(model, data.Validation.Take(0), data.Statistics));
        Check();
    }

    [Fact]
    public void TakingLeavesNoTensor()
    {
        using var model = Model(Signedness.Unsigned);
        var data = TinyProblem.Data();
        long before = LiveTensors.Settled();
        LayerSampling.Take(model, data.Validation, data.Statistics);
        Assert.Equal(before, Tensor.TotalCount);
    }

    // Stride, padding, dilation, groups; the last layer is fully connected.
    private static ApproxModel Model(Signedness scheme)
    {
        var network = nn.Sequential(
            nn.Conv2d(3, 4, 3, stride: 2, padding: 1),
            nn.Conv2d(4, 6, 2, padding: 2, dilation: 2, groups: 2),
            nn.Conv2d(6, 6, 1, groups: 6),
            nn.Flatten(),
            nn.Linear(216, 2));
        using var random = new Generator(3);
        using (no_grad())
        {
            network.parameters().ToList().ForEach(p => p.normal_(0.05, 0.4, random));
        }

        var model = ApproxModel.Convert(network, new QuantizationOptions(scheme), 3, 8, 8);
        TinyProblem.Observe(model);
        return model;
    }

    private static void AssertOperands(ApproxLayer layer, LayerSample sample, Tensor x)
    {
        // Rounding in double precision may fall on the other side of a tie that float32 division makes or breaks.
        void AssertCodes(float[] values, byte[] codes, AffineParameters p)
        {
            Assert.Equal(values.Length, codes.Length);
            for (int i = 0; i < values.Length; i++)
            {
                double exact = Math.Clamp((values[i] / p.Scale) + p.ZeroPoint, p.Min, p.Max) - p.Offset;
                Assert.Equal(exact, codes[i], 0.501);
            }
        }

        Assert.Equal(layer.Scheme, sample.Scheme);
        Assert.Equal(layer.ActivationParameters.ZeroCode, sample.PaddingCode);
        AssertCodes(x.contiguous().data<float>().ToArray(), sample.ActivationCodes, layer.ActivationParameters);
        AssertCodes(layer.Weight.data<float>().ToArray(), sample.WeightCodes, layer.WeightParameters);
        Assert.Equal(1, sample.ActivationDistribution.Sum(), 1e-12);
        Assert.Equal(1, sample.WeightDistribution.Sum(), 1e-12);
    }

    // The fields are the rows that PyTorch's unfold gives, every one of them is drawn, and nothing else.
    private static void AssertReceptiveFields(LayerSample sample)
    {
        var s = sample.Shape;
        float[] codes = [.. sample.ActivationCodes.Select(c => (float)c)];
        var padded = full([s.Batch, s.InChannels, s.Height + (2 * s.Padding.H), s.Width + (2 * s.Padding.W)], (float)sample.PaddingCode);
        padded.narrow(2, s.Padding.H, s.Height).narrow(3, s.Padding.W, s.Width).copy_(tensor(codes).reshape(s.Batch, s.InChannels, s.Height, s.Width));
        var expected = new HashSet<string>();
        foreach (var group in padded.chunk(s.Groups, 1))
        {
            var rows = nn.functional.unfold(group.contiguous(), s.KernelHeight, s.Dilation.H, 0, s.Stride.H).transpose(1, 2).contiguous();
            Assert.Equal([s.Batch, s.OutHeight * s.OutWidth, s.FanIn], rows.shape);
            expected.UnionWith(rows.data<float>().ToArray().Chunk(s.FanIn).Select(r => Convert.ToHexString([.. r.Select(v => (byte)v)])));
        }

        // Some hundred rows and 6,000 draws: the chance that one of them is missed is below 1e-6.
        Assert.Equal(6000, sample.ReceptiveFieldCount);
        var drawn = sample.ReceptiveFields.Chunk(s.FanIn).Select(Convert.ToHexString).ToHashSet();
        Assert.True(expected.SetEquals(drawn), $"layer {sample.Path}: {expected.Count} rows, {drawn.Count} drawn, {expected.Intersect(drawn).Count()} in common");
    }
}
