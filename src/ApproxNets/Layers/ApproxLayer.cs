using System.Runtime.InteropServices;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Layers;

/// <summary>
/// A convolution or fully connected layer that can run in float, quantised, with noise, or with an approximate
/// multiplier; see <see cref="LayerMode"/>. Weights, bias and noise scale are the same in every mode.
/// </summary>
/// <remarks>
/// <para>Quantised: <c>y = conv(fq(x), fq(w)) + b</c> with fake quantisation <c>fq</c> and straight-through gradients.</para>
/// <para>Approximate: with integer sums <c>acc = sum_k m(x_k, w_k)</c>, padding included,
/// <c>y = s_x s_w (acc - z_w sum_k (x_k - z_x) - z_x sum_k w_k) + b</c>; only the products are approximate. The gradient is
/// that of the quantised layer. With the exact table this equals the quantised layer up to float rounding.</para>
/// <para>Noise: <c>y + |sigma| std(y) eps</c>, <c>eps ~ N(0, 1)</c>, the standard deviation of the batch taken as a constant
/// (Trommer, Waschneck, Kumar, ICCAD 2022, section 3).</para>
/// </remarks>
public abstract class ApproxLayer : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly Parameter sigma;
    private readonly RangeObserver observer;
    private readonly QuantizationOptions _options;
    private Multiplier? _multiplier;

    private protected ApproxLayer(string path, Parameter weight, Parameter? bias, QuantizationOptions options)
        : base(path)
    {
        if (options.PerChannelWeights && options.Scheme != Signedness.Signed)
        {
            throw new ArgumentException(
                $"Layer '{path}': found per-channel weights with the {options.Scheme} scheme, expected the Signed one.", nameof(options));
        }

        Path = path;
        _options = options;
        this.weight = weight;
        this.bias = bias;
        sigma = new Parameter(tensor(0.1f));
        observer = new RangeObserver(options.Observer);
        register_parameter(nameof(weight), weight);
        if (bias is not null)
        {
            register_parameter(nameof(bias), bias);
        }

        register_parameter(nameof(sigma), sigma);
        register_module(nameof(observer), observer);
    }

    /// <summary>Place in the model, as in its state dictionary, e.g. <c>layer1.0.conv1</c>.</summary>
    public string Path { get; }

    /// <summary>What the layer computes.</summary>
    public LayerMode Mode { get; set; } = LayerMode.Float;

    /// <summary>Signed or unsigned operand codes.</summary>
    public Signedness Scheme => _options.Scheme;

    /// <summary>Weights, float32 <c>[O, C / groups, kh, kw]</c> or <c>[O, C]</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>Bias, float32 <c>[O]</c>, or null.</summary>
    public Parameter? Bias => bias;

    /// <summary>The noise scale sigma_l, float32 scalar, learnable; only its absolute value counts.</summary>
    public Parameter Sigma => sigma;

    /// <summary>Opcount c_l: multiplications for one sample; known after the first forward pass.</summary>
    public long Opcount { get; private set; }

    /// <summary>Fan-in n_l: products summed into one output.</summary>
    public int FanIn => (int)weight.shape.Skip(1).Aggregate(1L, (product, size) => product * size);

    /// <summary>Seed of the noise of the next forward pass; set anew for every step.</summary>
    public long NoiseSeed { get; set; }

    /// <summary>Which instruction set the table kernel uses.</summary>
    public KernelPath KernelPath { get; set; } = KernelPath.Auto;

    /// <summary>The assigned multiplier, used in mode <see cref="LayerMode.Approximate"/>.</summary>
    /// <exception cref="ArgumentException">The multiplier is of the other signedness.</exception>
    public Multiplier? Multiplier
    {
        get => _multiplier;
        set => _multiplier = value is null || value.Signedness == Scheme
            ? value
            : throw new ArgumentException($"Layer '{Path}': found {value.Signedness} multiplier '{value.Name}', expected a {Scheme} one.");
    }

    /// <summary>Called with input and output of every forward pass while set; for sampling operands and outputs.</summary>
    internal Action<Tensor, Tensor>? Listener { get; set; }

    /// <summary>The grid of activations, from the range observed in training.</summary>
    /// <exception cref="InvalidOperationException">Nothing was observed yet.</exception>
    public AffineParameters ActivationParameters => observer.Range is (double least, double greatest)
        ? AffineParameters.ForActivations(least, greatest, Scheme)
        : throw new InvalidOperationException(
            $"Layer '{Path}': found no observed activation range; run it in training mode in LayerMode.Quantized first.");

    /// <summary>The grid of weights, from the current weights. With per-channel scales: that of the widest channel.</summary>
    public AffineParameters WeightParameters
    {
        get
        {
            using var scope = NewDisposeScope();
            var (least, greatest) = weight.detach().aminmax();
            return AffineParameters.ForWeights(least.item<float>(), greatest.item<float>(), Scheme);
        }
    }

    /// <summary>Computes the layer's output in the current mode.</summary>
    /// <param name="input">float32 <c>[B, C, H, W]</c> or <c>[B, C]</c>.</param>
    /// <returns>float32 <c>[B, O, OutH, OutW]</c> or <c>[B, O]</c>.</returns>
    /// <exception cref="InvalidOperationException">No multiplier is assigned, or no range was observed.</exception>
    public sealed override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = Compute(input);
        Listener?.Invoke(input, output);
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the operand codes of an input: uint8, in the layout of <paramref name="input"/>.</summary>
    /// <param name="input">float32, an input of this layer.</param>
    internal Tensor ActivationCodes(Tensor input)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var parameters = ActivationParameters;
        return FakeQuantize.Codes(FakeQuantize.PerTensor(input, parameters), parameters).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the operand codes of the weights: uint8, <c>[O, n]</c>.</summary>
    internal Tensor WeightCodes()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var (onGrid, scale) = QuantizedWeight();
        var parameters = WeightParameters;
        return onGrid.div(scale).add_(parameters.ZeroPoint - parameters.Offset).round_().to(ScalarType.Byte)
            .reshape(weight.shape[0], -1).MoveToOuterDisposeScope();
    }

    /// <summary>Real units of one step of the integer sum: <c>s_x s_w</c>, float32 <c>[1]</c> or <c>[O]</c>.</summary>
    internal Tensor OutputScale()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        return QuantizedWeight().Scale.reshape(-1).mul((float)ActivationParameters.Scale).MoveToOuterDisposeScope();
    }

    /// <summary>The exact operation of the layer.</summary>
    private protected abstract Tensor Exact(Tensor input, Tensor weight, Tensor? bias);

    /// <summary>The shape of the convolution that the layer computes for an input of this shape.</summary>
    internal abstract Conv2dShape ShapeFor(ReadOnlySpan<long> inputShape);

    private Tensor Compute(Tensor input)
    {
        if (Opcount == 0)
        {
            Opcount = ShapeFor(input.shape).MultiplicationsPerSample;
        }

        if (Mode == LayerMode.Float)
        {
            return Exact(input, weight, bias);
        }

        if (training)
        {
            observer.Observe(input);
        }

        var activations = ActivationParameters;
        var x = FakeQuantize.PerTensor(input, activations);
        var (w, _) = QuantizedWeight();
        switch (Mode)
        {
            case LayerMode.Quantized:
                return Exact(x, w, bias);
            case LayerMode.Noise:
                return AddNoise(Exact(x, w, bias));
            case LayerMode.Approximate:
                var approximate = Simulate(x.detach(), w.detach(), activations);
                if (!is_grad_enabled())
                {
                    return approximate;
                }

                // In value the simulation, in gradient the exact quantised layer.
                var exact = Exact(x, w, bias);
                return exact.add(approximate.sub_(exact.detach()));
            default:
                throw new InvalidOperationException(
                    $"Layer '{Path}': found mode {Mode}, expected {string.Join(", ", Enum.GetNames<LayerMode>())}.");
        }
    }

    private (Tensor OnGrid, Tensor Scale) QuantizedWeight()
    {
        if (!_options.PerChannelWeights)
        {
            var parameters = WeightParameters;
            return (FakeQuantize.PerTensor(weight, parameters), tensor((float)parameters.Scale));
        }

        using var scope = NewDisposeScope();
        var scales = weight.detach().flatten(1).abs().amax([1]).div_(127).clamp_(min: 1e-12f);
        var onGrid = FakeQuantize.PerChannel(weight, scales);
        var perChannel = scales.view([-1, .. Enumerable.Repeat(1L, (int)weight.dim() - 1)]);
        return (onGrid.MoveToOuterDisposeScope(), perChannel.MoveToOuterDisposeScope());
    }

    private Tensor AddNoise(Tensor output)
    {
        using var generator = new Generator((ulong)NoiseSeed);
        var noise = randn(output.shape, generator: generator);
        return output.add(noise.mul_(output.detach().std()).mul(sigma.abs()));
    }

    /// <summary>Behavioural simulation of inputs and weights that are on their grids.</summary>
    private Tensor Simulate(Tensor x, Tensor w, AffineParameters activations)
    {
        var multiplier = Multiplier ?? throw new InvalidOperationException(
            $"Layer '{Path}': found no multiplier, expected one in LayerMode.Approximate.");
        using var gradients = no_grad();
        var weights = WeightParameters;
        var shape = ShapeFor(x.shape);
        var xCodes = FakeQuantize.Codes(x, activations);
        var wCodes = WeightCodes();
        var sums = empty([shape.Batch, shape.OutChannels, shape.OutHeight, shape.OutWidth], ScalarType.Int32);
        LutConv2d.Run(
            xCodes.bytes, wCodes.bytes, multiplier.Table, shape, activations.ZeroCode,
            MemoryMarshal.Cast<byte, int>(sums.bytes), KernelPath);

        if (weights.ZeroPoint != 0)
        {
            sums.sub_(CodeSums(x, activations, shape).mul_(weights.ZeroPoint));
        }

        if (activations.ZeroPoint != 0)
        {
            var weightSums = wCodes.to(ScalarType.Int32).add_(weights.Offset).sum(1, type: ScalarType.Int32);
            sums.sub_(weightSums.mul_(activations.ZeroPoint).view(1, -1, 1, 1));
        }

        var output = sums.to(ScalarType.Float32).mul_(OutputScale().view(1, -1, 1, 1));
        if (bias is not null)
        {
            output.add_(bias.view(1, -1, 1, 1));
        }

        return x.dim() == 4 ? output : output.view(output.shape[0], output.shape[1]);
    }

    // sum_k (x_k - z_x) of every output position, int32: a convolution of the integers with ones. Exact in float32, since
    // sums stay below 255 x fan-in < 2^24 for any fan-in below 65,793, and Conv2dShape allows no more than 32,768.
    private static Tensor CodeSums(Tensor x, AffineParameters activations, Conv2dShape shape)
    {
        var steps = x.div((float)activations.Scale).round_().view(shape.Batch, shape.InChannels, shape.Height, shape.Width);
        var kernel = ones(shape.Groups, shape.InChannels / shape.Groups, shape.KernelHeight, shape.KernelWidth);
        var sums = functional.conv2d(
            steps, kernel, null,
            [shape.Stride.H, shape.Stride.W], [shape.Padding.H, shape.Padding.W], [shape.Dilation.H, shape.Dilation.W], shape.Groups);
        return sums.to(ScalarType.Int32).repeat_interleave(shape.OutChannels / shape.Groups, 1);
    }
}
