using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <summary>
/// The AVX-512 path. A byte permutation (VBMI, <c>vpermi2b</c>) looks up 64 activation codes at once in the 128 bytes of one
/// weight's column; two of them give the low and high bytes of 64 products. No table is expanded, so few outputs cost little
/// more than many, and sums stay in registers.
/// </summary>
/// <remarks>
/// <para>Order: tile of 256 outputs / 256 k / channel / two k. A pair of k, 256 outputs: 16 permutations, so a product costs 1/32 of one,
/// and some 4.7 cycles go to 64 outputs of one k. Codes of eight bits need two permutations and a blend for each look-up.</para>
/// <para>Sums: a 16-bit lane t holds the bytes of two outputs, <c>t = even + 256 odd</c>. Instead of taking each t apart,
/// <c>full = sum t</c> and <c>odd = sum (t >>> 8)</c> are kept modulo 2^16, and in the end <c>even = full - (odd &lt;&lt; 8)</c>: the same
/// modulo 2^16, hence the same number, since 256 bytes fit 16 bits. Two k are added as bytes first where no byte overflows
/// (<see cref="LutResiduals"/>). Low and high bytes are summed apart and joined as <c>low + (high &lt;&lt; Shift)</c> in 32 bits.</para>
/// <para>Remainders: outputs past the last are computed from the slack behind the packed codes and never written; k without a partner is
/// paired with row 256, which is all zeros.</para>
/// </remarks>
internal static unsafe class LutConv2dPermutation
{
    private const int VectorLength = 64;
    private const int TileVectors = 4;
    private const int Tile = TileVectors * VectorLength;

    // 128 pairs of bytes, each at most 2 * 255, fit 16 bits.
    private const int MaxDepth = 256;

    /// <summary>Whether this machine has the instructions.</summary>
    public static bool IsSupported => Avx512Vbmi.IsSupported && Avx512BW.IsSupported;

    /// <summary>Computes <paramref name="count"/> of the strip's channels.</summary>
    public static void Run(in StripWork work, int first, int count)
    {
        LutConv2dOperands a = work.Operands;
        LutResiduals planes = work.Residuals;
        PackedStrip strip = work.Strip;
        int fanIn = a.Shape.FanIn, o = (work.Group * work.Channels) + first, plane = a.Shape.OutHeight * a.Shape.OutWidth;
        using var scratch = new Scratch((((count + 1L) * Tile) + count) * sizeof(int));
        int* sums = scratch.Take<int>(count * Tile);
        int* brackets = scratch.Take<int>(count);
        int* results = scratch.Take<int>(Tile);
        for (int p = 0; p < strip.Count; p += Tile)
        {
            int outputs = Math.Min(Tile, strip.Count - p);
            for (int k = 0; k < fanIn; k += MaxDepth)
            {
                int depth = Math.Min(MaxDepth, fanIn - k);
                for (int i = 0; i < count; i++)
                {
                    byte* weights = a.Weights + ((long)(o + i) * fanIn) + k;
                    int least = Accumulate(planes, work.Packed + p, work.Offsets + k, weights, depth, outputs, sums + (i * Tile), k > 0);
                    brackets[i] = least + (k > 0 ? brackets[i] : a.Offset == null ? 0 : a.Offset[o + i]);
                }
            }

            for (int i = 0; i < count; i++)
            {
                Order(sums + (i * Tile), brackets[i], work.CodeSums == null ? null : work.CodeSums + p, outputs, results);
                if (a.Scale != null)
                {
                    Dequantize(a, o + i, outputs, results);
                }

                Write(results, strip, p, outputs, a.Output + ((long)(o + i) * plane));
            }
        }
    }

