using ApproxNets.Foundation;
using ApproxNets.Multipliers;
using ApproxNets.Quantization;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// As <see cref="ApproximateArithmetic"/>, with the error of the products taken from a low-rank approximation of the table, in float tensor
/// operations for any device (<see cref="SurrogateConv2d"/>). Not bit-exact: for exploration.
/// </summary>
public sealed class SurrogateArithmetic : Arithmetic
{
    private const double Residual = 0.01;

    private readonly LowRankErrorTable _table;
    private readonly DeviceTensor _u;
    private readonly DeviceTensor _v;

    /// <summary>Decomposes the multiplier's error map, which takes some ten milliseconds.</summary>
    /// <param name="multiplier">The multiplier.</param>
    /// <param name="rank">Terms of the error map; null for as many as leave out at most 1 % of its root mean square
    /// (<see cref="LowRankErrorTable.Residuals"/> tells what a rank leaves out).</param>
    /// <exception cref="ArgumentOutOfRangeException">The error map has no such rank.</exception>
    public SurrogateArithmetic(Multiplier multiplier, int? rank = null)
    {
        var full = LowRankErrorTable.Of(multiplier);
        _table = rank is int terms ? full.Truncate(terms) : full.TruncateTo(Residual);
        _u = new DeviceTensor(() => SurrogateConv2d.Terms(_table.U, _table.Rank));
        _v = new DeviceTensor(() => SurrogateConv2d.Terms(_table.V, _table.Rank));
    }

    /// <inheritdoc/>
    public override Multiplier Multiplier => _table.Multiplier;

    /// <inheritdoc/>
    public override Tensor Forward(ApproxLayer layer, Tensor input)
    {
        var (activations, shape, device) = (layer.ActivationParameters, layer.ShapeFor(input.shape), input.device);
        var output = SurrogateConv2d.Run(
            FakeQuantize.PerTensor(input, activations), layer.FakeQuantizedWeight(), layer.ActivationCodes(input),
            tensor(layer.WeightCodes()).view(shape.OutChannels, shape.FanIn).to(device), tensor(layer.OutputScale()).to(device),
            _u.On(device), _v.On(device), shape, activations.ZeroCode);
        var biased = layer.Bias is null ? output : output.Plus(layer.Bias.view(1, -1, 1, 1));
        return biased.view(layer.OutputShape(input));
    }
}
