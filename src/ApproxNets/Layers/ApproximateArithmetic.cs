// The flow of data, 3 of 8. The arithmetic of a layer (ApproxLayer.cs) whose products come from a multiplier's table (1), by the kernel
// (2).
using System.Runtime.InteropServices;
using ApproxNets.Foundation;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// Behavioural simulation: every product, those of padding included, comes from a multiplier's table. With the integer sums
/// <c>acc = sum_k m(x_k, w_k)</c> the output is <c>y = s_x s_w (acc - z_w sum_k (x_k - z_x) - z_x sum_k w_k) + b</c>; only the products are
/// approximate. With the exact table this equals the quantised layer up to float rounding. Without gradients all paths agree bit for bit.
/// The scale alpha of a tuned multiplier is part of dequantisation, <c>y = alpha s_x s_w acc + b</c>; since <c>alpha m(x, w)</c> stands
/// for <c>x w</c>, the straight-through gradient is that of <c>x w</c>, and the difference-based one that of <c>alpha m(x, w)</c>.
/// </summary>
/// <param name="multiplier">The multiplier.</param>
public sealed class ApproximateArithmetic(Multiplier multiplier) : Arithmetic
{
    private readonly DeviceTensor _products = new(() => tensor(multiplier.Products.ToArray()));
    private LowRankGradient? _gradientTerms;

    /// <inheritdoc/>
    public override Multiplier Multiplier => multiplier;

    /// <summary>Gradient of products. <see cref="GradientKind.Difference"/> takes as many separable terms of the error map as leave out
    /// at most 5 % of what it adds to the straight-through gradient, and runs on the CPU.</summary>
    public GradientKind Gradient { get; init; } = GradientKind.StraightThrough;

    /// <summary>Half window size of <see cref="GradientKind.Difference"/>, 0..<see cref="DifferenceGradient.MaxHalfWindow"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The window does not fit a table of 256 codes.</exception>
    public int HalfWindow
    {
        get;
        init
        {
            DifferenceGradient.Check(value);
            field = value;
        }
    } = 8;

    /// <summary>Which instructions the table kernel uses on the CPU. On other devices it is <see cref="KernelPath.Tensor"/> always.</summary>
    public KernelPath KernelPath { get; init; } = KernelPath.Auto;

    /// <summary>Share of the gradient tables' correction that may be left out; settable for tests.</summary>
    internal double GradientShare { get; init; } = 0.05;

    /// <inheritdoc/>
    public override Tensor Forward(ApproxLayer layer, Tensor input)
    {
        if (!is_grad_enabled())
        {
            return Simulate(layer, input, layer.ActivationCodes(input));
        }

        if (Gradient == GradientKind.Difference)
        {
            return WithDifferences(layer, input);
        }

        // In value the simulation, in gradient the exact quantised layer. On the CPU the simulation is written over the exact values:
        // nobody has read them, and no gradient depends on them.
        var exact = layer.Quantized(input);
        var codes = layer.ActivationCodes(input);
        if (!ByTensors(input))
        {
            using var values = exact.detach();
            if (values.is_contiguous())
            {
                SimulateOnCpu(layer, codes, values);
            }
            else
            {
                using var simulated = empty(exact.shape);
                SimulateOnCpu(layer, codes, simulated);
                values.copy_(simulated);
            }

            return exact;
        }

        Tensor difference;
        using (no_grad())
        {
            difference = Simulate(layer, input, codes).sub_(exact.detach());
        }

        return exact.Plus(difference);
    }

    private bool ByTensors(Tensor input) => input.device_type != DeviceType.CPU || KernelPath == KernelPath.Tensor;

    private Tensor WithDifferences(ApproxLayer layer, Tensor input)
    {
        if (input.device_type != DeviceType.CPU)
        {
            throw new NotSupportedException(
                $"Layer '{layer.Path}': found GradientKind.Difference on {input.device}, expected the CPU or GradientKind.StraightThrough.");
        }

        var terms = LazyInitializer.EnsureInitialized(
            ref _gradientTerms, () => LowRankGradient.Of(LowRankErrorTable.Of(multiplier), HalfWindow, GradientShare));
        var (activations, weights, codes) = (layer.ActivationParameters, layer.WeightsOnGrid(), layer.ActivationCodes(input));
        var operation = new DifferenceConv2d.Operation(
            terms, layer.ShapeFor(input.shape), activations, weights.Codes, weights.Parameters.ZeroCode, weights.Scales, layer.Weight.shape);
        return DifferenceConv2d.Run(
            FakeQuantize.PerTensor(input, activations), layer.FakeQuantizedWeight(), layer.Bias, codes, operation,
            () => Simulate(layer, input, codes));
    }