    /// <summary>Computes all channels of <paramref name="count"/> outputs of the strip with the operands' roles exchanged: 64 channels at
    /// once, whose weight codes are looked up in the row of each activation. For few outputs.</summary>
    public static void RunOutputs(in StripWork work, byte* weightsByK, int first, int count)
    {
        LutConv2dOperands a = work.Operands;
        PackedStrip strip = work.Strip;
        int fanIn = a.Shape.FanIn, channels = work.Channels, o = work.Group * channels, plane = a.Shape.OutHeight * a.Shape.OutWidth;
        byte* weights = weightsByK + ((long)work.Group * fanIn * channels);
        using var scratch = new Scratch((2L * Tile * sizeof(int)) + (fanIn * (sizeof(int) + 1L)));
        int* sums = scratch.Take<int>(Tile);
        int* results = scratch.Take<int>(Tile);
        int* rows = scratch.Take<int>(fanIn);
        byte* codes = scratch.Take<byte>(fanIn);
        for (int k = 0; k < fanIn; k++)
        {
            rows[k] = k * channels;
        }

        for (int p = first; p < first + count; p++)
        {
            for (int k = 0; k < fanIn; k++)
            {
                codes[k] = work.Packed[work.Offsets[k] + p];
            }

            int* to = a.Output + strip.OutputIndex(p) + ((long)o * plane);
            for (int c = 0; c < channels; c += Tile)
            {
                int tile = Math.Min(Tile, channels - c), bracket = work.CodeSums == null ? 0 : work.CodeSums[p];
                for (int k = 0; k < fanIn; k += MaxDepth)
                {
                    bracket += Accumulate(
                        work.Residuals, weights + c, rows + k, codes + k, Math.Min(MaxDepth, fanIn - k), tile, sums, k > 0);
                }

                Order(sums, bracket, work.ChannelOffset == null ? null : work.ChannelOffset + o + c, tile, results);
                for (int i = 0; i < tile; i++)
                {
                    to[(long)(c + i) * plane] = a.Finish(results[i], o + c + i);
                }
            }
        }
    }

    /// <summary>Adds the residuals of <paramref name="depth"/> k to a tile, or starts it; returns the sum of Least_w.</summary>
    private static int Accumulate(
        LutResiduals planes, byte* x, int* offsets, byte* weights, int depth, int outputs, int* to, bool add)
    {
        int least = 0;
        if (outputs > Tile - VectorLength)
        {
            return planes.Codes == LutResiduals.WindowCodes
                ? Add<Plane128, Four>(planes, x, offsets, weights, depth, to, add)
                : Add<Plane256, Four>(planes, x, offsets, weights, depth, to, add);
        }

        for (int p = 0; p < outputs; p += VectorLength)
        {
            least = planes.Codes == LutResiduals.WindowCodes
                ? Add<Plane128, One>(planes, x + p, offsets, weights, depth, to + p, add)
                : Add<Plane256, One>(planes, x + p, offsets, weights, depth, to + p, add);
        }

        return least;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Add<TPlane, TVectors>(
        LutResiduals planes, byte* x, int* offsets, byte* weights, int depth, int* to, bool add)
        where TPlane : struct, IPlane<TPlane>
        where TVectors : struct, IVectors
    {
        byte* bytes = Pointer(planes.Bytes);
        int* leasts = Pointer(planes.Least), highs = Pointer(planes.GreatestHigh);
        int codes = TPlane.Codes, least = 0;
        bool pairLow = planes.Shift == 7;
        Sums16 l0 = default, l1 = default, l2 = default, l3 = default, h0 = default, h1 = default, h2 = default, h3 = default;
        for (int k = 0; k < depth; k += 2)
        {
            // A last k without partner meets the entry that adds nothing.
            bool pair = k + 1 < depth;
            int v = weights[k], w = pair ? weights[k + 1] : LutTable.Codes;
            byte* a = x + offsets[k], b = pair ? x + offsets[k + 1] : a;
            byte* atV = bytes + (v * 2 * codes), atW = bytes + (w * 2 * codes);
            least += leasts[v] + leasts[w];
            TPlane t = TPlane.Load(atV), u = TPlane.Load(atW);
            AddPlane<TPlane, TVectors>(t, u, a, b, pairLow, ref l0, ref l1, ref l2, ref l3);
            t = TPlane.Load(atV + codes);
            u = TPlane.Load(atW + codes);
            AddPlane<TPlane, TVectors>(t, u, a, b, highs[v] + highs[w] <= byte.MaxValue, ref h0, ref h1, ref h2, ref h3);
        }

        Flush(l0, h0, planes.Shift, to, add);
        if (TVectors.Count > 1)
        {
            Flush(l1, h1, planes.Shift, to + 64, add);
            Flush(l2, h2, planes.Shift, to + 128, add);
            Flush(l3, h3, planes.Shift, to + 192, add);
        }

        return least;
    }

    /// <summary>Adds one plane of two k: their bytes together where they fit a byte, else one after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPlane<TPlane, TVectors>(
        in TPlane t, in TPlane u, byte* a, byte* b, bool pair, ref Sums16 s0, ref Sums16 s1, ref Sums16 s2, ref Sums16 s3)
        where TPlane : struct, IPlane<TPlane>
        where TVectors : struct, IVectors
    {
        if (pair)
        {
            s0.AddPair(t, u, a, b);
            if (TVectors.Count > 1)
            {
                s1.AddPair(t, u, a + 64, b + 64);
                s2.AddPair(t, u, a + 128, b + 128);
                s3.AddPair(t, u, a + 192, b + 192);
            }
        }
        else
        {
            s0.AddEach(t, u, a, b);
            if (TVectors.Count > 1)
            {
                s1.AddEach(t, u, a + 64, b + 64);
                s2.AddEach(t, u, a + 128, b + 128);
                s3.AddEach(t, u, a + 192, b + 192);
            }
        }
    }

