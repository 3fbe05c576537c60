using ApproxNets.Layers;
using Xunit;
using static TorchSharp.torch;

namespace ApproxNets.Tests.Layers;

public sealed class AddedNoiseTests
{
    [Theory]
    [InlineData(0.3f, 1)]
    [InlineData(-0.3f, -1)]
    [InlineData(0f, 0)]
    public void ValueAndGradientsAreThoseOfTheNoiseDrawn(float scale, int sign)
    {
        using var scope = NewDisposeScope();
        const float Deviation = 1.7f;
        using var random = new Generator(1);
        var y = randn([3, 5, 7, 9], generator: random, requires_grad: true);
        var direction = randn([3, 5, 7, 9], generator: random);
        var sigma = tensor(scale, requires_grad: true);
        var drawn = new float[y.numel()];
        GaussianNoise.Add(drawn, drawn, 1, 42);
        var noise = tensor(drawn).view(y.shape);

        var noisy = AddedNoise.Add(y, sigma, Deviation, 42);
        Assert.True(noisy.allclose(y.add(noise.mul(Math.Abs(scale) * Deviation)), rtol: 0, atol: 1e-6));
        noisy.mul(direction).sum().backward();

        Assert.True(direction.Equals(y.grad!));
        double expected = sign * Deviation * direction.mul(noise).to(ScalarType.Float64).sum().item<double>();
        Assert.Equal(expected, sigma.grad!.item<float>(), 1e-5 * (1 + Math.Abs(expected)));
        Assert.Equal([], sigma.grad!.shape);
    }

    [Fact]
    public void LayoutInMemoryDoesNotMatterAndValueIsTheSameWithoutGradients()
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        var y = randn([2, 3, 8, 5], generator: random);
        var sigma = tensor(0.2f, requires_grad: true);
        var plain = AddedNoise.Add(y, sigma, 1, 3);
        var turned = y.transpose(1, 3).contiguous().transpose(1, 3);
        Assert.True(plain.Equals(AddedNoise.Add(turned, sigma, 1, 3)));
        plain.backward([y.transpose(1, 3).contiguous().transpose(1, 3)]);
        float gradient = sigma.grad!.item<float>();
        sigma.grad!.zero_();
        AddedNoise.Add(y, sigma, 1, 3).backward([y]);
        Assert.Equal(gradient, sigma.grad!.item<float>());
        using var none = no_grad();
        Assert.True(plain.Equals(AddedNoise.Add(y, sigma, 1, 3)));
    }

    [Fact]
    public void NeitherPassLeavesTensorsBehind()
    {
        using var y = randn([2, 3, 8, 5], requires_grad: true);
        using var sigma = tensor(0.2f, requires_grad: true);
        using var direction = randn([2, 3, 8, 5]);
        void Step()
        {
            using var noisy = AddedNoise.Add(y, sigma, 1, 3);
            noisy.backward([direction]);
        }

        Step();
        y.grad!.Dispose();
        sigma.grad!.Dispose();
        long before = LiveTensors.Settled();
        Step();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(before, Tensor.TotalCount);
    }
}
