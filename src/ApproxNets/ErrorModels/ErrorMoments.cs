using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ApproxNets.Multipliers;

namespace ApproxNets.ErrorModels;

/// <summary>
/// First and second moment of the error of one product, given the activation and averaged over the weights:
/// <c>r(x) = sum_w p_w E(x, w)</c> and <c>q(x) = sum_w p_w E(x, w)^2</c>, with <c>E = alpha m(x, w) - x w</c> for a tuned multiplier
/// (<see cref="Multiplier.Scale"/>).
/// </summary>
internal static class ErrorMoments
{
    /// <summary>The plain loop: the reference of <see cref="GivenActivations"/>.</summary>
    public static (double[] First, double[] Second) GivenActivation(Multiplier multiplier, double[] weightDistribution)
    {
        double[] errors = multiplier.ScaledErrors();
        var first = new double[Multiplier.Codes];
        var second = new double[Multiplier.Codes];
        for (int x = 0; x < Multiplier.Codes; x++)
        {
            var row = errors.AsSpan(x * Multiplier.Codes, Multiplier.Codes);
            for (int w = 0; w < row.Length; w++)
            {
                double weighted = weightDistribution[w] * row[w];
                first[x] += weighted;
                second[x] += weighted * row[w];
            }
        }

        return (first, second);
    }

    /// <summary>
    /// The same for the activation codes that occur, entry i at <c>i * stride</c>. Eight weights at a time, in double precision, without
    /// fused operations and in a fixed order: the same bits on every processor.
    /// </summary>
    public static void GivenActivations(
        Multiplier multiplier, ReadOnlySpan<double> weightDistribution, ReadOnlySpan<byte> activationCodes,
        Span<double> first, Span<double> second, int stride)
    {
        ReadOnlySpan<int> products = multiplier.Products.Span;
        Vector256<double> scale = Vector256.Create(multiplier.Scale);
        ref double weights = ref MemoryMarshal.GetReference(weightDistribution);
        Vector256<int> least = Vector256.Create(multiplier.MinOperand) + Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7);
        for (int i = 0; i < activationCodes.Length; i++)
        {
            ref int row = ref MemoryMarshal.GetReference(products.Slice(activationCodes[i] * Multiplier.Codes, Multiplier.Codes));

            // Exact products of the eight weights; the next eight are greater by 8 x.
            int x = activationCodes[i] + multiplier.MinOperand;
            Vector256<int> exact = least * x, step = Vector256.Create(8 * x);
            Vector256<double> firstLow = default, firstHigh = default, secondLow = default, secondHigh = default;
            for (nuint w = 0; w < Multiplier.Codes; w += 8)
            {
                Vector256<int> found = Vector256.LoadUnsafe(ref row, w);
                Vector256<double> low = Error(Vector256.WidenLower(found), Vector256.WidenLower(exact), scale);
                Vector256<double> high = Error(Vector256.WidenUpper(found), Vector256.WidenUpper(exact), scale);
                exact += step;
                Vector256<double> weightedLow = low * Vector256.LoadUnsafe(ref weights, w);
                Vector256<double> weightedHigh = high * Vector256.LoadUnsafe(ref weights, w + 4);
                firstLow += weightedLow;
                firstHigh += weightedHigh;
                secondLow += weightedLow * low;
                secondHigh += weightedHigh * high;
            }

            first[i * stride] = Sum(firstLow + firstHigh);
            second[i * stride] = Sum(secondLow + secondHigh);
        }
    }

    /// <summary><c>scale found - exact</c>; exact, too, where the scale is 1 and both are integers of 32 bits.</summary>
    public static Vector256<double> Error(Vector256<long> found, Vector256<long> exact, Vector256<double> scale) =>
        (Vector256.ConvertToDouble(found) * scale) - Vector256.ConvertToDouble(exact);

    /// <summary>The sum of the lanes in an order of its own: that of <see cref="Vector256.Sum"/> may depend on the processor.</summary>
    public static double Sum(Vector256<double> lanes) =>
        lanes.GetElement(0) + lanes.GetElement(1) + (lanes.GetElement(2) + lanes.GetElement(3));
}
