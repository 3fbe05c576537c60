// The flow of data, 3 of 8. A layer of the network: weights, ranges and the arithmetic that it computes in. ApproximateArithmetic runs
// the kernel (2), QuantizedArithmetic multiplies exactly, NoiseArithmetic adds the noise of the search (4). ApproxModel makes a network
// of such layers.
using ApproxNets.Foundation;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ApproxNets.Layers;

/// <summary>
/// A convolution or fully connected layer that computes in the <see cref="Arithmetic"/> it holds: float, quantised, with noise, or with an
/// approximate multiplier. It owns weights, bias, noise scale and the range of its inputs, and offers every arithmetic what it needs:
/// operand codes, grids, and the exact operation.
/// </summary>
public abstract class ApproxLayer : Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter sigma;
    private Parameter?[] _biases;
    private readonly RangeObserver observer;
    private readonly QuantizationOptions _options;
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
        _biases = [bias];
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

    /// <summary>How the layer computes its output; in float at first.</summary>
    /// <exception cref="ArgumentException">The arithmetic's multiplier is of the other signedness.</exception>
    public Arithmetic Arithmetic
    {
        get;
        set => field = value.Multiplier is not { } multiplier || multiplier.Signedness == Scheme
            ? value
            : throw new ArgumentException(
                $"Layer '{Path}': found {multiplier.Signedness} multiplier '{multiplier.Name}', expected a {Scheme} one.");
    } = new FloatArithmetic();

    /// <summary>How the layer is quantised.</summary>
    internal QuantizationOptions Options => _options;

    /// <summary>Signed or unsigned operand codes.</summary>
    public Signedness Scheme => _options.Scheme;

    /// <summary>Weights, float32 <c>[O, C / groups, kh, kw]</c> or <c>[O, C]</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>Bias, float32 <c>[O]</c>, or null.</summary>
    public Parameter? Bias => _biases[ActiveBias];

    /// <summary>Number of biases: one, or one per operating point.</summary>
    internal int Biases => _biases.Length;

    /// <summary>Index of the bias in use.</summary>
    internal int ActiveBias { get; set; }

    /// <summary>The noise scale sigma_l, float32 scalar, learnable; only its absolute value counts.</summary>
    public Parameter Sigma => sigma;

    /// <summary>Opcount c_l: multiplications for one sample; known after the first forward pass.</summary>
    public long Opcount { get; private set; }

    /// <summary>Fan-in n_l: products summed into one output.</summary>
    public int FanIn => (int)weight.shape.Skip(1).Aggregate(1L, (product, size) => product * size);

    /// <summary>Number format of the layer's convolution or matrix product in training.</summary>
    public Precision Precision { get; set => field = value.Resolved(); } = Precision.Float32;

    /// <summary>Called with input and output of every forward pass while set; for sampling operands and outputs.</summary>
    internal Action<Tensor, Tensor>? Listener { get; set; }

    /// <summary>The grid of activations, from the range observed in training.</summary>
    /// <exception cref="InvalidOperationException">Nothing was observed yet.</exception>
    public AffineParameters ActivationParameters => observer.Range is (double least, double greatest)
        ? AffineParameters.ForActivations(least, greatest, Scheme)
        : throw new InvalidOperationException(
            $"Layer '{Path}': found no observed activation range; run it in training mode with a QuantizedArithmetic first.");

    /// <summary>The grid of weights, from the current weights. With per-channel scales: that of the widest channel.</summary>
    public AffineParameters WeightParameters => WeightsOnGrid().Parameters;

    /// <summary>Computes the layer's output in its arithmetic. In training every arithmetic but float takes in the input's range first.</summary>
    /// <param name="input">float32 <c>[B, C, H, W]</c> or <c>[B, C]</c>.</param>
    /// <returns>float32 <c>[B, O, OutH, OutW]</c> or <c>[B, O]</c>.</returns>
    /// <exception cref="ArgumentException">The input has another shape.</exception>
    /// <exception cref="ArithmeticException">The input is not finite in training, or NaN where operand codes are needed.</exception>
    /// <exception cref="InvalidOperationException">No range was observed.</exception>
    public sealed override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var shape = ShapeFor(input.shape);
        if (Opcount == 0)
        {
            Opcount = shape.MultiplicationsPerSample;
        }

        if (training && Arithmetic is not FloatArithmetic)
        {
            observer.Observe(input);
        }

        var output = Arithmetic.Forward(this, input);
        Listener?.Invoke(input, output);
        return output.MoveToOuterDisposeScope();
    }

    /// <summary>Computes the exact operation: in training in the layer's precision, also that of the output, else in float32.</summary>
    /// <param name="input">float32 <c>[B, C, H, W]</c> or <c>[B, C]</c>.</param>
    /// <param name="weight">float32, of the shape of <see cref="Weight"/>.</param>
    public Tensor Exact(Tensor input, Tensor weight)
    {
        if (!training || Precision == Precision.Float32)
        {
            return Operation(input, weight, Bias);
        }

        using var scope = NewDisposeScope();
        return Operation(input.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16), Bias?.to(ScalarType.BFloat16))
            .MoveToOuterDisposeScope();
    }

    /// <summary>Computes the exact operation on fake-quantised operands, float32.</summary>
    /// <param name="input">float32 <c>[B, C, H, W]</c> or <c>[B, C]</c>.</param>
    public Tensor Quantized(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = Exact(FakeQuantize.PerTensor(input, ActivationParameters), FakeQuantizedWeight());
        return output.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Computes the operand codes of an input: uint8, in the shape of <paramref name="input"/>.</summary>
    /// <param name="input">float32, an input of this layer.</param>
    /// <exception cref="ArithmeticException">A value is NaN, which has no code.</exception>
    public Tensor ActivationCodes(Tensor input) => FakeQuantize.Codes(input, ActivationParameters);

    /// <summary>The operand codes of the weights, <c>[O, n]</c>.</summary>
    public byte[] WeightCodes() => WeightsOnGrid().Codes;

    /// <summary>Computes the real units of one step of the integer sum, <c>s_x s_w</c>: one, or one for every channel.</summary>
    public float[] OutputScale()
    {
        float activationScale = (float)ActivationParameters.Scale;
        return Array.ConvertAll(WeightsOnGrid().Scales, s => s * activationScale);
    }

    /// <summary>Gives every operating point a bias of its own: copies of the layer's, zeros where it has none. The first stays
    /// <c>bias</c>, the others are <c>bias1</c>, <c>bias2</c>, ...</summary>
    internal void GiveBiases(int points)
    {
        using var gradients = no_grad();
        var source = Bias;
        _biases =
        [
            .. Enumerable.Range(0, points).Select(i =>
            {
                if (i == 0 && source is not null)
                {
                    return source;
                }

                var own = new Parameter(source is null ? zeros(weight.shape[0]) : source.detach().clone(), source?.requires_grad ?? true);
                register_parameter(i == 0 ? "bias" : $"bias{i}", own);
                return own;
            }),
        ];
    }

    /// <summary>The weights on their grid; kept until the weights change, so that evaluation quantises them once.</summary>
    internal QuantizedWeights WeightsOnGrid()
    {
        if (_weightsOnGrid?.IsOf(weight) != true)
        {
            _weightsOnGrid = QuantizedWeights.Of(weight, _options);
        }

        return _weightsOnGrid;
    }

    /// <summary>The weights rounded to their grid. The grid is made from the weights, so it clips none of them, and the gradient passes to
    /// all: a mask would stop that of the extremes wherever rounding puts the ends of the grid just inside them.</summary>
    internal Tensor FakeQuantizedWeight()
    {
        using var scope = NewDisposeScope();
        var values = weight.detach();
        Tensor onGrid;
        if (_options.PerChannelWeights)
        {
            using Scalar steps = 127, tiny = 1e-12f;
            onGrid = FakeQuantize.PerChannel(values, values.flatten(1).abs().amax([1]).div_(steps).clamp_(min: tiny));
        }
        else
        {
            var (least, greatest) = values.aminmax();
            onGrid = FakeQuantize.PerTensor(values, AffineParameters.ForWeights(least.item<float>(), greatest.item<float>(), Scheme));
        }

        var rounded = is_grad_enabled() && weight.requires_grad ? weight.Plus(onGrid.sub_(values)) : onGrid;
        return rounded.MoveToOuterDisposeScope();
    }

    /// <summary>The exact operation of the layer.</summary>
    private protected abstract Tensor Operation(Tensor input, Tensor weight, Tensor? bias);

    /// <summary>The shape of the convolution that the layer computes for an input of this shape.</summary>
    internal abstract Conv2dShape ShapeFor(ReadOnlySpan<long> inputShape);

    /// <summary>The shape of the output for an input.</summary>
    internal long[] OutputShape(Tensor input)
    {
        var shape = ShapeFor(input.shape);
        return input.dim() == 4 ? [shape.Batch, shape.OutChannels, shape.OutHeight, shape.OutWidth] : [shape.Batch, shape.OutChannels];
    }
}
