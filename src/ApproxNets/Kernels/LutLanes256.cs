using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <summary>AVX2: 16 lanes. Expanding a table costs some 1.6 cycles a code, adding some 1.2 cycles per output and k (AMD Zen 4).</summary>
internal readonly unsafe struct LutLanes256 : ILutLanes
{
    private const int Lanes = 16;
    private const int TableLength = 256 * Lanes;

    public static int Count => Lanes;

    public static void Expand(ushort** rows, int firstCode, int codes, ushort* to) =>
        ExpandLanes(rows, firstCode, codes, to, Lanes);

    /// <summary>Writes 16 positions of table rows that are <paramref name="pitch"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ExpandLanes(ushort** rows, int firstCode, int codes, ushort* to, int pitch)
    {
        ushort* r0 = rows[0] + firstCode, r1 = rows[1] + firstCode, r2 = rows[2] + firstCode, r3 = rows[3] + firstCode;
        ushort* r4 = rows[4] + firstCode, r5 = rows[5] + firstCode, r6 = rows[6] + firstCode, r7 = rows[7] + firstCode;
        ushort* s0 = rows[8] + firstCode, s1 = rows[9] + firstCode, s2 = rows[10] + firstCode, s3 = rows[11] + firstCode;
        ushort* s4 = rows[12] + firstCode, s5 = rows[13] + firstCode, s6 = rows[14] + firstCode, s7 = rows[15] + firstCode;
        to += (nint)firstCode * pitch;
        for (nint code = 0; code < codes; code += 8, to += 8 * pitch)
        {
            // Eight codes of positions i and i + 8 side by side, in the lower and upper half, since AVX2 interleaves halves apart. Three
            // rounds of interleaving, of 16, 32 and 64 bits, transpose both 8x8 halves at once: row code has positions 0..7, then 8..15.
            Vector256<ushort> a = Both(r0 + code, s0 + code), b = Both(r1 + code, s1 + code);
            Vector256<ushort> c = Both(r2 + code, s2 + code), d = Both(r3 + code, s3 + code);
            Vector256<ushort> e = Both(r4 + code, s4 + code), f = Both(r5 + code, s5 + code);
            Vector256<ushort> g = Both(r6 + code, s6 + code), h = Both(r7 + code, s7 + code);
            Vector256<uint> ab0 = Avx2.UnpackLow(a, b).AsUInt32(), ab1 = Avx2.UnpackHigh(a, b).AsUInt32();
            Vector256<uint> cd0 = Avx2.UnpackLow(c, d).AsUInt32(), cd1 = Avx2.UnpackHigh(c, d).AsUInt32();
            Vector256<uint> ef0 = Avx2.UnpackLow(e, f).AsUInt32(), ef1 = Avx2.UnpackHigh(e, f).AsUInt32();
            Vector256<uint> gh0 = Avx2.UnpackLow(g, h).AsUInt32(), gh1 = Avx2.UnpackHigh(g, h).AsUInt32();
            Store2(Avx2.UnpackLow(ab0, cd0), Avx2.UnpackLow(ef0, gh0), to, pitch);
            Store2(Avx2.UnpackHigh(ab0, cd0), Avx2.UnpackHigh(ef0, gh0), to + (2 * pitch), pitch);
            Store2(Avx2.UnpackLow(ab1, cd1), Avx2.UnpackLow(ef1, gh1), to + (4 * pitch), pitch);
            Store2(Avx2.UnpackHigh(ab1, cd1), Avx2.UnpackHigh(ef1, gh1), to + (6 * pitch), pitch);
        }
    }

    public static void Add(ushort* tables, byte** x, int depth, bool paired, int count, int* sums)
    {
        if (paired)
        {
            AddRows<Paired>(tables, x, depth == 8, count, sums);
        }
        else
        {
            AddRows<Unpaired>(tables, x, depth == 8, count, sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Combine(int* sums, int count, in LaneTerms terms, int* to)
    {
        for (int s = 0; s < count; s++, sums += Lanes, to += Lanes)
        {
            Vector256<int> full = Vector256.LoadAligned(sums), odd = Vector256.LoadAligned(sums + 8);
            Finish(full - (odd << 16), 0, s, terms).StoreAligned(to);
            Finish(odd, 8, s, terms).StoreAligned(to + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose8x8(int* from, int pitch, int* to, nint toPitch)
    {
        // Rows i and i + 4 side by side, then two rounds of interleaving, as in Expand.
        for (int half = 0; half < 8; half += 4, from += 4, to += 4 * toPitch)
        {
            Vector256<int> a = Both(from, from + (4 * pitch)), b = Both(from + pitch, from + (5 * pitch));
            Vector256<int> c = Both(from + (2 * pitch), from + (6 * pitch)), d = Both(from + (3 * pitch), from + (7 * pitch));
            Vector256<long> ab0 = Avx2.UnpackLow(a, b).AsInt64(), ab1 = Avx2.UnpackHigh(a, b).AsInt64();
            Vector256<long> cd0 = Avx2.UnpackLow(c, d).AsInt64(), cd1 = Avx2.UnpackHigh(c, d).AsInt64();
            Avx2.UnpackLow(ab0, cd0).AsInt32().Store(to);
            Avx2.UnpackHigh(ab0, cd0).AsInt32().Store(to + toPitch);
            Avx2.UnpackLow(ab1, cd1).AsInt32().Store(to + (2 * toPitch));
            Avx2.UnpackHigh(ab1, cd1).AsInt32().Store(to + (3 * toPitch));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Finish(Vector256<int> sum, int lane, int s, in LaneTerms terms)
    {
        Vector256<int> bracket = sum + Vector256.Load(terms.LaneOffset + lane) + Vector256.Create(terms.StreamOffset[s]);
        return terms.LaneScale == null
            ? bracket
            : ((Vector256.ConvertToSingle(bracket) * (Vector256.Load(terms.LaneScale + lane) * terms.StreamScale[s]))
                + (Vector256.Load(terms.LaneBias + lane) + Vector256.Create(terms.StreamBias[s]))).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows<TSum>(ushort* t, byte** x, bool eight, int count, int* sums)
        where TSum : struct
    {
        byte* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
        byte* x4 = eight ? x[4] : null, x5 = eight ? x[5] : null, x6 = eight ? x[6] : null, x7 = eight ? x[7] : null;
        for (nint p = 0; p < count; p++, sums += Lanes)
        {
            Vector256<int> full = Vector256.LoadAligned(sums), odd = Vector256.LoadAligned(sums + (Lanes / 2));
            AddTwo<TSum>(Row(t, x0[p]), Row(t + TableLength, x1[p]), ref full, ref odd);
            AddTwo<TSum>(Row(t + (2 * TableLength), x2[p]), Row(t + (3 * TableLength), x3[p]), ref full, ref odd);
            if (eight)
            {
                AddTwo<TSum>(Row(t + (4 * TableLength), x4[p]), Row(t + (5 * TableLength), x5[p]), ref full, ref odd);
                AddTwo<TSum>(Row(t + (6 * TableLength), x6[p]), Row(t + (7 * TableLength), x7[p]), ref full, ref odd);
            }

            full.StoreAligned(sums);
            odd.StoreAligned(sums + (Lanes / 2));
        }
    }

    // full += a + b and odd += their high halves, by 32-bit elements. Where a + b does not carry from the low half to the high one, it is
    // one addition of 16-bit elements, and one shift serves both rows.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTwo<TSum>(Vector256<ushort> a, Vector256<ushort> b, ref Vector256<int> full, ref Vector256<int> odd)
        where TSum : struct
    {
        if (typeof(TSum) == typeof(Paired))
        {
            Vector256<int> both = (a + b).AsInt32();
            full += both;
            odd += both >>> 16;
        }
        else
        {
            full += a.AsInt32() + b.AsInt32();
            odd += (a.AsInt32() >>> 16) + (b.AsInt32() >>> 16);
        }
    }

    private static Vector256<ushort> Row(ushort* table, byte code) => Vector256.LoadAligned(table + ((nuint)code * Lanes));

    private static Vector256<T> Both<T>(T* low, T* high)
        where T : unmanaged => Vector256.Create(Vector128.Load(low), Vector128.Load(high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store2(Vector256<uint> low, Vector256<uint> high, ushort* to, int pitch)
    {
        Vector256<ulong> a = low.AsUInt64(), b = high.AsUInt64();
        Avx2.UnpackLow(a, b).AsUInt16().StoreAligned(to);
        Avx2.UnpackHigh(a, b).AsUInt16().StoreAligned(to + pitch);
    }
}
