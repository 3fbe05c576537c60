using System.Runtime.InteropServices;
using ApproxNets.Kernels;
using ApproxNets.Multipliers;
using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Benchmarks;

/// <summary>
/// Random operands of one layer and one signedness, and the calls on them. Its tensors belong to the dispose scope in which it is made.
/// </summary>
/// <remarks>
/// Signed: activations as after a ReLU, half of them zero (code 128), the others half-normal over codes 129..255; weights normal with
/// a standard deviation of 30 steps of 127 (21 to 38 in the layers of the shipped ResNet8). Unsigned: activations normal over
/// codes 0..255, weights as the signed ones, with zero points 118 and 131, so that the terms of both are in use.
/// </remarks>
internal sealed class LayerOperands
{
    private const float ActivationScale = 0.02f;
    private const float WeightScale = 0.004f;
    private const byte UnsignedActivationZero = 118;
    private const int UnsignedWeightZero = 131;

    // Steps of the outermost quantile, 2.89 standard deviations.
    private const double WeightQuantiles = 87;

    private readonly float[] _scale = [ActivationScale * WeightScale];
    private readonly LutTable _table;

    public LayerOperands(KernelLayer layer, Multiplier multiplier, LutTable table, int seed)
    {
        (Layer, Multiplier, _table) = (layer, multiplier, table);
        bool signed = multiplier.Signedness == Signedness.Signed;
        Conv2dShape s = layer.Shape;
        var random = new Random(seed);
        X = Codes(random, [s.Batch, s.InChannels, s.Height, s.Width], q => signed ? Math.Max(0, q) * 127 : 127.5 + (q * 127.5), signed);
        Weights = Codes(random, [s.OutChannels, s.FanIn], q => (signed ? 0 : UnsignedWeightZero) + (q * WeightQuantiles), signed);
        Bias = [.. Enumerable.Range(0, s.OutChannels).Select(_ => (random.NextSingle() * 2) - 1)];
        PadCode = signed ? (byte)128 : UnsignedActivationZero;

        // y = s_x s_w sum_k (m(x_k, w_k) - z_w x_k - z_x w_k + z_x z_w), as ApproxLayer has it.
        CodeFactor = signed ? 0 : -UnsignedWeightZero;
        byte[] weights = Weights.bytes.ToArray();
        Offset = signed ? [] :
        [
            .. weights.Chunk(s.FanIn).Select(
                row => UnsignedActivationZero * ((s.FanIn * UnsignedWeightZero) - row.Sum(code => code))),
        ];
    }

    public KernelLayer Layer { get; }

    public Multiplier Multiplier { get; }

    /// <summary>Activation codes, uint8 <c>[B, C, H, W]</c>.</summary>
    public Tensor X { get; }

    /// <summary>Weight codes, uint8 <c>[O, n]</c>.</summary>
    public Tensor Weights { get; }

    public float[] Bias { get; }

    public int[] Offset { get; }

    public int CodeFactor { get; }

    public byte PadCode { get; }

    public float Scale => _scale[0];

    /// <summary>The timed call: codes to real outputs, which it allocates and frees as <c>conv2d</c> does.</summary>
    public void Run(KernelPath path, int threads)
    {
        using var y = empty([Layer.Shape.OutputLength]);
        Outputs(MemoryMarshal.Cast<byte, float>(y.bytes), path, threads);
    }

    public void Outputs(Span<float> y, KernelPath path, int threads) => LutConv2d.Run(
        X.bytes, Weights.bytes, _table, Layer.Shape, PadCode, new LutDequantization(_scale, Bias, Offset, CodeFactor), y, path, threads);

    /// <summary>The integer sums of the first samples.</summary>
    public void Sums(int samples, Span<int> sums, KernelPath path, int threads) => LutConv2d.Run(
        First(samples), Weights.bytes, _table, Layer.Shape with { Batch = samples }, PadCode, sums, path, threads);

    /// <summary>The gather baseline's sums of the first samples.</summary>
    public void GatherSums(int samples, int[] table, Span<int> sums, int threads) => GatherConv2d.Run(
        First(samples), Weights.bytes, table, Layer.Shape with { Batch = samples }, PadCode, sums, threads);

    /// <summary>The timed call of the gather baseline on the first samples.</summary>
    public void RunGather(int samples, int[] table, int threads)
    {
        Conv2dShape shape = Layer.Shape with { Batch = samples };
        using var y = empty([shape.OutputLength]);
        GatherConv2d.Run(
            First(samples), Weights.bytes, table, shape, PadCode, Scale, Bias, MemoryMarshal.Cast<byte, float>(y.bytes), threads);
    }

    /// <summary>Activations and weights in float32 for TorchSharp's own layer; signed operands only.</summary>
    public (Tensor X, Tensor Weights, Tensor Bias) Floats()
    {
        Conv2dShape s = Layer.Shape;
        using Scalar zero = 128, step = ActivationScale, weightStep = WeightScale;
        var x = X.to(ScalarType.Float32).sub_(zero).mul_(step);
        var weights = Weights.to(ScalarType.Float32).sub_(zero).mul_(weightStep);
        return Layer.IsFullyConnected
            ? (x.view(s.Batch, s.InChannels), weights, tensor(Bias))
            : (x, weights.view(s.OutChannels, s.InChannels / s.Groups, s.KernelHeight, s.KernelWidth), tensor(Bias));
    }

    private ReadOnlySpan<byte> First(int samples) => X.bytes[..(Layer.Shape.InputLength / Layer.Shape.Batch * samples)];

    // A random byte chooses one of 256 quantiles of the normal distribution, scaled so that the outermost are -1 and 1.
    private static Tensor Codes(Random random, long[] shape, Func<double, double> value, bool signed)
    {
        var codes = empty(shape, ScalarType.Byte);
        Span<byte> bytes = codes.bytes;
        random.NextBytes(bytes);
        double most = MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, 255.5 / 256);
        byte[] quantiles =
        [
            .. Enumerable.Range(0, 256).Select(i => (byte)Math.Round(
                value(MathNet.Numerics.Distributions.Normal.InvCDF(0, 1, (i + 0.5) / 256) / most) + (signed ? 128 : 0))),
        ];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = quantiles[bytes[i]];
        }

        return codes;
    }
}