    private Tensor Simulate(ApproxLayer layer, Tensor input, Tensor codes)
    {
        if (ByTensors(input))
        {
            return SimulateByTensors(layer, codes);
        }

        var output = empty(layer.OutputShape(input));
        SimulateOnCpu(layer, codes, output);
        return output;
    }

    private void SimulateOnCpu(ApproxLayer layer, Tensor codes, Tensor output)
    {
        var (activations, weights, shape) = (layer.ActivationParameters, layer.WeightsOnGrid(), layer.ShapeFor(codes.shape));
        using var biases = layer.Bias?.detach().contiguous();
        int zw = weights.Parameters.ZeroPoint;

        // The kernel adds an offset per channel and -z_w sum_k xCode_k, where the formula has z_w sum_k (x_k - z_x) and z_x sum_k w_k.
        Span<int> offsets = zw == 0 && activations.ZeroPoint == 0 ? [] : new int[shape.OutChannels];
        for (int o = 0; o < offsets.Length; o++)
        {
            offsets[o] = (zw * shape.FanIn * activations.ZeroCode) - (activations.ZeroPoint * weights.Sums[o]);
        }

        var dequantization = new LutDequantization(
            OutputScale(layer), biases is null ? default : MemoryMarshal.Cast<byte, float>(biases.bytes), offsets, codeFactor: -zw);
        LutConv2d.Run(
            codes.bytes, weights.Codes, multiplier.Table, shape, activations.ZeroCode, dequantization,
            MemoryMarshal.Cast<byte, float>(output.bytes), KernelPath);
    }

    private Tensor SimulateByTensors(ApproxLayer layer, Tensor codes)
    {
        var (activations, weights, shape) = (layer.ActivationParameters, layer.WeightsOnGrid(), layer.ShapeFor(codes.shape));
        var device = codes.device;
        var wCodes = tensor(weights.Codes).view(shape.OutChannels, shape.FanIn).to(device);
        var sums = TensorLutConv2d.Run(codes, wCodes, _products.On(device), shape, activations.ZeroCode);
        using Scalar weightZero = weights.Parameters.ZeroPoint, activationZero = activations.ZeroPoint;
        if (weights.Parameters.ZeroPoint != 0)
        {
            sums.sub_(CodeSums(codes, activations, shape).mul_(weightZero));
        }

        if (activations.ZeroPoint != 0)
        {
            sums.sub_(tensor(weights.Sums).to(device).mul_(activationZero).view(1, -1, 1, 1));
        }

        var output = sums.to(ScalarType.Float32).mul_(tensor(OutputScale(layer)).to(device).view(1, -1, 1, 1));
        if (layer.Bias is not null)
        {
            output.PlusInPlace(layer.Bias.view(1, -1, 1, 1));
        }

        return output.view(layer.OutputShape(codes));
    }

    // Only signed multipliers have a scale, and their codes no zero points: all that is scaled are sums of products.
    private float[] OutputScale(ApproxLayer layer) =>
        multiplier.Scale == 1 ? layer.OutputScale() : Array.ConvertAll(layer.OutputScale(), s => (float)(s * multiplier.Scale));

    // sum_k (x_k - z_x) of every output position, int32: a convolution of the integers with ones. Exact in float32, since
    // sums stay below 255 x fan-in < 2^24 for any fan-in below 65,793, and Conv2dShape allows no more than 32,768.
    private static Tensor CodeSums(Tensor codes, AffineParameters activations, Conv2dShape shape)
    {
        using Scalar zero = activations.ZeroCode;
        var steps = codes.to(ScalarType.Float32).sub_(zero).view(shape.Batch, shape.InChannels, shape.Height, shape.Width);
        var kernel = ones(
            [shape.Groups, shape.InChannels / shape.Groups, shape.KernelHeight, shape.KernelWidth], device: codes.device);
        var sums = nn.functional.conv2d(
            steps, kernel, null,
            [shape.Stride.H, shape.Stride.W], [shape.Padding.H, shape.Padding.W], [shape.Dilation.H, shape.Dilation.W], shape.Groups);
        return sums.to(ScalarType.Int32).repeat_interleave(shape.OutChannels / shape.Groups, 1);
    }
}

/// <summary>Which gradient of a product <c>m(x, w)</c> retraining uses.</summary>
public enum GradientKind
{
    /// <summary>That of the exact product, <c>dm/dx = w</c> and <c>dm/dw = x</c>.</summary>
    StraightThrough,

    /// <summary>The slope of the smoothed product table: <see cref="DifferenceGradient"/>.</summary>
    Difference,
}
