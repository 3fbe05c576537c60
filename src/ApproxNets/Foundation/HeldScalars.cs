using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Foundation;

/// <summary>
/// Sums, products and quotients of tensors that are safe while other threads collect garbage. TorchSharp turns a C# number into a
/// <see cref="Scalar"/> that owns native memory, and hands only its address on: a collection during the native call may free it ("Unknown
/// scalar type"). Its own <c>add(Tensor)</c> does so, too, with the factor 1. Here every Scalar is held until the call has returned.
/// </summary>
internal static class HeldScalars
{
    private static readonly Scalar One = 1;

    /// <summary>Computes <c>left + right</c>.</summary>
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, One);

    /// <summary>Adds a tensor in place.</summary>
    public static Tensor PlusInPlace(this Tensor left, Tensor right) => left.add_(right, One);

    /// <summary>Computes <c>left + factor right</c>.</summary>
    public static Tensor Plus(this Tensor left, Tensor right, double factor)
    {
        using Scalar held = factor;
        return left.add(right, held);
    }

    /// <summary>Adds <c>factor right</c> in place.</summary>
    public static Tensor PlusInPlace(this Tensor left, Tensor right, double factor)
    {
        using Scalar held = factor;
        return left.add_(right, held);
    }

    /// <summary>Computes <c>left factor</c>.</summary>
    public static Tensor Times(this Tensor left, double factor)
    {
        using Scalar held = factor;
        return left.mul(held);
    }

    /// <summary>Multiplies by a number in place.</summary>
    public static Tensor TimesInPlace(this Tensor left, double factor)
    {
        using Scalar held = factor;
        return left.mul_(held);
    }

    /// <summary>Computes <c>left / divisor</c>.</summary>
    public static Tensor Over(this Tensor left, double divisor)
    {
        using Scalar held = divisor;
        return left.div(held);
    }
}
