using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <summary>
/// The AVX2 path. One activation x_k meets 16 output channels at once: for each k the table is expanded to
/// <c>T_k[x][lane] = m(x, w_k,lane) - least</c>, 16-bit unsigned, so one 32-byte load yields 16 products.
/// </summary>
/// <remarks>
/// <para>Order: strip of pixels (<see cref="PixelStrip"/>) / block of 16 output channels / six k / pixels. The six expanded tables
/// fit the L1 cache, the sums of the strip (64 bytes per pixel) the L2 cache.</para>
/// <para>Sums: a 32-bit lane s holds two 16-bit products, the even lane's in its low half. <c>full += s; odd += s >>> 16</c> and in
/// the end <c>even = full - (odd &lt;&lt; 16)</c>, exact modulo 2^32, and the true sums fit 32 bits (Conv2dShape.MaxFanIn). Where
/// <c>2 (greatest - least) &lt;= 65535</c> over the activation codes that occur, two k are first added as 16-bit lanes. The K
/// subtracted <c>least</c> are added back at the end; the tables of k beyond K are all zero, so they add nothing.</para>
/// <para>Measured on two cores of a 2023 server Xeon (batch 128, 3x3; roughly, other work ran beside): 28 to 40 GMAC/s with 7-bit
/// activations at 16 channels of 32x32, 32 of 16x16 and 64 of 8x8, about 30 with 8-bit unsigned ones; the scalar loop 0.4 to 0.8.
/// About two thirds of the time go to the sums, a fifth to the strip, the rest to tables and writing. Expanding a table costs as
/// much as some 300 pixels, so layers of few pixels (fully connected, 4x4 maps) run at 4 to 10 GMAC/s. Strips of 1024 or 2048
/// pixels instead of 4096 were slower by a quarter and a tenth.</para>
/// </remarks>
internal static unsafe partial class LutConv2dAvx2
{
    private const int Lanes = 16;
    private const int Depth = 6;
    private const int MaxStripPixels = 4096;
    private const int MaxStripBytes = 4 << 20;
    private const int MinStripPixels = 256;
    private const int MaxWriteRun = 64;
    private const int Alignment = 64;

    /// <summary>Computes all sums; the strips, and where they are too few also the blocks of channels, are shared out to threads.</summary>
    public static void Run(LutConv2dOperands a, int threads)
    {
        Conv2dShape s = a.Shape;
        int pixels = s.Batch * s.OutHeight * s.OutWidth;
        int most = Math.Clamp(MaxStripBytes / s.FanIn, MinStripPixels, MaxStripPixels);
        long units = threads * DivideUp(pixels, (long)threads * most);
        int pitch = Math.Max((int)DivideUp(DivideUp(pixels, units), Lanes) * Lanes, MinStripPixels);
        int strips = (int)DivideUp(pixels, pitch);
        int blocks = (int)DivideUp(s.OutChannels / s.Groups, Lanes);
        int parts = strips * s.Groups < threads ? Math.Min(blocks, threads) : 1;

        Columns columns = Columns.Rent(a);
        fixed (ushort* table = columns.Table)
        {
            ushort* pinned = table;
            Parallel.For(0, strips * s.Groups * parts, new ParallelOptions { MaxDegreeOfParallelism = threads }, unit =>
            {
                int part = unit % parts, group = unit / parts % s.Groups, first = unit / parts / s.Groups * pitch;
                int count = Math.Min(pitch, pixels - first);
                Strip(a, columns, pinned, group, first, count, part * blocks / parts, (part + 1) * blocks / parts);
            });
        }

        ArrayPool<ushort>.Shared.Return(columns.Table);
    }

