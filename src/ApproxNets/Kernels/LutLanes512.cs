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
        if (depth == 8)
        {
            if (paired)
            {
                Add8<PairSum>(tables, x, count, sums);
            }
            else
            {
                Add8<SingleSum>(tables, x, count, sums);
            }
        }
        else if (paired)
        {
            Add4<PairSum>(tables, x, count, sums);
        }
        else
        {
            Add4<SingleSum>(tables, x, count, sums);
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
    private static void Add8<TSum>(ushort* t, byte** x, int count, int* sums)
        where TSum : struct, IRowSum
    {
        byte* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5], x6 = x[6], x7 = x[7];
        for (nint p = 0; p < count; p++, sums += Lanes)
        {
            Vector512<int> full = Vector512.LoadAligned(sums), odd = Vector512.LoadAligned(sums + 16);
            TSum.Add(Row(t, x0[p]), Row(t + TableLength, x1[p]), ref full, ref odd);
            TSum.Add(Row(t + (2 * TableLength), x2[p]), Row(t + (3 * TableLength), x3[p]), ref full, ref odd);
            TSum.Add(Row(t + (4 * TableLength), x4[p]), Row(t + (5 * TableLength), x5[p]), ref full, ref odd);
            TSum.Add(Row(t + (6 * TableLength), x6[p]), Row(t + (7 * TableLength), x7[p]), ref full, ref odd);
            full.StoreAligned(sums);
            odd.StoreAligned(sums + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add4<TSum>(ushort* t, byte** x, int count, int* sums)
        where TSum : struct, IRowSum
    {
        byte* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
        for (nint p = 0; p < count; p++, sums += Lanes)
        {
            Vector512<int> full = Vector512.LoadAligned(sums), odd = Vector512.LoadAligned(sums + 16);
            TSum.Add(Row(t, x0[p]), Row(t + TableLength, x1[p]), ref full, ref odd);
            TSum.Add(Row(t + (2 * TableLength), x2[p]), Row(t + (3 * TableLength), x3[p]), ref full, ref odd);
            full.StoreAligned(sums);
            odd.StoreAligned(sums + 16);
        }
    }

    private static Vector512<ushort> Row(ushort* table, byte code) => Vector512.LoadAligned(table + ((nuint)code * Lanes));

    /// <summary>How two table rows join the sums.</summary>
    private interface IRowSum
    {
        static abstract void Add(Vector512<ushort> a, Vector512<ushort> b, ref Vector512<int> full, ref Vector512<int> odd);
    }

    private readonly struct PairSum : IRowSum
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Add(Vector512<ushort> a, Vector512<ushort> b, ref Vector512<int> full, ref Vector512<int> odd)
        {
            Vector512<int> both = (a + b).AsInt32();
            full += both;
            odd += both >>> 16;
        }
    }

    private readonly struct SingleSum : IRowSum
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Add(Vector512<ushort> a, Vector512<ushort> b, ref Vector512<int> full, ref Vector512<int> odd)
        {
            full += a.AsInt32() + b.AsInt32();
            odd += (a.AsInt32() >>> 16) + (b.AsInt32() >>> 16);
        }
    }
}
