using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ApproxNets.Kernels;

/// <summary>Eight lanes in vectors of 128 bits, in portable operations only: for ARM64, and for x86-64 without AVX2.</summary>
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(ushort* tables, byte** x, int depth, bool paired, int count, int* sums)
    {
        for (int i = 0; i < depth; i += 4)
        {
            byte* x0 = x[i], x1 = x[i + 1], x2 = x[i + 2], x3 = x[i + 3];
            ushort* t = tables + (i * TableLength);
            if (paired)
            {
                AddPaired(t, x0, x1, x2, x3, count, sums);
            }
            else
            {
                AddSingle(t, x0, x1, x2, x3, count, sums);
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

    private static void AddPaired(ushort* t, byte* x0, byte* x1, byte* x2, byte* x3, int count, int* sums)
    {
        for (nint p = 0; p < count; p++, sums += Lanes)
        {
            Vector128<int> a = (Row(t, x0[p]) + Row(t + TableLength, x1[p])).AsInt32();
            Vector128<int> b = (Row(t + (2 * TableLength), x2[p]) + Row(t + (3 * TableLength), x3[p])).AsInt32();
            (Vector128.LoadAligned(sums) + (a + b)).StoreAligned(sums);
            (Vector128.LoadAligned(sums + 4) + ((a >>> 16) + (b >>> 16))).StoreAligned(sums + 4);
        }
    }

    private static void AddSingle(ushort* t, byte* x0, byte* x1, byte* x2, byte* x3, int count, int* sums)
    {
        for (nint p = 0; p < count; p++, sums += Lanes)
        {
            Vector128<int> a = Row(t, x0[p]).AsInt32(), b = Row(t + TableLength, x1[p]).AsInt32();
            Vector128<int> c = Row(t + (2 * TableLength), x2[p]).AsInt32(), d = Row(t + (3 * TableLength), x3[p]).AsInt32();
            (Vector128.LoadAligned(sums) + ((a + b) + (c + d))).StoreAligned(sums);
            (Vector128.LoadAligned(sums + 4) + ((a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16))).StoreAligned(sums + 4);
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