    /// <summary>Joins low and high sums to 32 bits, with output 4 j + i of the 64 in lane j of vector i: a 32-bit lane j holds the 16-bit
    /// lanes 2 j and 2 j + 1, and each of these an even and an odd output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Flush(in Sums16 low, in Sums16 high, int shift, int* to, bool add)
    {
        Vector512<uint> lowEven = low.Even.AsUInt32(), lowOdd = low.Odd.AsUInt32(), highEven = high.Even.AsUInt32(), highOdd = high.Odd.AsUInt32();
        Vector512<uint> half = Vector512.Create((uint)ushort.MaxValue);
        Store((lowEven & half) + ((highEven & half) << shift), to, add);
        Store((lowOdd & half) + ((highOdd & half) << shift), to + 16, add);
        Store((lowEven >>> 16) + ((highEven >>> 16) << shift), to + 32, add);
        Store((lowOdd >>> 16) + ((highOdd >>> 16) << shift), to + 48, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<uint> sums, int* to, bool add) =>
        (add ? Vector512.LoadAligned(to) + sums.AsInt32() : sums.AsInt32()).StoreAligned(to);

    /// <summary>Puts the sums of a tile in their order, and adds what else belongs to them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Order(int* sums, int bracket, int* offsets, int count, int* to)
    {
        Vector512<int> constant = Vector512.Create(bracket);
        for (int p = 0; p < count; p += VectorLength, sums += VectorLength, to += VectorLength)
        {
            // Two rounds of interleaving, then an exchange of 128-bit quarters: a transpose of 4 vectors.
            Vector512<int> v = Vector512.LoadAligned(sums), w = Vector512.LoadAligned(sums + 16);
            Vector512<int> x = Vector512.LoadAligned(sums + 32), y = Vector512.LoadAligned(sums + 48);
            Vector512<long> vw0 = Avx512F.UnpackLow(v, w).AsInt64(), vw1 = Avx512F.UnpackHigh(v, w).AsInt64();
            Vector512<long> xy0 = Avx512F.UnpackLow(x, y).AsInt64(), xy1 = Avx512F.UnpackHigh(x, y).AsInt64();
            Vector512<int> q0 = Avx512F.UnpackLow(vw0, xy0).AsInt32(), q1 = Avx512F.UnpackHigh(vw0, xy0).AsInt32();
            Vector512<int> q2 = Avx512F.UnpackLow(vw1, xy1).AsInt32(), q3 = Avx512F.UnpackHigh(vw1, xy1).AsInt32();
            Vector512<int> r0 = Avx512F.Shuffle4x128(q0, q1, 0b01_00_01_00), r1 = Avx512F.Shuffle4x128(q0, q1, 0b11_10_11_10);
            Vector512<int> r2 = Avx512F.Shuffle4x128(q2, q3, 0b01_00_01_00), r3 = Avx512F.Shuffle4x128(q2, q3, 0b11_10_11_10);
            v = Avx512F.Shuffle4x128(r0, r2, 0b10_00_10_00) + constant;
            w = Avx512F.Shuffle4x128(r0, r2, 0b11_01_11_01) + constant;
            x = Avx512F.Shuffle4x128(r1, r3, 0b10_00_10_00) + constant;
            y = Avx512F.Shuffle4x128(r1, r3, 0b11_01_11_01) + constant;
            if (offsets != null)
            {
                // May read past the last one, inside what was taken for them.
                v += Vector512.Load(offsets + p);
                w += Vector512.Load(offsets + p + 16);
                x += Vector512.Load(offsets + p + 32);
                y += Vector512.Load(offsets + p + 48);
            }

            v.StoreAligned(to);
            w.StoreAligned(to + 16);
            x.StoreAligned(to + 32);
            y.StoreAligned(to + 48);
        }
    }

    /// <summary>Dequantises a tile of one channel in place.</summary>
    private static void Dequantize(in LutConv2dOperands a, int o, int count, int* brackets)
    {
        Vector512<float> scale = Vector512.Create(a.Scale[o * a.ScaleStep]), bias = Vector512.Create(a.Bias == null ? 0 : a.Bias[o]);
        for (int p = 0; p < count; p += 16)
        {
            ((Vector512.ConvertToSingle(Vector512.LoadAligned(brackets + p)) * scale) + bias).AsInt32().StoreAligned(brackets + p);
        }
    }

    private static void Write(int* from, in PackedStrip strip, int p, int outputs, int* to)
    {
        int run = strip.RunLength;
        if (run is not (4 or 8 or 16) || outputs % run != 0)
        {
            for (int i = 0; i < outputs; i += run)
            {
                run = Math.Min(strip.Run(p + i), outputs - i);
                new Span<int>(from + i, run).CopyTo(new Span<int>(to + strip.OutputIndex(p + i), run));
            }

            return;
        }

        // Short runs of whole vectors.
        for (int i = 0; i < outputs; i += run)
        {
            int* at = to + strip.OutputIndex(p + i);
            switch (run)
            {
                case 4:
                    Vector128.Load(from + i).Store(at);
                    break;
                case 8:
                    Vector256.Load(from + i).Store(at);
                    break;
                default:
                    Vector512.Load(from + i).Store(at);
                    break;
            }
        }
    }

    private static byte* Pointer(byte[] pinned) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

    private static int* Pointer(int[] pinned) => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

    /// <summary>The bytes of all activation codes for one weight, in registers.</summary>
    private interface IPlane<TSelf>
        where TSelf : struct, IPlane<TSelf>
    {
        static abstract int Codes { get; }

        static abstract TSelf Load(byte* from);

        Vector512<byte> Find(Vector512<byte> codes);
    }

    /// <summary>Vectors of a tile. A type, so that the loop is compiled for each number.</summary>
    private interface IVectors
    {
        static abstract int Count { get; }
    }

    private readonly struct One : IVectors
    {
        public static int Count => 1;
    }

    private readonly struct Four : IVectors
    {
        public static int Count => TileVectors;
    }

    private readonly struct Plane128(Vector512<byte> a, Vector512<byte> b) : IPlane<Plane128>
    {
        private readonly Vector512<byte> _a = a;
        private readonly Vector512<byte> _b = b;

        public static int Codes => 128;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Plane128 Load(byte* from) => new(Vector512.Load(from), Vector512.Load(from + 64));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<byte> Find(Vector512<byte> codes) => Avx512Vbmi.PermuteVar64x8x2(_a, codes, _b);
    }

    private readonly struct Plane256(Vector512<byte> a, Vector512<byte> b, Vector512<byte> c, Vector512<byte> d) : IPlane<Plane256>
    {
        private readonly Vector512<byte> _a = a;
        private readonly Vector512<byte> _b = b;
        private readonly Vector512<byte> _c = c;
        private readonly Vector512<byte> _d = d;

        public static int Codes => 256;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Plane256 Load(byte* from) =>
            new(Vector512.Load(from), Vector512.Load(from + 64), Vector512.Load(from + 128), Vector512.Load(from + 192));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<byte> Find(Vector512<byte> codes) => Avx512BW.BlendVariable(
            Avx512Vbmi.PermuteVar64x8x2(_a, codes, _b), Avx512Vbmi.PermuteVar64x8x2(_c, codes, _d), codes);
    }

    /// <summary>Sums of 64 bytes in 16-bit lanes.</summary>
    private struct Sums16
    {
        private Vector512<ushort> _full;
        private Vector512<ushort> _odd;

        public readonly Vector512<ushort> Even => _full - (_odd << 8);

        public readonly Vector512<ushort> Odd => _odd;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void AddPair<TPlane>(in TPlane t, in TPlane u, byte* a, byte* b)
            where TPlane : struct, IPlane<TPlane>
        {
            Vector512<ushort> both = (t.Find(Vector512.Load(a)) + u.Find(Vector512.Load(b))).AsUInt16();
            _full += both;
            _odd += both >>> 8;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void AddEach<TPlane>(in TPlane t, in TPlane u, byte* a, byte* b)
            where TPlane : struct, IPlane<TPlane>
        {
            Vector512<ushort> first = t.Find(Vector512.Load(a)).AsUInt16(), second = u.Find(Vector512.Load(b)).AsUInt16();
            _full += first + second;
            _odd += (first >>> 8) + (second >>> 8);
        }
    }
}
