// Gaussian noise as a function of a seed and an element's index: nothing is stored, so a backward pass draws the noise anew,
// and neither chunks nor threads can change it.
//
// 1. A counter-based generator. The seed becomes eight 32-bit keys (SplitMix64). Pair number j of the tensor becomes two words by
//    two keyed permutations of 32 bits: the xorshift-multiply rounds of "triple32" (C. Wellons, hash-prospector, 2018) with a key
//    mixed in before each of its three rounds and at the end. A key that were only added to the counter would make the noise of one seed
//    a shifted copy of another's. Not for cryptography. A tensor has at most 2^31 elements, so no counter occurs twice.
// 2. Box and Muller (1958): a uniform u in (0, 1] of 31 bits and an angle a of 32 give r cos a and r sin a, r = sqrt(-2 ln u).
//    So no value exceeds 6.66. Sine and cosine: the angle is an integer, hence reducing it to an eighth of a turn is exact, and
//    Taylor's series to the 9th and 10th power leaves 2e-9 there.
// 3. Eight pairs make a block of 16 elements: first the eight cosines, then the eight sines. A last block that is not full is computed
//    in full, so every element comes from the same instructions.
//
// About 60 vector operations for 16 elements: faster than an inverse distribution function, which needs a logarithm for each element
// and not for each pair. The last bits may differ between machines with and without fused multiply-add.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ApproxNets.Foundation;

namespace ApproxNets.Layers;

/// <summary>Passes over spans with standard normal noise <c>eps_i</c> given by a seed. Threads share the elements; sums are added up in
/// the order of the chunks, so no result depends on threads.</summary>
internal static unsafe class GaussianNoise
{
    private const int BlockLength = 16;
    private const int ChunkLength = 1 << 14;

    private enum Pass
    {
        Add,
        Dot,
        Moments,
    }

    /// <summary>Computes <c>target_i = source_i + scale eps_i</c>.</summary>
    public static void Add(ReadOnlySpan<float> source, Span<float> target, float scale, long seed)
    {
        fixed (float* from = source)
        fixed (float* to = target)
        {
            InChunks(new Chunks(Pass.Add, from, to, null, source.Length, scale, new Keys(seed)), source.Length);
        }
    }

    /// <summary>Computes <c>sum_i values_i eps_i</c>, in double precision.</summary>
    public static double Dot(ReadOnlySpan<float> values, long seed) => Sums(Pass.Dot, values, seed)[0];

    /// <summary>Computes the standard deviation of all values, <c>sqrt(sum (v - mean)^2 / (n - 1))</c>, in double precision and one pass:
    /// exact to <c>1e-16 mean^2 / variance</c>. Not a number for fewer than two values.</summary>
    public static double Deviation(ReadOnlySpan<float> values)
    {
        double[] sums = Sums(Pass.Moments, values, 0);
        return Math.Sqrt(Math.Max(0, sums[1] - (sums[0] * sums[0] / values.Length)) / (values.Length - 1));
    }

    /// <summary>Computes +1 or -1 with equal chance for every unit.</summary>
    public static void Signs(Span<float> signs, long seed)
    {
        var keys = new Keys(seed);
        for (int i = 0; i < signs.Length; i++)
        {
            signs[i] = Hash(Vector256.Create((uint)i), keys, 0)[0] >> 31 == 0 ? 1 : -1;
        }
    }

    private static double[] Sums(Pass pass, ReadOnlySpan<float> values, long seed)
    {
        var parts = new double[2 * Count(values.Length)];
        fixed (float* from = values)
        fixed (double* sums = parts)
        {
            InChunks(new Chunks(pass, from, null, sums, values.Length, 0, new Keys(seed)), values.Length);
        }

        var total = new double[2];
        for (int i = 0; i < parts.Length; i++)
        {
            total[i & 1] += parts[i];
        }

        return total;
    }

    private static int Count(int length) => (length + ChunkLength - 1) / ChunkLength;

    private static void InChunks(in Chunks chunks, int length) => WorkTeam.Run(Count(length), Environment.ProcessorCount, chunks);

    private static void AddChunk(float* from, float* to, int start, int count, float scale, in Keys keys)
    {
        var factor = Vector256.Create(scale);
        int i = 0;
        for (; i <= count - BlockLength; i += BlockLength)
        {
            var (first, second) = Block(start + i, keys);
            Vector256.MultiplyAddEstimate(first, factor, Vector256.Load(from + i)).Store(to + i);
            Vector256.MultiplyAddEstimate(second, factor, Vector256.Load(from + i + 8)).Store(to + i + 8);
        }

        if (i < count)
        {
            float* last = stackalloc float[2 * BlockLength];
            new ReadOnlySpan<float>(from + i, count - i).CopyTo(new Span<float>(last, BlockLength));
            AddChunk(last, last + BlockLength, start + i, BlockLength, scale, keys);
            new ReadOnlySpan<float>(last + BlockLength, count - i).CopyTo(new Span<float>(to + i, count - i));
        }
    }

