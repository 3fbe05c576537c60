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
public abstract partial class ApproxLayer : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly Parameter sigma;
    private readonly RangeObserver observer;
    private readonly QuantizationOptions _options;
    private Multiplier? _multiplier;
    private QuantizedWeights? _weightsOnGrid;

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
        observer = new RangeObserver(options.Observer, options.Quantile);
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

    /// <summary>Number format of the layer's convolution or matrix product in training.</summary>
    public Precision Precision { get; set => field = value.Resolved(); } = Precision.Float32;

    /// <summary>Which instructions the table kernel uses; <see cref="KernelPath.Tensor"/> on devices other than the CPU.</summary>
    public KernelPath KernelPath { get; set; } = KernelPath.Auto;

    /// <summary>Terms of the error map in <see cref="LayerMode.Surrogate"/>; null for as many as leave out at most 1 % of its root
    /// mean square (<see cref="LowRankErrorTable.Residuals"/> tells what a rank leaves out).</summary>
    public int? SurrogateRank { get; set; }

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
    public AffineParameters WeightParameters => WeightsOnGrid().Parameters;

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
    internal Tensor ActivationCodes(Tensor input) => FakeQuantize.Codes(input, ActivationParameters);

    /// <summary>The operand codes of the weights, <c>[O, n]</c>.</summary>
    internal byte[] WeightCodes() => WeightsOnGrid().Codes;

    /// <summary>Computes the real units of one step of the integer sum, <c>s_x s_w</c>: one, or one for every channel.</summary>
    internal float[] OutputScale()
    {
        float activationScale = (float)ActivationParameters.Scale;
        return Array.ConvertAll(WeightsOnGrid().Scales, s => s * activationScale);
    }

    /// <summary>The exact operation of the layer.</summary>
    private protected abstract Tensor Exact(Tensor input, Tensor weight, Tensor? bias);

    /// <summary>The shape of the convolution that the layer computes for an input of this shape.</summary>
    internal abstract Conv2dShape ShapeFor(ReadOnlySpan<long> inputShape);

    private Tensor Compute(Tensor input)
    {
        var shape = ShapeFor(input.shape);
        if (Opcount == 0)
        {
            Opcount = shape.MultiplicationsPerSample;
        }

        if (Mode == LayerMode.Float)
        {
            return ExactInPrecision(input, weight);
        }

        if (training)
        {
            observer.Observe(input);
        }

        switch (Mode)
        {
            case LayerMode.Quantized:
                return Quantized(input);
            case LayerMode.Noise:
                return AddNoise(Quantized(input));
            case LayerMode.Approximate:
                return Approximate(input);
            case LayerMode.Surrogate:
                return Surrogate(input);
            default:
                throw new InvalidOperationException(
                    $"Layer '{Path}': found mode {Mode}, expected {string.Join(", ", Enum.GetNames<LayerMode>())}.");
        }
    }

    /// <summary>The exact layer on fake-quantised operands.</summary>
    private Tensor Quantized(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = ExactInPrecision(FakeQuantize.PerTensor(input, ActivationParameters), FakeQuantizedWeight());
        return output.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>The exact operation: in training in the layer's precision, also that of the output, else in float32.</summary>
    private Tensor ExactInPrecision(Tensor input, Tensor weight)
    {
        if (!training || Precision == Precision.Float32)
        {
            return Exact(input, weight, bias);
        }

        using var scope = NewDisposeScope();
        return Exact(input.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16), bias?.to(ScalarType.BFloat16)).MoveToOuterDisposeScope();
    }

    private Tensor FakeQuantizedWeight()
    {
        if (!_options.PerChannelWeights)
        {
            using var range = NewDisposeScope();
            var (least, greatest) = weight.detach().aminmax();
            var grid = AffineParameters.ForWeights(least.item<float>(), greatest.item<float>(), Scheme);
            return FakeQuantize.PerTensor(weight, grid).MoveToOuterDisposeScope();
        }

        using var scope = NewDisposeScope();
        var scales = weight.detach().flatten(1).abs().amax([1]).div_(127).clamp_(min: 1e-12f);
        return FakeQuantize.PerChannel(weight, scales).MoveToOuterDisposeScope();
    }
}
