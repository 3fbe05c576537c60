using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ApproxNets.Kernels;

/// <summary>Eight lanes in vectors of 128 bits, in portable operations only: for ARM64, and for x86-64 without AVX2. The steps are those of
/// <see cref="LutLanes256"/>, with half as many lanes and plain loops for both transposes.</summary>
internal readonly unsafe struct LutLanes128 : ILutLanes
{
    private const int Lanes = 8;
    private const int TableLength = 256 * Lanes;

    public static int Count => Lanes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Expand(ushort** rows, int firstCode, int codes, ushort* to)
    {
        for (int position = 0; position < Lanes; position++)
        {
            ushort* row = rows[position], column = to + position;
            for (int code = firstCode; code < firstCode + codes; code++)
            {
                column[code * Lanes] = row[code];
            }
        }
    }

    public static void Add(ushort* tables, byte** x, int depth, bool paired, int count, int* sums)
    {
        for (int i = 0; i < depth; i += 4)
        {
            if (paired)
            {
                AddRows<Paired>(tables + (i * TableLength), x + i, count, sums);
            }
            else
            {
                AddRows<Unpaired>(tables + (i * TableLength), x + i, count, sums);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Combine(int* sums, int count, in LaneTerms terms, int* to)
    {
        for (int s = 0; s < count; s++, sums += Lanes, to += Lanes)
        {
            Vector128<int> full = Vector128.LoadAligned(sums), odd = Vector128.LoadAligned(sums + 4);
            Finish(full - (odd << 16), 0, s, terms).StoreAligned(to);
            Finish(odd, 4, s, terms).StoreAligned(to + 4);
        }
    }

    public static void Transpose8x8(int* from, int pitch, int* to, nint toPitch)
    {
        for (int column = 0; column < 8; column++)
        {
            for (int row = 0; row < 8; row++)
            {
                to[(column * toPitch) + row] = from[(row * pitch) + column];
            }
        }
    }

    // Four k a pass: with eight, pointers and rows do not fit 16 registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRows<TSum>(ushort* t, byte** x, int count, int* sums)
        where TSum : struct
    {
        byte* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
        for (nint p = 0; p < count; p++, sums += Lanes)
        {
            Vector128<ushort> a = Row(t, x0[p]), b = Row(t + TableLength, x1[p]);
            Vector128<ushort> c = Row(t + (2 * TableLength), x2[p]), d = Row(t + (3 * TableLength), x3[p]);
            Vector128<int> full, odd;
            if (typeof(TSum) == typeof(Paired))
            {
                Vector128<int> ab = (a + b).AsInt32(), cd = (c + d).AsInt32();
                (full, odd) = (ab + cd, (ab >>> 16) + (cd >>> 16));
            }
            else
            {
                full = a.AsInt32() + b.AsInt32() + (c.AsInt32() + d.AsInt32());
                odd = (a.AsInt32() >>> 16) + (b.AsInt32() >>> 16) + (c.AsInt32() >>> 16) + (d.AsInt32() >>> 16);
            }

            (Vector128.LoadAligned(sums) + full).StoreAligned(sums);
            (Vector128.LoadAligned(sums + 4) + odd).StoreAligned(sums + 4);
        }
    }

    private static Vector128<ushort> Row(ushort* table, byte code) => Vector128.LoadAligned(table + ((nuint)code * Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Finish(Vector128<int> sum, int lane, int s, in LaneTerms terms)
    {
        Vector128<int> bracket = sum + Vector128.Load(terms.LaneOffset + lane) + Vector128.Create(terms.StreamOffset[s]);
        return terms.LaneScale == null
            ? bracket
            : ((Vector128.ConvertToSingle(bracket) * (Vector128.Load(terms.LaneScale + lane) * terms.StreamScale[s]))
                + (Vector128.Load(terms.LaneBias + lane) + Vector128.Create(terms.StreamBias[s]))).AsInt32();
    }
}
