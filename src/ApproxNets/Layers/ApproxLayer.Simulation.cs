using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <content>Behavioural simulation: from tensors to the kernels and back.</content>
public abstract partial class ApproxLayer
{
    private const double SurrogateResidual = 0.01;

    // Decomposing a table takes some ten milliseconds; layers share the result.
    private static readonly ConditionalWeakTable<Multiplier, LowRankErrorTable> LowRankTables = [];

    /// <summary>The weights on their grid; kept until the weights change, so that evaluation quantises them once.</summary>
    private QuantizedWeights WeightsOnGrid()
    {
        if (_weightsOnGrid?.IsOf(weight) != true)
        {
            _weightsOnGrid = QuantizedWeights.Of(weight, _options);
        }

        return _weightsOnGrid;
    }

    private Multiplier RequiredMultiplier() => Multiplier ?? throw new InvalidOperationException(
        $"Layer '{Path}': found no multiplier, expected one in LayerMode.{Mode}.");

    private Tensor Approximate(Tensor input)
    {
        var multiplier = RequiredMultiplier();
        using var scope = NewDisposeScope();
        bool onDevice = input.device_type != DeviceType.CPU || KernelPath == KernelPath.Tensor;
        if (!is_grad_enabled())
        {
            return (onDevice ? SimulateOnDevice(input, multiplier) : Simulate(input, multiplier, null)).MoveToOuterDisposeScope();
        }

        if (GradientKind == GradientKind.Difference)
        {
            return ApproximateWithDifferences(input, multiplier).MoveToOuterDisposeScope();
        }

        // In value the simulation, in gradient the exact quantised layer. On the CPU the simulation is written over the exact values:
        // nobody has read them, and no gradient depends on them.
        var exact = Quantized(input);
        if (!onDevice && exact.is_contiguous())
        {
            return Simulate(input, multiplier, exact).MoveToOuterDisposeScope();
        }

        using var gradients = no_grad();
        if (!onDevice)
        {
            exact.detach().copy_(Simulate(input, multiplier, null));
            return exact.MoveToOuterDisposeScope();
        }

        var simulated = SimulateOnDevice(input, multiplier);
        using var enabled = enable_grad();
        return exact.add(simulated.sub_(exact.detach())).MoveToOuterDisposeScope();
    }

    /// <summary>Simulates on the CPU, into the memory of <paramref name="output"/> where it is given.</summary>
    private Tensor Simulate(Tensor input, Multiplier multiplier, Tensor? output)
    {
        var activations = ActivationParameters;
        var weights = WeightsOnGrid();
        var shape = ShapeFor(input.shape);
        using var codes = FakeQuantize.Codes(input, activations);
        output ??= empty(OutputShape(input, shape));
        using var values = output.detach();
        using var biases = bias?.detach().contiguous();
        int channels = shape.OutChannels, zw = weights.Parameters.ZeroPoint;
        Span<int> offsets = zw == 0 && activations.ZeroPoint == 0 ? [] : new int[channels];
        for (int o = 0; o < offsets.Length; o++)
        {
            offsets[o] = (zw * shape.FanIn * activations.ZeroCode) - (activations.ZeroPoint * weights.Sums[o]);
        }

        var dequantization = new LutDequantization(
            OutputScale(), biases is null ? default : MemoryMarshal.Cast<byte, float>(biases.bytes), offsets, codeFactor: -zw);
        LutConv2d.Run(
            codes.bytes, weights.Codes, multiplier.Table, shape, activations.ZeroCode, dequantization,
            MemoryMarshal.Cast<byte, float>(values.bytes), KernelPath);
        return output;
    }

    /// <summary>Simulates in tensor operations on the device of the input.</summary>
    private Tensor SimulateOnDevice(Tensor input, Multiplier multiplier)
    {
        var activations = ActivationParameters;
        var weights = WeightsOnGrid();
        var shape = ShapeFor(input.shape);
        var device = input.device;
        var xCodes = FakeQuantize.Codes(input, activations);
        var wCodes = tensor(weights.Codes).view(shape.OutChannels, shape.FanIn).to(device);
        var sums = TensorLutConv2d.Run(
            xCodes, wCodes, tensor(multiplier.Products.ToArray()).to(device), shape, activations.ZeroCode);
        if (weights.Parameters.ZeroPoint != 0)
        {
            sums.sub_(CodeSums(xCodes, activations, shape).mul_(weights.Parameters.ZeroPoint));
        }

        if (activations.ZeroPoint != 0)
        {
            sums.sub_(tensor(weights.Sums).to(device).mul_(activations.ZeroPoint).view(1, -1, 1, 1));
        }

        var output = sums.to(ScalarType.Float32).mul_(tensor(OutputScale()).to(device).view(1, -1, 1, 1));
        if (bias is not null)
        {
            output.add_(bias.view(1, -1, 1, 1));
        }

        return output.view(OutputShape(input, shape));
    }

    private Tensor Surrogate(Tensor input)
    {
        using var scope = NewDisposeScope();
        var multiplier = RequiredMultiplier();
        var full = LowRankTables.GetValue(multiplier, static m => LowRankErrorTable.Of(m));
        var table = SurrogateRank is int rank ? full.Truncate(rank) : full.TruncateTo(SurrogateResidual);
        var activations = ActivationParameters;
        var shape = ShapeFor(input.shape);
        var output = SurrogateConv2d.Run(
            FakeQuantize.PerTensor(input, activations), FakeQuantizedWeight(), FakeQuantize.Codes(input, activations),
            tensor(WeightCodes()).view(shape.OutChannels, shape.FanIn).to(input.device), tensor(OutputScale()).to(input.device),
            table, shape, activations.ZeroCode);
        var biased = bias is null ? output : output.add(bias.view(1, -1, 1, 1));
        return biased.view(OutputShape(input, shape)).MoveToOuterDisposeScope();
    }

    private static long[] OutputShape(Tensor input, in Conv2dShape shape) => input.dim() == 4
        ? [shape.Batch, shape.OutChannels, shape.OutHeight, shape.OutWidth]
        : [shape.Batch, shape.OutChannels];

    // sum_k (x_k - z_x) of every output position, int32: a convolution of the integers with ones. Exact in float32, since
    // sums stay below 255 x fan-in < 2^24 for any fan-in below 65,793, and Conv2dShape allows no more than 32,768.
    private static Tensor CodeSums(Tensor codes, AffineParameters activations, Conv2dShape shape)
    {
        var steps = codes.to(ScalarType.Float32).sub_(activations.ZeroCode)
            .view(shape.Batch, shape.InChannels, shape.Height, shape.Width);
        var kernel = ones(
            [shape.Groups, shape.InChannels / shape.Groups, shape.KernelHeight, shape.KernelWidth], device: codes.device);
        var sums = nn.functional.conv2d(
            steps, kernel, null,
            [shape.Stride.H, shape.Stride.W], [shape.Padding.H, shape.Padding.W], [shape.Dilation.H, shape.Dilation.W], shape.Groups);
        return sums.to(ScalarType.Int32).repeat_interleave(shape.OutChannels / shape.Groups, 1);
    }
}