    private static void Strip(
        in LutConv2dOperands a, in Columns columns, ushort* table, int group, int first, int count, int blockFrom, int blockTo)
    {
        Conv2dShape s = a.Shape;
        int fanIn = s.FanIn, channels = s.OutChannels / s.Groups, tableLength = columns.Codes * Lanes;
        int tableBytes = Depth * tableLength * sizeof(ushort), sumBytes = count * Lanes * sizeof(int);
        byte[] rented = ArrayPool<byte>.Shared.Rent(tableBytes + sumBytes + (fanIn * count) + Alignment);
        fixed (byte* start = rented)
        {
            var tables = (ushort*)(((nuint)start + Alignment - 1) & ~(nuint)(Alignment - 1));
            int* sums = (int*)(tables + (Depth * tableLength));
            byte* strip = (byte*)(sums + (count * Lanes));
            PixelStrip.Gather(a, group, first, count, strip, count);
            if (channels <= FewChannels)
            {
                Few(a, columns, table, group, first, count, strip, sums);
                blockFrom = blockTo;
            }

            for (int block = blockFrom; block < blockTo; block++)
            {
                int o = (group * channels) + (block * Lanes), used = Math.Min(Lanes, channels - (block * Lanes));
                new Span<int>(sums, count * Lanes).Clear();
                for (int k = 0; k < fanIn; k += Depth)
                {
                    int depth = Math.Min(Depth, fanIn - k);
                    for (int i = 0; i < depth; i++)
                    {
                        Expand(columns, table, a.Weights + ((long)o * fanIn) + k + i, fanIn, used, tables + (i * tableLength));
                    }

                    new Span<ushort>(tables + (depth * tableLength), (Depth - depth) * tableLength).Clear();
                    ushort* origin = tables - (columns.FirstCode * Lanes);
                    byte* x = strip + ((long)k * count);
                    if (columns.Paired)
                    {
                        AddPaired(origin, tableLength, x, depth, count, sums);
                    }
                    else
                    {
                        AddSingle(origin, tableLength, x, depth, count, sums);
                    }
                }

                Write(a, sums, first, count, o, used, fanIn * columns.Least);
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPaired(ushort* t0, int tableLength, byte* x0, int depth, int count, int* sums)
    {
        // Rows of k beyond K repeat row 0, whose codes are valid; their tables are zero.
        byte* x1 = depth > 1 ? x0 + count : x0, x2 = depth > 2 ? x1 + count : x0, x3 = depth > 3 ? x2 + count : x0;
        byte* x4 = depth > 4 ? x3 + count : x0, x5 = depth > 5 ? x4 + count : x0;
        ushort* t1 = t0 + tableLength, t2 = t1 + tableLength, t3 = t2 + tableLength, t4 = t3 + tableLength, t5 = t4 + tableLength;
        for (nint p = 0; p < count; p++, sums += Lanes)
        {
            Vector256<int> a = (Row(t0, x0[p]) + Row(t1, x1[p])).AsInt32();
            Vector256<int> b = (Row(t2, x2[p]) + Row(t3, x3[p])).AsInt32();
            Vector256<int> c = (Row(t4, x4[p]) + Row(t5, x5[p])).AsInt32();
            (Vector256.LoadAligned(sums) + (a + b + c)).StoreAligned(sums);
            Vector256<int> odd = (a >>> 16) + (b >>> 16) + (c >>> 16);
            (Vector256.LoadAligned(sums + 8) + odd).StoreAligned(sums + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSingle(ushort* t0, int tableLength, byte* x0, int depth, int count, int* sums)
    {
        byte* x1 = depth > 1 ? x0 + count : x0, x2 = depth > 2 ? x1 + count : x0, x3 = depth > 3 ? x2 + count : x0;
        byte* x4 = depth > 4 ? x3 + count : x0, x5 = depth > 5 ? x4 + count : x0;
        ushort* t1 = t0 + tableLength, t2 = t1 + tableLength, t3 = t2 + tableLength, t4 = t3 + tableLength, t5 = t4 + tableLength;
        for (nint p = 0; p < count; p++, sums += Lanes)
        {
            Vector256<int> a = Row(t0, x0[p]).AsInt32(), b = Row(t1, x1[p]).AsInt32(), c = Row(t2, x2[p]).AsInt32();
            Vector256<int> d = Row(t3, x3[p]).AsInt32(), e = Row(t4, x4[p]).AsInt32(), f = Row(t5, x5[p]).AsInt32();
            (Vector256.LoadAligned(sums) + (a + b + c) + (d + e + f)).StoreAligned(sums);
            Vector256<int> odd = (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16) + (e >>> 16) + (f >>> 16);
            (Vector256.LoadAligned(sums + 8) + odd).StoreAligned(sums + 8);
        }
    }

    private static Vector256<ushort> Row(ushort* table, byte code) => Vector256.LoadAligned(table + ((nuint)code * Lanes));

    /// <summary>Takes <c>full</c> and <c>odd</c> of each pixel apart and stores them as channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write(in LutConv2dOperands a, int* sums, int first, int count, int o, int used, int offset)
    {
        int plane = a.Shape.OutHeight * a.Shape.OutWidth;
        Vector256<int> offsets = Vector256.Create(offset);
        for (int p = 0, run; p < count; p += run, sums += run * Lanes)
        {
            // Short runs, so that the 16 walks through them find them in the L1 cache.
            int at = (first + p) % plane;
            run = Math.Min(Math.Min(plane - at, count - p), MaxWriteRun);
            for (int* pixel = sums; pixel < sums + (run * Lanes); pixel += Lanes)
            {
                Vector256<int> full = Vector256.LoadAligned(pixel), odd = Vector256.LoadAligned(pixel + 8);
                (full - (odd << 16) + offsets).StoreAligned(pixel);
                (odd + offsets).StoreAligned(pixel + 8);
            }

            int* to = a.Sums + ((((long)((first + p) / plane) * a.Shape.OutChannels) + o) * plane) + at;
            for (int lane = 0; lane < used; lane++, to += plane)
            {
                for (int i = 0; i < run; i++)
                {
                    to[i] = sums[(i * Lanes) + lane];
                }
            }
        }
    }

    /// <summary>Builds T_k of 16 output channels from the columns of their weights, by 16x16 transposes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Expand(in Columns columns, ushort* table, byte* weights, int pitch, int used, ushort* to)
    {
        ushort** rows = stackalloc ushort*[Lanes];
        for (int r = 0; r < Lanes; r++)
        {
            // Even 16-bit lanes become channels 0..7, odd ones 8..15. Channels that do not exist repeat the first; Write drops them.
            int channel = Transpose16x16.Lane(Transpose16x16.Lane(r));
            rows[r] = table + (weights[channel < used ? (long)channel * pitch : 0] * columns.Codes);
        }

        for (int code = 0; code < columns.Codes; code += Lanes)
        {
            Transpose16x16.Run(rows, code, to + (code * Lanes), Lanes);
        }
    }

    private static long DivideUp(long value, long by) => (value + by - 1) / by;

    /// <summary>The product table by weight code, <c>[w][x - FirstCode]</c>, less its least product, for the activation codes that
    /// occur.</summary>
    private readonly record struct Columns(ushort[] Table, int FirstCode, int Codes, int Least, bool Paired)
    {
        public static Columns Rent(in LutConv2dOperands a)
        {
            (byte low, byte high) = SpanRange.Of(new ReadOnlySpan<byte>(a.X, a.Shape.InputLength));
            if (a.Shape.Padding != (0, 0))
            {
                (low, high) = (Math.Min(low, a.PadCode), Math.Max(high, a.PadCode));
            }

            (int least, int greatest) = SpanRange.Of(new ReadOnlySpan<int>(a.Products + (low * 256), (high - low + 1) * 256));
            int firstCode = low & -Lanes, codes = (high | (Lanes - 1)) + 1 - firstCode;
            ushort[] table = ArrayPool<ushort>.Shared.Rent((256 * codes) + 1);
            ushort* block = stackalloc ushort[Lanes * Lanes];
            ushort** rows = stackalloc ushort*[Lanes];
            Vector256<int> leasts = Vector256.Create(least);
            fixed (ushort* to = table)
            {
                for (int code = 0; code < codes; code += Lanes)
                {
                    for (int w = 0; w < 256; w += Lanes)
                    {
                        for (int r = 0; r < Lanes; r++)
                        {
                            int* from = a.Products + ((firstCode + code + Transpose16x16.Lane(r)) * 256) + w;
                            Vector256<int> left = Vector256.Load(from) - leasts, right = Vector256.Load(from + 8) - leasts;
                            Vector256<ushort> packed = Avx2.PackUnsignedSaturate(left, right);
                            rows[r] = block + (r * Lanes);
                            Avx2.Permute4x64(packed.AsUInt64(), 0b11_01_10_00).AsUInt16().Store(rows[r]);
                        }

                        Transpose16x16.Run(rows, 0, to + (w * codes) + code, codes);
                    }
                }
            }

            return new Columns(table, firstCode, codes, least, 2 * (greatest - least) <= ushort.MaxValue);
        }
    }
}
