using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <content>Difference-based gradients of approximate products.</content>
public abstract partial class ApproxLayer
{
    private const double GradientResidual = 0.05;

    private static readonly ConditionalWeakTable<Multiplier, ConcurrentDictionary<(int HalfWindow, double Share), LowRankGradient>>
        LowRankGradients = [];

    private int _halfWindow = 8;

    /// <summary>Gradient of products in <see cref="LayerMode.Approximate"/>. <see cref="GradientKind.Difference"/> takes as many separable
    /// terms of the error map as leave out at most 5 % of what it adds to the straight-through gradient, and runs on the CPU.</summary>
    public GradientKind GradientKind { get; set; } = GradientKind.StraightThrough;

    /// <summary>Half window size of <see cref="GradientKind.Difference"/>, 0..<see cref="DifferenceGradient.MaxHalfWindow"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The window does not fit a table of 256 codes.</exception>
    public int HalfWindow
    {
        get => _halfWindow;
        set
        {
            DifferenceGradient.Check(value);
            _halfWindow = value;
        }
    }

    /// <summary>Share of the gradient tables' correction that may be left out; settable for tests.</summary>
    internal double GradientShare { get; set; } = GradientResidual;

    private Tensor ApproximateWithDifferences(Tensor input, Multiplier multiplier)
    {
        if (input.device_type != DeviceType.CPU)
        {
            throw new NotSupportedException(
                $"Layer '{Path}': found GradientKind.Difference on {input.device}, expected the CPU or GradientKind.StraightThrough.");
        }

        using var scope = NewDisposeScope();
        var gradient = LowRankGradients.GetOrCreateValue(multiplier).GetOrAdd(
            (HalfWindow, GradientShare),
            key => LowRankGradient.Of(LowRankTables.GetValue(multiplier, static m => LowRankErrorTable.Of(m)), key.HalfWindow, key.Share));
        var activations = ActivationParameters;
        var weights = WeightsOnGrid();
        bool byTensor = KernelPath == Kernels.KernelPath.Tensor;
        var operation = new DifferenceConv2d.Operation(
            gradient, ShapeFor(input.shape), activations, weights.Codes, weights.Parameters.ZeroCode, weights.Scales, weight.shape);
        var output = DifferenceConv2d.Run(
            FakeQuantize.PerTensor(input, activations), FakeQuantizedWeight(), bias, FakeQuantize.Codes(input, activations), operation,
            () => byTensor ? SimulateOnDevice(input, multiplier) : Simulate(input, multiplier, null));
        return output.MoveToOuterDisposeScope();
    }
}
