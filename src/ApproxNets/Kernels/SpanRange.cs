using System.Numerics;

namespace ApproxNets.Kernels;

/// <summary>Least and greatest element of a span, by vectors of whatever width the machine has.</summary>
internal static class SpanRange
{
    /// <summary>Computes the least and the greatest element of a span that is not empty.</summary>
    public static (T Least, T Greatest) Of<T>(ReadOnlySpan<T> values)
        where T : struct, INumber<T>
    {
        T least = values[0], greatest = values[0];
        int i = 0;
        if (values.Length >= Vector<T>.Count)
        {
            Vector<T> low = new(values), high = low;
            for (; i <= values.Length - Vector<T>.Count; i += Vector<T>.Count)
            {
                var next = new Vector<T>(values[i..]);
                low = Vector.Min(low, next);
                high = Vector.Max(high, next);
            }

            for (int lane = 0; lane < Vector<T>.Count; lane++)
            {
                least = T.Min(least, low[lane]);
                greatest = T.Max(greatest, high[lane]);
            }
        }

        for (; i < values.Length; i++)
        {
            least = T.Min(least, values[i]);
            greatest = T.Max(greatest, values[i]);
        }

        return (least, greatest);
    }
}
