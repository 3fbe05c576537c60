using ApproxNets.Kernels;
using ApproxNets.Layers;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Layers;

public sealed class ApproxLayerTests
{
    public static TheoryData<Signedness, bool, int, int, int, int> Convolutions => new()
    {
        // scheme, per-channel weights, stride, padding, dilation, groups
        { Signedness.Signed, false, 1, 1, 1, 1 },
        { Signedness.Signed, true, 2, 1, 1, 1 },
        { Signedness.Signed, false, 1, 2, 2, 2 },
        { Signedness.Unsigned, false, 1, 1, 1, 1 },
        { Signedness.Unsigned, false, 2, 0, 1, 2 },
        { Signedness.Unsigned, false, 1, 1, 1, 4 },
    };

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void ExactTableEqualsFakeQuantisedConvolution(Signedness scheme, bool perChannel, int stride, int padding, int dilation, int groups)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(7);
        var conv = nn.Conv2d(4, 8, 3, stride: stride, padding: padding, dilation: dilation, groups: groups, bias: true);
        var layer = new ApproxConv2d("c", conv, new QuantizationOptions(scheme) { PerChannelWeights = perChannel });
        Fill(layer, random);
        var x = randn(3, 4, 9, 10, generator: random).add(0.3);

        var (quantized, approximate) = BothWays(layer, x, Exact(scheme));

