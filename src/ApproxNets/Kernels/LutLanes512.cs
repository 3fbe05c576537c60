using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ApproxNets.Kernels;

/// <summary>AVX-512: 32 lanes, for layers with more than 16 channels. A table row is a whole cache line.</summary>
internal readonly unsafe struct LutLanes512 : ILutLanes
{
    private const int Lanes = 32;
    private const int TableLength = 256 * Lanes;

    public static int Count => Lanes;

    public static void Expand(ushort** rows, int firstCode, int codes, ushort* to)
    {
        LutLanes256.ExpandLanes(rows, firstCode, codes, to, Lanes);
        LutLanes256.ExpandLanes(rows + 16, firstCode, codes, to + 16, Lanes);
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
            Vector512<int> full = Vector512.LoadAligned(sums), odd = Vector512.LoadAligned(sums + 16);
            Finish(full - (odd << 16), 0, s, terms).StoreAligned(to);
            Finish(odd, 16, s, terms).StoreAligned(to + 16);
        }
    }

    public static void Transpose8x8(int* from, int pitch, int* to, nint toPitch) => LutLanes256.Transpose8x8(from, pitch, to, toPitch);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Finish(Vector512<int> sum, int lane, int s, in LaneTerms terms)
    {
        Vector512<int> bracket = sum + Vector512.Load(terms.LaneOffset + lane) + Vector512.Create(terms.StreamOffset[s]);
        return terms.LaneScale == null
            ? bracket
            : ((Vector512.ConvertToSingle(bracket) * (Vector512.Load(terms.LaneScale + lane) * terms.StreamScale[s]))
                + (Vector512.Load(terms.LaneBias + lane) + Vector512.Create(terms.StreamBias[s]))).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows<TSum>(ushort* t, byte** x, bool eight, int count, int* sums)
        where TSum : struct
    {
        byte* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
        byte* x4 = eight ? x[4] : null, x5 = eight ? x[5] : null, x6 = eight ? x[6] : null, x7 = eight ? x[7] : null;
        for (nint p = 0; p < count; p++, sums += Lanes)
        {
            Vector512<int> full = Vector512.LoadAligned(sums), odd = Vector512.LoadAligned(sums + (Lanes / 2));
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
    private static void AddTwo<TSum>(Vector512<ushort> a, Vector512<ushort> b, ref Vector512<int> full, ref Vector512<int> odd)
        where TSum : struct
    {
        if (typeof(TSum) == typeof(Paired))
        {
            Vector512<int> both = (a + b).AsInt32();
            full += both;
            odd += both >>> 16;
        }
        else
        {
            full += a.AsInt32() + b.AsInt32();
            odd += (a.AsInt32() >>> 16) + (b.AsInt32() >>> 16);
        }
    }

    private static Vector512<ushort> Row(ushort* table, byte code) => Vector512.LoadAligned(table + ((nuint)code * Lanes));
}
