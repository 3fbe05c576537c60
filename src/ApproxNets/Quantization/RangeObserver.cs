using TorchSharp;
using static TorchSharp.torch;

namespace ApproxNets.Quantization;

/// <summary>
/// Follows the range of a layer's input while it trains. The range is kept in two buffers, so checkpoints carry it.
/// </summary>
/// <remarks>
/// Moving average: <c>r += c (batch - r)</c>, the first batch as it is (Jacob et al., CVPR 2018, section 3.1).
/// Histogram: the same average over the batch's quantiles instead of its extremes, so that a few outliers do not cost
/// the whole tensor its resolution. Of large batches it counts the first images only, 2^18 values or so: counting all of them is slow.
/// </remarks>
public sealed class RangeObserver : nn.Module
{
    private const float Momentum = 0.05f;
    private const int Bins = 2048;
    private const long MostCounted = 1 << 18;

    private readonly Tensor least;
    private readonly Tensor greatest;
    private readonly ObserverKind _kind;
    private readonly double _quantile;

    /// <summary>Makes an observer that has seen nothing.</summary>
    /// <param name="kind">Extremes or quantiles of each batch.</param>
    /// <param name="quantile">Quantile of the histogram observer's upper end; as many values are left out below the lower
    /// end. 0.5..1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The kind is unknown or the quantile outside 0.5..1.</exception>
    public RangeObserver(ObserverKind kind = ObserverKind.MovingAverage, double quantile = 0.9999)
        : base(nameof(RangeObserver))
    {
        if (!Enum.IsDefined(kind))
        {
            throw new ArgumentOutOfRangeException(
                nameof(kind), $"Observer: found kind {kind}, expected {string.Join(" or ", Enum.GetNames<ObserverKind>())}.");
        }

        if (!(quantile is >= 0.5 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(quantile), $"Observer: found quantile {quantile}, expected 0.5..1.");
        }

        (_kind, _quantile) = (kind, quantile);
        least = tensor(float.NaN);
        greatest = tensor(float.NaN);
        register_buffer("least", least);
        register_buffer("greatest", greatest);
    }

    /// <summary>The range seen so far, or null before the first batch.</summary>
    public (double Least, double Greatest)? Range
    {
        get
        {
            float low = least.item<float>(), high = greatest.item<float>();
            return float.IsNaN(low) ? null : (low, high);
        }
    }

    /// <summary>Takes in one batch.</summary>
    /// <param name="input">float32, any shape, not empty.</param>
    /// <exception cref="ArithmeticException">The batch has a value that is not finite; the range stays as it was.</exception>
    public void Observe(Tensor input)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var (low, high) = BatchRange(input);
        if (!float.IsFinite(low) || !float.IsFinite(high))
        {
            // Averaged in, it would spoil the range for good.
            throw new ArithmeticException($"Observer: found a batch in the range {low}..{high}, expected finite numbers.");
        }

        if (Range is (double oldLow, double oldHigh))
        {
            low = (float)(oldLow + (Momentum * (low - oldLow)));
            high = (float)(oldHigh + (Momentum * (high - oldHigh)));
        }

        using Scalar newLow = low, newHigh = high;
        least.fill_(newLow);
        greatest.fill_(newHigh);
    }

    private (float Low, float High) BatchRange(Tensor input)
    {
        var (low, high) = Extremes(input);
        if (_kind == ObserverKind.Histogram && float.IsFinite(high - low) && input.numel() > MostCounted)
        {
            input = input.narrow(0, 0, Math.Max(1, input.shape[0] * MostCounted / input.numel()));
            (low, high) = Extremes(input);
        }

        if (_kind == ObserverKind.MovingAverage || low == high || !float.IsFinite(high - low))
        {
            return (low, high);
        }

        using Scalar origin = low, perBin = Bins / (high - low);
        long[] counts = input.detach().sub(origin).mul_(perBin).histc(Bins, 0, Bins).to(ScalarType.Int64).data<long>().ToArray();

        // In decimals: in doubles 1 - 0.9 is less than a tenth, and (1 - 0.9) * 1000 less than 100.
        long allowed = (long)((1 - (decimal)_quantile) * input.numel());
        int first = 0, last = Bins - 1;
        for (long below = counts[first]; below <= allowed && first < last; below += counts[first])
        {
            first++;
        }

        for (long above = counts[last]; above <= allowed && last > first; above += counts[last])
        {
            last--;
        }

        float width = (high - low) / Bins;
        return (low + (first * width), low + ((last + 1) * width));
    }

    private static (float Low, float High) Extremes(Tensor input)
    {
        var (min, max) = input.aminmax();
        return (min.item<float>(), max.item<float>());
    }
}

/// <summary>What an observer takes from each batch.</summary>
public enum ObserverKind
{
    /// <summary>Least and greatest value.</summary>
    MovingAverage,

    /// <summary>Quantiles, from a histogram of 2,048 bins.</summary>
    Histogram,
}