        AssertClose(quantized, approximate);
    }

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void ExactTableEqualsFakeQuantisedLinear(Signedness scheme)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(8);
        var layer = new ApproxLinear("l", nn.Linear(37, 11), new QuantizationOptions(scheme));
        Fill(layer, random);
        var x = randn(5, 37, generator: random);

        var (quantized, approximate) = BothWays(layer, x, Exact(scheme));

        Assert.Equal([5, 11], approximate.shape);
        AssertClose(quantized, approximate);
    }

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void AnyTableEqualsNaiveSimulation(Signedness scheme)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(9);
        var layer = new ApproxConv2d("c", nn.Conv2d(2, 3, 3, padding: 1, bias: true), new QuantizationOptions(scheme));
        Fill(layer, random);
        var x = randn(2, 2, 5, 4, generator: random).add(0.2);

        // A table that is wrong everywhere, also where an operand is zero: padding must go through it.
        var noise = new Random(3);
        var multiplier = Multiplier.FromFunction("noisy", scheme, (a, b) => Math.Clamp((a * b) + noise.Next(-40, 41), scheme == Signedness.Signed ? -32768 : 0, scheme == Signedness.Signed ? 32767 : 65535), 1, "test");
        var (_, approximate) = BothWays(layer, x, multiplier);

        float[] expected = Naive(layer, x, multiplier);
        float[] actual = approximate.data<float>().ToArray();
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-4f * (1 + Math.Abs(expected[i])));
        }
    }

    [Theory]
    [MemberData(nameof(Convolutions))]
    public void TensorPathEqualsTheKernelBitForBit(Signedness scheme, bool perChannel, int stride, int padding, int dilation, int groups)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(13);
        var conv = nn.Conv2d(4, 8, 3, stride: stride, padding: padding, dilation: dilation, groups: groups, bias: true);
        var layer = new ApproxConv2d("c", conv, new QuantizationOptions(scheme) { PerChannelWeights = perChannel });
        Fill(layer, random);
        var x = randn(3, 4, 9, 10, generator: random).add(0.3);
        using (no_grad())
        {
            var (_, kernel) = BothWays(layer, x, MultiplierFamilies.Truncated(scheme, 6));
            var byTensors = new ApproximateArithmetic(layer.Arithmetic.Multiplier!) { KernelPath = KernelPath.Tensor };
            Assert.Equal(kernel.data<float>().ToArray(), layer.With(byTensors, x).data<float>().ToArray());
        }

        // With gradients the value goes another way, through a float difference.
        var expected = layer.call(x);
        AssertClose(expected, layer.With(new ApproximateArithmetic(layer.Arithmetic.Multiplier!), x));
    }

    [Theory]
    [InlineData(Signedness.Signed)]
    [InlineData(Signedness.Unsigned)]
    public void SurrogateComesNearTheSimulationWithItsRank(Signedness scheme)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(14);
        var layer = new ApproxConv2d("c", nn.Conv2d(3, 5, 3, padding: 1, bias: true), new QuantizationOptions(scheme));
        Fill(layer, random);
        var x = randn(2, 3, 7, 7, generator: random).add(0.2);
        var (quantized, approximate) = BothWays(layer, x, MultiplierFamilies.Truncated(scheme, 7));
        double error = quantized.sub(approximate).abs().max().item<float>();
        Assert.True(error > 0.01, $"a multiplier that changes the output by {error} only tests nothing");

        var multiplier = layer.Arithmetic.Multiplier!;
        AssertClose(quantized, layer.With(new SurrogateArithmetic(multiplier, 0), x));
        double left = approximate.sub(layer.With(new SurrogateArithmetic(multiplier), x)).abs().max().item<float>();
        Assert.True(left < 0.05 * error, $"{left} of {error} are left");
    }

    [Fact]
    public void EvaluationSeesThatWeightsHaveChanged()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(15);
        var layer = new ApproxLinear("l", nn.Linear(20, 4), new QuantizationOptions(Signedness.Signed));
        Fill(layer, random);
        var x = randn(6, 20, generator: random);
        var (_, before) = BothWays(layer, x, Exact(Signedness.Signed));
        Assert.Equal(before.data<float>().ToArray(), layer.call(x).data<float>().ToArray());

        layer.Weight.neg_();
        layer.Bias!.neg_();
        AssertClose(before.neg(), layer.call(x));
    }

    [Theory]
    [InlineData("approximate")]
    [InlineData("approximate by tensors")]
    [InlineData("surrogate")]
    public void GradientIsThatOfTheQuantisedLayer(string approximate)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(10);
        var layer = new ApproxConv2d("c", nn.Conv2d(3, 4, 3, padding: 1, bias: true), new QuantizationOptions(Signedness.Signed));
        Fill(layer, random);
        var input = randn(2, 3, 6, 6, generator: random);
        var direction = randn(2, 4, 6, 6, generator: random);

        Tensor[] Gradients(string arithmetic)
        {
            var x = input.clone().requires_grad_();
            layer.zero_grad();
            layer.With(Make(arithmetic, MultiplierFamilies.Truncated(Signedness.Signed, 8)), x).mul(direction).sum().backward();
            return [x.grad!.clone(), layer.Weight.grad!.clone(), layer.Bias!.grad!.clone()];
        }

        layer.train();
        layer.With(new QuantizedArithmetic(), input);
        layer.eval();
        foreach (var (expected, found) in Gradients("quantized").Zip(Gradients(approximate)))
        {
            AssertClose(expected, found);
        }
    }

    [Theory]
    [InlineData("quantized")]
    [InlineData("noise")]
    [InlineData("approximate")]
    public void ChannelsLastChangesOnlyTheMemory(string arithmetic)
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(10);
        var layer = new ApproxConv2d("c", nn.Conv2d(3, 4, 3, padding: 1, bias: true), new QuantizationOptions(Signedness.Unsigned));
        Fill(layer, random);
        var input = randn(2, 3, 6, 6, generator: random);
        var direction = randn(2, 4, 6, 6, generator: random);
        layer.train();
        layer.With(new QuantizedArithmetic(), input);
        layer.eval();
        layer.Arithmetic = Make(arithmetic, MultiplierFamilies.Truncated(Signedness.Unsigned, 8));

        // Noise belongs to places in memory, so only its absence can be compared.
        using (no_grad())
        {
            layer.Sigma.fill_(0);
        }

        Tensor[] Run(bool channelsLast)
        {
            var x = (channelsLast ? input.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2) : input.clone()).detach().requires_grad_();
            layer.zero_grad();
            var output = layer.call(x);
            Assert.Equal(channelsLast, MemoryOrder.IsChannelsLast(output));
            output.mul(direction).sum().backward();
            return [output.detach().clone(), x.grad!.clone(), layer.Weight.grad!.clone(), layer.Bias!.grad!.clone()];
        }

        foreach (var (plain, last) in Run(false).Zip(Run(true)))
        {
            AssertClose(plain, last);
        }
    }

    [Fact]
    public void SigmaGradientAgreesWithFiniteDifferences()
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(11);
        var layer = new ApproxLinear("l", nn.Linear(16, 8), new QuantizationOptions(Signedness.Signed));
        Fill(layer, random);
        var x = randn(32, 16, generator: random);
        var target = randn(32, 8, generator: random);
        layer.train();
        layer.With(new QuantizedArithmetic(), x);
        layer.eval();
        layer.Arithmetic = new NoiseArithmetic(5);

        // The noise is a function of the seed, so the loss is a smooth function of sigma.
        Tensor Loss() => layer.call(x).sub(target).square().mean();
        double At(float sigma)
        {
            using var none = no_grad();
            layer.Sigma.fill_(sigma);
            return Loss().to(ScalarType.Float64).item<double>();
        }

        const float Sigma = 0.4f, Step = 0.02f;
        double expected = (At(Sigma + Step) - At(Sigma - Step)) / (2 * Step);
        using (no_grad())
        {
            layer.Sigma.fill_(Sigma);
        }

        Loss().backward();

        // The loss is quadratic in sigma, so central differences are exact but for float32 rounding of the two losses.
        Assert.Equal(expected, layer.Sigma.grad!.item<float>(), 1e-3 * (1 + Math.Abs(expected)));
        Assert.True(Math.Abs(expected) > 1e-2);
    }

    [Fact]
    public void NoiseHasTheAskedStandardDeviationAndIsDrawnFromItsSeed()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var random = new Generator(12);
        var layer = new ApproxConv2d("c", nn.Conv2d(3, 16, 3, padding: 1), new QuantizationOptions(Signedness.Signed));
        Fill(layer, random);
        var x = randn(8, 3, 16, 16, generator: random);
        layer.train();
        var clean = layer.With(new QuantizedArithmetic(), x);
        layer.eval();
        layer.Sigma.fill_(-0.25f);
        var noisy = layer.With(new NoiseArithmetic(1), x);

        double ratio = noisy.sub(layer.With(new QuantizedArithmetic(), x)).std().item<float>() / clean.std().item<float>();
        Assert.Equal(0.25, ratio, 0.01);
        Assert.True(noisy.equal(layer.With(new NoiseArithmetic(1), x)).all().item<bool>());
        Assert.False(noisy.equal(layer.With(new NoiseArithmetic(2), x)).all().item<bool>());
    }

    [Fact]
    public void MultiplierOfTheOtherSignednessIsRefused()
    {
        using var layer = new ApproxLinear("fc", nn.Linear(3, 2), new QuantizationOptions(Signedness.Signed));
        var error = Assert.Throws<ArgumentException>(() => layer.Arithmetic = new ApproximateArithmetic(Exact(Signedness.Unsigned)));
        Assert.Contains("fc", error.Message);
        Assert.Contains("Unsigned", error.Message);
    }

    [Fact]
    public void MissingRangeOrShapeIsAnError()
    {
        using var scope = NewDisposeScope();
        var layer = new ApproxLinear("fc", nn.Linear(3, 2), new QuantizationOptions(Signedness.Signed));
        layer.eval();
        layer.Arithmetic = new QuantizedArithmetic();
        Assert.Contains("range", Assert.Throws<InvalidOperationException>(() => layer.call(ones(1, 3))).Message);
        layer.train();
        layer.call(ones(1, 3));
        layer.Arithmetic = new ApproximateArithmetic(Exact(Signedness.Signed));
        Assert.Contains("[1, 4]", Assert.Throws<ArgumentException>(() => layer.call(ones(1, 4))).Message);
        Assert.Throws<ArgumentException>(() => new ApproxLinear("fc", nn.Linear(3, 2), new QuantizationOptions(Signedness.Unsigned) { PerChannelWeights = true }));
    }

    [Theory]
    [InlineData("float")]
    [InlineData("quantized")]
    [InlineData("noise")]
    [InlineData("approximate")]
    [InlineData("approximate by tensors")]
    [InlineData("surrogate")]
    public void ForwardLeavesOnlyItsOutputAlive(string arithmetic)
    {
        using var layer = new ApproxConv2d("c", nn.Conv2d(3, 4, 3, padding: 1), new QuantizationOptions(Signedness.Unsigned));
        layer.Arithmetic = Make(arithmetic, Exact(Signedness.Unsigned));
        using var x = randn(2, 3, 8, 8);
        using (no_grad())
        {
            layer.call(x).Dispose();
            long before = LiveTensors.Settled();
            using var y = layer.call(x);
            Assert.Equal(before + 1, Tensor.TotalCount);
        }
    }

    [Theory]
    [InlineData("float")]
    [InlineData("quantized")]
    [InlineData("noise")]
    [InlineData("approximate")]
    [InlineData("approximate by tensors")]
    [InlineData("surrogate")]
    public void ForwardWithGradientsLeavesOnlyItsOutputAlive(string arithmetic)
    {
        using var layer = new ApproxConv2d("c", nn.Conv2d(3, 4, 3, padding: 1), new QuantizationOptions(Signedness.Signed) { PerChannelWeights = true });
        layer.Arithmetic = Make(arithmetic, Exact(Signedness.Signed));
        using var x = randn(2, 3, 8, 8);
        layer.call(x).Dispose();
        long before = LiveTensors.Settled();
        using var y = layer.call(x);
        Assert.Equal(before + 1, Tensor.TotalCount);
    }

    // The gradient of fake quantisation is 1 in the grid's range; rounding may put the end of the range just inside the extreme weight.
    [Theory]
    [InlineData(Signedness.Signed, true)]
    [InlineData(Signedness.Signed, false)]
    [InlineData(Signedness.Unsigned, false)]
    public void EveryWeightHasTheStraightThroughGradient(Signedness scheme, bool perChannel)
    {
        using var scope = NewDisposeScope();
        var layer = new ApproxLinear("l", nn.Linear(4, 64), new QuantizationOptions(scheme) { PerChannelWeights = perChannel });
        var x = ones(1, 4);
        layer.train();
        for (int seed = 0; seed < 20; seed++)
        {
            using var random = new Generator((ulong)seed);
            using (no_grad())
            {
                layer.Weight.normal_(0.05, 0.3, random);
            }

            layer.zero_grad();
            layer.With(new QuantizedArithmetic(), x).sum().backward();
            Assert.All(layer.Weight.grad!.data<float>().ToArray(), g => Assert.Equal(1, g, 0.01f));
        }
    }

    [Theory]
    [InlineData("approximate")]
    [InlineData("approximate by tensors")]
    [InlineData("surrogate")]
    public void ActivationThatIsNotANumberIsAnErrorAndNoZero(string arithmetic)
    {
        using var scope = NewDisposeScope();
        var layer = new ApproxLinear("l", nn.Linear(70, 4), new QuantizationOptions(Signedness.Signed));
        layer.train();
        layer.With(new QuantizedArithmetic(), randn(6, 70));
        layer.eval();
        using var gradients = no_grad();
        for (int at = 0; at < 420; at += 37)
        {
            var x = randn(6, 70);
            x[at / 70, at % 70] = float.NaN;
            Assert.True(layer.With(new QuantizedArithmetic(), x)[at / 70].isnan().all().item<bool>());
            Assert.Contains("NaN", Assert.Throws<ArithmeticException>(
                () => layer.With(Make(arithmetic, Exact(Signedness.Signed)), x)).Message);
        }
    }

    [Fact]
    public void TableIsCopiedToADeviceOnce()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var layer = new ApproxLinear("l", nn.Linear(4, 2), new QuantizationOptions(Signedness.Signed));
        var x = ones(1, 4);
        layer.train();
        layer.With(new QuantizedArithmetic(), x);
        layer.eval();
        layer.With(new ApproximateArithmetic(Exact(Signedness.Signed)) { KernelPath = KernelPath.Tensor }, x);
        long before = GC.GetAllocatedBytesForCurrentThread();
        layer.call(x);

        // The table as an array takes 256 KB.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 64 << 10);
    }

    private static Arithmetic Make(string name, Multiplier multiplier) => name switch
    {
        "float" => new FloatArithmetic(),
        "quantized" => new QuantizedArithmetic(),
        "noise" => new NoiseArithmetic(0),
        "approximate" => new ApproximateArithmetic(multiplier),
        "approximate by tensors" => new ApproximateArithmetic(multiplier) { KernelPath = KernelPath.Tensor },
        _ => new SurrogateArithmetic(multiplier),
    };

    private static Multiplier Exact(Signedness scheme) => Multiplier.FromFunction("exact", scheme, (x, w) => x * w, 1, "definition");

    private static void Fill(ApproxLayer layer, Generator random)
    {
        using var gradients = no_grad();
        layer.Weight.normal_(0.05, 0.3, random);
        layer.Bias?.normal_(0, 1, random);
    }

    private static (Tensor Quantized, Tensor Approximate) BothWays(ApproxLayer layer, Tensor x, Multiplier multiplier)
    {
        layer.train();
        layer.With(new QuantizedArithmetic(), x);
        layer.eval();
        return (layer.call(x), layer.With(new ApproximateArithmetic(multiplier), x));
    }

    // Sums of a few hundred float32 products against an exact integer sum: relative rounding of 1e-5 of the output's spread.
    private static void AssertClose(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        double spread = expected.abs().max().item<float>();
        double difference = expected.sub(actual).abs().max().item<float>();
        Assert.True(difference <= 1e-5 * spread, $"largest difference {difference} at a spread of {spread}");
    }

    private static float[] Naive(ApproxLayer layer, Tensor input, Multiplier multiplier)
    {
        AffineParameters ax = layer.ActivationParameters, aw = layer.WeightParameters;
        int Code(float value, AffineParameters p) => (int)Math.Clamp(MathF.Round(value / (float)p.Scale) + p.ZeroPoint, p.Min, p.Max);
        float[] x = input.data<float>().ToArray(), w = layer.Weight.data<float>().ToArray(), b = layer.Bias!.data<float>().ToArray();
        int batch = (int)input.shape[0], channels = (int)input.shape[1], height = (int)input.shape[2], width = (int)input.shape[3], outputs = b.Length;
        var y = new float[batch * outputs * height * width];
        for (int i = 0; i < y.Length; i++)
        {
            int column = i % width, row = i / width % height, o = i / (width * height) % outputs, n = i / (width * height * outputs);
            long products = 0, sumX = 0, sumW = 0;
            for (int k = 0; k < channels * 9; k++)
            {
                int c = k / 9, r = row + (k / 3 % 3) - 1, s = column + (k % 3) - 1;
                bool inside = r >= 0 && r < height && s >= 0 && s < width;
                int qx = inside ? Code(x[(((((n * channels) + c) * height) + r) * width) + s], ax) : ax.ZeroPoint;
                int qw = Code(w[(o * channels * 9) + k], aw);
                products += multiplier[qx, qw];
                sumX += qx;
                sumW += qw;
            }

            // The formula as the papers write it, with n z_x z_w.
            long exact = products - (aw.ZeroPoint * sumX) - (ax.ZeroPoint * sumW) + (channels * 9L * ax.ZeroPoint * aw.ZeroPoint);
            y[i] = (float)((ax.Scale * aw.Scale * exact) + b[o]);
        }

        return y;
    }
}

internal static class ApproxLayerExtensions
{
    public static Tensor With(this ApproxLayer layer, Arithmetic arithmetic, Tensor x)
    {
        layer.Arithmetic = arithmetic;
        return layer.call(x);
    }
}
