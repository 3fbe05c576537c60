using System.Runtime.Intrinsics;

namespace ApproxNets.Kernels;

/// <summary>Sum of a span of bytes.</summary>
internal static class SpanSum
{
    /// <summary>Computes the sum; exact for up to 2^23 bytes.</summary>
    public static int Of(ReadOnlySpan<byte> values)
    {
        int sum = 0, i = 0;
        Vector128<uint> sums = default;
        while (i <= values.Length - 16)
        {
            // 16 bits hold 257 bytes, and a lane takes two of each vector: 128 vectors.
            Vector128<ushort> part = default;
            for (int end = Math.Min(i + (128 * 16), values.Length - 15); i < end; i += 16)
            {
                (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Create(values.Slice(i, 16)));
                part += low + high;
            }

            (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(part);
            sums += lower + upper;
        }

        for (; i < values.Length; i++)
        {
            sum += values[i];
        }

        return sum + (int)Vector128.Sum(sums);
    }
}
