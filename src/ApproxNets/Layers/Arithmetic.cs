using ApproxNets.Multipliers;
using static TorchSharp.torch;

namespace ApproxNets.Layers;

/// <summary>
/// How an <see cref="ApproxLayer"/> computes its output. A layer holds one arithmetic; its weights, bias, noise scale and ranges are the
/// same in all of them. Arithmetics do not change once made, keep what they prepare, and may be shared between layers.
/// </summary>
public abstract class Arithmetic
{
    /// <summary>The multiplier whose products enter the output; null where products are exact.</summary>
    public virtual Multiplier? Multiplier => null;

    /// <summary>Computes the layer's output.</summary>
    /// <param name="layer">Gives weights, bias, codes and grids.</param>
    /// <param name="input">float32 <c>[B, C, H, W]</c> or <c>[B, C]</c>.</param>
    /// <returns>float32 <c>[B, O, OutH, OutW]</c> or <c>[B, O]</c>. The layer frees all other tensors made on the way.</returns>
    /// <exception cref="InvalidOperationException">The arithmetic needs the range of activations, and none was observed.</exception>
    public abstract Tensor Forward(ApproxLayer layer, Tensor input);
}

/// <summary>The float layer, not quantised; observes no ranges.</summary>
public sealed class FloatArithmetic : Arithmetic
{
    /// <inheritdoc/>
    public override Tensor Forward(ApproxLayer layer, Tensor input) => layer.Exact(input, layer.Weight);
}

/// <summary>
/// The layer with 8-bit operands and exact products: <c>y = conv(fq(x), fq(w)) + b</c> with fake quantisation <c>fq</c> and
/// straight-through gradients.
/// </summary>
public sealed class QuantizedArithmetic : Arithmetic
{
    /// <inheritdoc/>
    public override Tensor Forward(ApproxLayer layer, Tensor input) => layer.Quantized(input);
}

/// <summary>A constant tensor that is copied to every device once, when it is first used there.</summary>
internal sealed class DeviceTensor(Func<Tensor> make)
{
    private readonly Dictionary<string, Tensor> _copies = [];

    /// <summary>The copy on a device.</summary>
    public Tensor On(Device device)
    {
        lock (_copies)
        {
            string name = device.ToString();
            if (!_copies.TryGetValue(name, out var copy))
            {
                using var scope = NewDisposeScope();
                _copies.Add(name, copy = make().to(device).DetachFromDisposeScope());
            }

            return copy;
        }
    }
}