    private static double DotChunk(float* from, int start, int count, in Keys keys)
    {
        Vector256<double> low = default, high = default;
        int i = 0;
        for (; i <= count - BlockLength; i += BlockLength)
        {
            var (first, second) = Block(start + i, keys);
            var (a, b) = Vector256.Widen((first * Vector256.Load(from + i)) + (second * Vector256.Load(from + i + 8)));
            low += a;
            high += b;
        }

        double sum = Vector256.Sum(low + high);
        if (i < count)
        {
            // The missing values are zeros.
            float* last = stackalloc float[BlockLength];
            new ReadOnlySpan<float>(from + i, count - i).CopyTo(new Span<float>(last, BlockLength));
            sum += DotChunk(last, start + i, BlockLength, keys);
        }

        return sum;
    }

    private static (double Sum, double Squares) MomentsChunk(float* from, int count)
    {
        Vector256<double> sum = default, squares = default;
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            var (a, b) = Vector256.Widen(Vector256.Load(from + i));
            sum += a + b;
            squares += (a * a) + (b * b);
        }

        double total = Vector256.Sum(sum), ofSquares = Vector256.Sum(squares);
        for (; i < count; i++)
        {
            total += from[i];
            ofSquares += (double)from[i] * from[i];
        }

        return (total, ofSquares);
    }

    /// <summary>The 16 values from element <paramref name="start"/>, a multiple of 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> First, Vector256<float> Second) Block(int start, in Keys keys)
    {
        var pair = Vector256.Create((uint)start / 2) + Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7);
        var uniform = Vector256.MultiplyAddEstimate(
            Vector256.ConvertToSingle((Hash(pair, keys, 0) >>> 1).AsInt32()), Vector256.Create(1f / (1u << 31)),
            Vector256.Create(1f / (1L << 32)));
        var radius = Vector256.Sqrt(Vector256.Create(-2f) * Vector256.Log(uniform));

        // The nearest quarter turn, and what is left: -1/8 .. 1/8 of a turn.
        var angle = Hash(pair, keys, 4);
        var quarter = (angle + Vector256.Create(1u << 29)) >>> 30;
        var t = Vector256.ConvertToSingle((angle - (quarter << 30)).AsInt32()) * Vector256.Create((float)(2 * Math.PI / (1L << 32)));
        var square = t * t;
        var sine = Series(square, 1f / 362880, -1f / 5040, 1f / 120, -1f / 6, 1) * t;
        var cosine = Vector256.MultiplyAddEstimate(
            Series(square, -1f / 3628800, 1f / 40320, -1f / 720, 1f / 24, -1f / 2), square, Vector256.Create(1f));

        // cos(a + quarter turns): cos, -sin, -cos, sin; the sine: sin, cos, -sin, -cos.
        var odd = Vector256.Equals(quarter & Vector256.Create(1u), Vector256.Create(1u)).AsSingle();
        var cosineSign = ((quarter + Vector256.Create(1u)) & Vector256.Create(2u)) << 30;
        var sineSign = (quarter & Vector256.Create(2u)) << 30;
        return (
            radius * (Vector256.ConditionalSelect(odd, sine, cosine).AsUInt32() ^ cosineSign).AsSingle(),
            radius * (Vector256.ConditionalSelect(odd, cosine, sine).AsUInt32() ^ sineSign).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Series(Vector256<float> x, float a, float b, float c, float d, float e)
    {
        var sum = Vector256.MultiplyAddEstimate(Vector256.Create(a), x, Vector256.Create(b));
        sum = Vector256.MultiplyAddEstimate(sum, x, Vector256.Create(c));
        sum = Vector256.MultiplyAddEstimate(sum, x, Vector256.Create(d));
        return Vector256.MultiplyAddEstimate(sum, x, Vector256.Create(e));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Hash(Vector256<uint> counter, in Keys keys, int from)
    {
        var x = counter ^ Vector256.Create(keys.Words[from]);
        x = (x ^ (x >>> 17)) * Vector256.Create(0xED5AD4BBu);
        x += Vector256.Create(keys.Words[from + 1]);
        x = (x ^ (x >>> 11)) * Vector256.Create(0xAC4C1B51u);
        x += Vector256.Create(keys.Words[from + 2]);
        x = (x ^ (x >>> 15)) * Vector256.Create(0x31848BABu);
        return x ^ (x >>> 14) ^ Vector256.Create(keys.Words[from + 3]);
    }

    private struct Keys
    {
        public KeyWords Words;

        public Keys(long seed)
        {
            ulong state = (ulong)seed;
            for (int i = 0; i < 8; i += 2)
            {
                state += 0x9E3779B97F4A7C15;
                ulong z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
                z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
                z ^= z >> 31;
                (Words[i], Words[i + 1]) = ((uint)z, (uint)(z >> 32));
            }
        }
    }

    [InlineArray(8)]
    private struct KeyWords
    {
        private uint _first;
    }

    private readonly struct Chunks(Pass pass, float* from, float* to, double* sums, int length, float scale, Keys keys) : IUnitWork
    {
        public void Run(int unit)
        {
            int start = unit * ChunkLength, count = Math.Min(ChunkLength, length - start);
            switch (pass)
            {
                case Pass.Add:
                    AddChunk(from + start, to + start, start, count, scale, keys);
                    break;
                case Pass.Dot:
                    sums[2 * unit] = DotChunk(from + start, start, count, keys);
                    break;
                default:
                    (sums[2 * unit], sums[(2 * unit) + 1]) = MomentsChunk(from + start, count);
                    break;
            }
        }
    }
}
