// Rounding to a grid, y = s clamp(round(x / s), min, max), in one pass over memory: as TorchSharp operations it takes
// four to seven, and the activations of a batch do not fit the caches. Rounds half to even, as torch does.
// Vectorised with Vector256 operations, which .NET maps to what the machine has; every path gives the same bits, since
// division, rounding, minimum, maximum and multiplication are exact or correctly rounded operations of IEEE 754.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ApproxNets.Quantization;

/// <summary>Element-wise passes over spans for fake quantisation and operand codes. Threads share the elements.</summary>
internal static unsafe class RoundingKernel
{
    private const int ChunkLength = 1 << 16;

    /// <summary>Computes <c>y = s clamp(round(x / s), min, max)</c>.</summary>
    public static void Round(ReadOnlySpan<float> x, Span<float> y, float scale, float min, float max) =>
        InChunks(x, y, (from, to, start, count) => RoundChunk(
            new ReadOnlySpan<float>((float*)from + start, count),
            new Span<float>((float*)to + start, count), scale, min, max));

    /// <summary>Computes the gradient of the clamp: <c>g</c> where <c>low &lt;= x &lt;= high</c>, 0 elsewhere; in place.</summary>
    public static void Mask(ReadOnlySpan<float> x, Span<float> gradient, float low, float high) =>
        InChunks(x, gradient, (from, to, start, count) => MaskChunk(
            new ReadOnlySpan<float>((float*)from + start, count),
            new Span<float>((float*)to + start, count), low, high));

    /// <summary>Computes operand codes <c>round(x / s) + shift</c> of values on a grid; the result must fit 0..255.</summary>
    public static void Codes(ReadOnlySpan<float> x, Span<byte> codes, float scale, float shift) =>
        InChunks(x, codes, (from, to, start, count) => CodesChunk(
            new ReadOnlySpan<float>((float*)from + start, count),
            new Span<byte>((byte*)to + start, count), scale, shift));

    private static void InChunks<T>(ReadOnlySpan<float> x, Span<T> y, Action<nint, nint, int, int> chunk)
        where T : unmanaged
    {
        int length = x.Length;
        fixed (float* from = x)
        fixed (T* to = y)
        {
            nint source = (nint)from, target = (nint)to;
            if (length <= ChunkLength)
            {
                chunk(source, target, 0, length);
                return;
            }

            Parallel.For(0, (length + ChunkLength - 1) / ChunkLength, i =>
                chunk(source, target, i * ChunkLength, Math.Min(ChunkLength, length - (i * ChunkLength))));
        }
    }

    private static void RoundChunk(ReadOnlySpan<float> x, Span<float> y, float scale, float min, float max)
    {
        ref float source = ref MemoryMarshal.GetReference(x), target = ref MemoryMarshal.GetReference(y);
        Vector256<float> s = Vector256.Create(scale), low = Vector256.Create(min), high = Vector256.Create(max);
        int i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            var rounded = Vector256.Round(Vector256.LoadUnsafe(ref source, (nuint)i) / s);
            (Vector256.Min(Vector256.Max(rounded, low), high) * s).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            y[i] = MathF.Min(MathF.Max(MathF.Round(x[i] / scale), min), max) * scale;
        }
    }

    private static void MaskChunk(ReadOnlySpan<float> x, Span<float> gradient, float low, float high)
    {
        ref float source = ref MemoryMarshal.GetReference(x), target = ref MemoryMarshal.GetReference(gradient);
        Vector256<float> least = Vector256.Create(low), greatest = Vector256.Create(high);
        int i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            var value = Vector256.LoadUnsafe(ref source, (nuint)i);
            var inside = Vector256.GreaterThanOrEqual(value, least) & Vector256.LessThanOrEqual(value, greatest);
            (Vector256.LoadUnsafe(ref target, (nuint)i) & inside).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            gradient[i] = x[i] >= low && x[i] <= high ? gradient[i] : 0;
        }
    }

    private static void CodesChunk(ReadOnlySpan<float> x, Span<byte> codes, float scale, float shift)
    {
        ref float source = ref MemoryMarshal.GetReference(x);
        ref byte target = ref MemoryMarshal.GetReference(codes);
        Vector256<float> s = Vector256.Create(scale), offset = Vector256.Create(shift);
        int i = 0;
        for (; i <= x.Length - 32; i += 32)
        {
            var low = Vector256.Narrow(Integers(ref source, i, s, offset), Integers(ref source, i + 8, s, offset));
            var high = Vector256.Narrow(Integers(ref source, i + 16, s, offset), Integers(ref source, i + 24, s, offset));
            Vector256.Narrow(low.AsUInt16(), high.AsUInt16()).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            codes[i] = (byte)(int)(MathF.Round(x[i] / scale) + shift);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Integers(ref float source, int at, Vector256<float> scale, Vector256<float> shift) =>
        Vector256.ConvertToInt32(Vector256.Round(Vector256.LoadUnsafe(ref source, (nuint)at) / scale) + shift);
}
