// Rounding to a grid, y = s clamp(round(x / s), min, max), in one pass over memory. TorchSharp operations take four to
// seven passes, and the activations of a batch do not fit the caches. Rounds half to even, as torch does.
// Vectorised with Vector256 operations, which .NET maps to what the machine has; every path gives the same bits, since
// division, rounding, minimum, maximum and multiplication are exact or correctly rounded operations of IEEE 754.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ApproxNets.Foundation;

namespace ApproxNets.Quantization;

/// <summary>Element-wise passes over spans for fake quantisation and operand codes. Threads share the elements.</summary>
internal static unsafe class RoundingKernel
{
    private const int ChunkLength = 1 << 16;

    private enum Pass
    {
        Round,
        Mask,
        Codes,
    }

    /// <summary>Computes <c>y = s clamp(round(x / s), min, max)</c>.</summary>
    public static void Round(ReadOnlySpan<float> x, Span<float> y, float scale, float min, float max) =>
        InChunks(Pass.Round, x, y, new Grid(scale, min, max, 0));

    /// <summary>Computes the gradient of the clamp: <c>g</c> where <c>low &lt;= x &lt;= high</c>, 0 elsewhere; in place.</summary>
    public static void Mask(ReadOnlySpan<float> x, Span<float> gradient, float low, float high) =>
        InChunks(Pass.Mask, x, gradient, new Grid(1, low, high, 0));

    /// <summary>Computes operand codes <c>clamp(round(x / s), min, max) + shift</c>, which must fit 0..255.</summary>
    /// <returns>False if there is a NaN, which has no code.</returns>
    public static bool Codes(ReadOnlySpan<float> x, Span<byte> codes, float scale, float min, float max, float shift) =>
        InChunks(Pass.Codes, x, codes, new Grid(scale, min, max, shift));

    private static bool InChunks<T>(Pass pass, ReadOnlySpan<float> x, Span<T> y, Grid grid)
        where T : unmanaged
    {
        bool nan = false;
        fixed (float* from = x)
        fixed (T* to = y)
        {
            WorkTeam.Run(
                (x.Length + ChunkLength - 1) / ChunkLength, Environment.ProcessorCount,
                new Chunks(pass, from, to, x.Length, grid, &nan));
        }

        return !nan;
    }

    private static void RoundChunk(ReadOnlySpan<float> x, Span<float> y, in Grid grid)
    {
        ref float source = ref MemoryMarshal.GetReference(x), target = ref MemoryMarshal.GetReference(y);
        Vector256<float> s = Vector256.Create(grid.Scale), low = Vector256.Create(grid.Min), high = Vector256.Create(grid.Max);
        int i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            (Steps(ref source, i, s, low, high) * s).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            y[i] = Step(x[i], grid) * grid.Scale;
        }
    }

    private static void MaskChunk(ReadOnlySpan<float> x, Span<float> gradient, in Grid grid)
    {
        ref float source = ref MemoryMarshal.GetReference(x), target = ref MemoryMarshal.GetReference(gradient);
        Vector256<float> least = Vector256.Create(grid.Min), greatest = Vector256.Create(grid.Max);
        int i = 0;
        for (; i <= x.Length - 8; i += 8)
        {
            var value = Vector256.LoadUnsafe(ref source, (nuint)i);
            var inside = Vector256.GreaterThanOrEqual(value, least) & Vector256.LessThanOrEqual(value, greatest);
            (Vector256.LoadUnsafe(ref target, (nuint)i) & inside).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < x.Length; i++)
        {
            gradient[i] = x[i] >= grid.Min && x[i] <= grid.Max ? gradient[i] : 0;
        }
    }

    private static bool CodesChunk(ReadOnlySpan<float> x, Span<byte> codes, in Grid grid)
    {
        ref float source = ref MemoryMarshal.GetReference(x);
        ref byte target = ref MemoryMarshal.GetReference(codes);
        Vector256<float> s = Vector256.Create(grid.Scale), min = Vector256.Create(grid.Min), max = Vector256.Create(grid.Max);
        Vector256<float> shift = Vector256.Create(grid.Shift), sums = default;
        int i = 0;
        for (; i <= x.Length - 32; i += 32)
        {
            // Sums of steps are numbers unless a step is NaN: |step| <= 255.
            Vector256<float> a = Steps(ref source, i, s, min, max), b = Steps(ref source, i + 8, s, min, max);
            Vector256<float> c = Steps(ref source, i + 16, s, min, max), d = Steps(ref source, i + 24, s, min, max);
            sums += (a + b) + (c + d);
            var low = Vector256.Narrow(Vector256.ConvertToInt32(a + shift), Vector256.ConvertToInt32(b + shift));
            var high = Vector256.Narrow(Vector256.ConvertToInt32(c + shift), Vector256.ConvertToInt32(d + shift));
            Vector256.Narrow(low.AsUInt16(), high.AsUInt16()).StoreUnsafe(ref target, (nuint)i);
        }

        float sum = Vector256.Sum(sums);
        for (; i < x.Length; i++)
        {
            float step = Step(x[i], grid);
            sum += step;
            codes[i] = (byte)(int)(step + grid.Shift);
        }

        return !float.IsNaN(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Steps(ref float source, int at, Vector256<float> scale, Vector256<float> min, Vector256<float> max) =>
        Vector256.Min(Vector256.Max(Vector256.Round(Vector256.LoadUnsafe(ref source, (nuint)at) / scale), min), max);

    private static float Step(float x, in Grid grid) => MathF.Min(MathF.Max(MathF.Round(x / grid.Scale), grid.Min), grid.Max);

    private readonly record struct Grid(float Scale, float Min, float Max, float Shift);

    private readonly struct Chunks(Pass pass, float* from, void* to, int length, Grid grid, bool* nan) : IUnitWork
    {
        public void Run(int unit)
        {
            int start = unit * ChunkLength, count = Math.Min(ChunkLength, length - start);
            var x = new ReadOnlySpan<float>(from + start, count);
            switch (pass)
            {
                case Pass.Round:
                    RoundChunk(x, new Span<float>((float*)to + start, count), grid);
                    break;
                case Pass.Mask:
                    MaskChunk(x, new Span<float>((float*)to + start, count), grid);
                    break;
                default:
                    // Threads only ever write true.
                    if (!CodesChunk(x, new Span<byte>((byte*)to + start, count), grid))
                    {
                        *nan = true;
                    }

                    break;
            }
        }
    }
}
