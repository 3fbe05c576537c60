using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ApproxNets.Kernels;

namespace ApproxNets.Benchmarks;

/// <summary>
/// The baseline: the convolution of looked-up products as other simulators for CPUs compute it, eight pixels per gather instruction
/// from a table of 32-bit products. Deliberately plain, but not made slow.
/// </summary>
/// <remarks>
/// <para>Output pixels are numbered across the batch. A strip of 256 of them is laid out as <c>[K, 256]</c> bytes (im2col); then for
/// each output channel and 32 pixels at a time the loop runs over k: widen 8 codes, gather 8 products, add. The table is weight-major
/// (<see cref="WeightMajor"/>), so that one k gathers from 1 KB. Threads share out strips, and where those are too few also groups and
/// output channels.</para>
/// <para>Where AVX2 is missing the same order runs without vectors; <see cref="UsesAvx2"/> tells. Bit-exact either way.</para>
/// </remarks>
public static unsafe class GatherConv2d
{
    private const int StripPixels = 256;
    private const int Lanes = 8;

    /// <summary>Whether this machine runs the gather instruction, and not the plain loop in its place.</summary>
    public static bool UsesAvx2 => Avx2.IsSupported;

    /// <summary>Lays out a product table for this kernel: <c>[wCode * 256 + xCode]</c>. Done once per multiplier, as other kernels do
    /// with their tables, so not part of what is timed.</summary>
    /// <param name="products">The product table, 65,536 entries, <c>[xCode * 256 + wCode]</c>.</param>
    public static int[] WeightMajor(ReadOnlySpan<int> products)
    {
        var table = new int[products.Length];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = products[((i & 255) << 8) | (i >> 8)];
        }

        return table;
    }

    /// <summary>Computes the sums of looked-up products.</summary>
    /// <param name="x">Activation codes, <c>[B, C, H, W]</c>.</param>
    /// <param name="weights">Weight codes, <c>[O, C / Groups, KernelHeight, KernelWidth]</c>.</param>
    /// <param name="table">The table of <see cref="WeightMajor"/>.</param>
    /// <param name="shape">Sizes, stride, padding, dilation and groups.</param>
    /// <param name="padCode">Activation code of a padded position.</param>
    /// <param name="sums">The sums, <c>[B, O, OutHeight, OutWidth]</c> (written).</param>
    /// <param name="threads">Threads to use at most, &gt;= 1.</param>
    /// <exception cref="ArgumentException">A length does not agree with the shape, or the shape is not one a convolution can
    /// have.</exception>
    public static void Run(
        ReadOnlySpan<byte> x, ReadOnlySpan<byte> weights, ReadOnlySpan<int> table, in Conv2dShape shape, byte padCode,
        Span<int> sums, int threads)
    {
        Check(x.Length, weights.Length, table.Length, sums.Length, shape);
        fixed (byte* px = x, pw = weights)
        fixed (int* pt = table, ps = sums)
        {
            Run(new Operands(px, pw, pt, shape, padCode) { Sums = ps }, threads);
        }
    }

    /// <summary>Computes the real outputs <c>y = scale sum + bias_o</c> of a layer without zero points.</summary>
    /// <param name="x">As for the other overload.</param>
    /// <param name="weights">As for the other overload.</param>
    /// <param name="table">As for the other overload.</param>
    /// <param name="shape">As for the other overload.</param>
    /// <param name="padCode">As for the other overload.</param>
    /// <param name="scale">Real units of one step of a sum.</param>
    /// <param name="bias">O entries.</param>
    /// <param name="y">The outputs, <c>[B, O, OutHeight, OutWidth]</c> (written).</param>
    /// <param name="threads">Threads to use at most, &gt;= 1.</param>
    /// <exception cref="ArgumentException">As for the other overload.</exception>
    public static void Run(
        ReadOnlySpan<byte> x, ReadOnlySpan<byte> weights, ReadOnlySpan<int> table, in Conv2dShape shape, byte padCode,
        float scale, ReadOnlySpan<float> bias, Span<float> y, int threads)
    {
        Check(x.Length, weights.Length, table.Length, y.Length, shape);
        if (bias.Length != shape.OutChannels)
        {
            throw new ArgumentException($"Gather: found {bias.Length} biases, expected {shape.OutChannels}.", nameof(bias));
        }

        fixed (byte* px = x, pw = weights)
        fixed (int* pt = table)
        fixed (float* pb = bias, py = y)
        {
            Run(new Operands(px, pw, pt, shape, padCode) { Y = py, Scale = scale, Bias = pb }, threads);
        }
    }

    private static void Check(int x, int weights, int table, int outputs, in Conv2dShape shape)
    {
        shape.Validate();
        if (x != shape.InputLength || weights != shape.WeightLength || table != 65536 || outputs != shape.OutputLength)
        {
            throw new ArgumentException(
                $"Gather: found {x} activations, {weights} weights, a table of {table} and {outputs} outputs, expected "
                + $"{shape.InputLength}, {shape.WeightLength}, 65536 and {shape.OutputLength} for {shape}.");
        }
    }

    private static void Run(Operands a, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        Conv2dShape s = a.Shape;
        int pixels = s.Batch * s.OutHeight * s.OutWidth, strips = (pixels + StripPixels - 1) / StripPixels;
        int groupOut = s.OutChannels / s.Groups;
        int parts = strips * s.Groups < threads ? Math.Min(threads, groupOut) : 1;
        Parallel.For(0, strips * s.Groups * parts, new ParallelOptions { MaxDegreeOfParallelism = threads }, unit =>
        {
            int part = unit % parts, group = unit / parts % s.Groups, first = unit / parts / s.Groups * StripPixels;
            int from = (group * groupOut) + (part * groupOut / parts), until = (group * groupOut) + ((part + 1) * groupOut / parts);
            Strip(a, group, first, Math.Min(StripPixels, pixels - first), from, until);
        });
    }

    private static void Strip(in Operands a, int group, int first, int count, int fromChannel, int untilChannel)
    {
        byte[] columns = System.Buffers.ArrayPool<byte>.Shared.Rent(a.Shape.FanIn * StripPixels);
        int* sums = stackalloc int[StripPixels];
        fixed (byte* pc = columns)
        {
            Columns(a, group, first, count, pc);
            for (int o = fromChannel; o < untilChannel; o++)
            {
                byte* weights = a.Weights + ((long)o * a.Shape.FanIn);
                if (Avx2.IsSupported)
                {
                    SumsAvx2(pc, weights, a.Table, a.Shape.FanIn, count, sums);
                }
                else
                {
                    SumsScalar(pc, weights, a.Table, a.Shape.FanIn, count, sums);
                }

                Write(a, o, first, count, sums);
            }
        }

        System.Buffers.ArrayPool<byte>.Shared.Return(columns);
    }

    /// <summary>im2col of one strip and group. Up to 7 bytes behind the last pixel are read too: they are written as padding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns(in Operands a, int group, int first, int count, byte* column)
    {
        Conv2dShape s = a.Shape;
        int groupIn = s.InChannels / s.Groups, outHeight = s.OutHeight, outWidth = s.OutWidth;
        int rounded = (count + Lanes - 1) / Lanes * Lanes;
        for (int k = 0; k < s.FanIn; k++, column += StripPixels)
        {
            int c = (group * groupIn) + (k / (s.KernelHeight * s.KernelWidth));
            int dy = (k / s.KernelWidth % s.KernelHeight * s.Dilation.H) - s.Padding.H;
            int dx = (k % s.KernelWidth * s.Dilation.W) - s.Padding.W;
            new Span<byte>(column, rounded).Fill(a.PadCode);

            // Row by row of the output: columns left <= ox < right read inside the input.
            int left = Math.Max((-dx + s.Stride.W - 1) / s.Stride.W, 0);
            int right = s.Width > dx ? Math.Min((s.Width - dx + s.Stride.W - 1) / s.Stride.W, outWidth) : 0;
            for (int p = 0; p < count;)
            {
                int ox = (first + p) % outWidth, row = (first + p) / outWidth;
                int length = Math.Min(outWidth - ox, count - p), y = (row % outHeight * s.Stride.H) + dy;
                int from = Math.Max(left, ox), until = Math.Min(right, ox + length);
                if ((uint)y < (uint)s.Height && from < until)
                {
                    byte* source = a.X + (((((long)(row / outHeight) * s.InChannels) + c) * s.Height) + y) * s.Width + dx;
                    byte* to = column + p - ox;
                    if (s.Stride.W == 1)
                    {
                        Buffer.MemoryCopy(source + from, to + from, until - from, until - from);
                    }
                    else
                    {
                        for (int i = from; i < until; i++)
                        {
                            to[i] = source[i * s.Stride.W];
                        }
                    }
                }

                p += length;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumsAvx2(byte* columns, byte* weights, int* table, int fanIn, int count, int* sums)
    {
        int p = 0;
        for (; p + (4 * Lanes) <= count; p += 4 * Lanes)
        {
            Vector256<int> s0 = default, s1 = default, s2 = default, s3 = default;
            byte* codes = columns + p;
            for (int k = 0; k < fanIn; k++, codes += StripPixels)
            {
                int* row = table + (weights[k] * 256);
                s0 += Avx2.GatherVector256(row, Avx2.ConvertToVector256Int32(codes), sizeof(int));
                s1 += Avx2.GatherVector256(row, Avx2.ConvertToVector256Int32(codes + Lanes), sizeof(int));
                s2 += Avx2.GatherVector256(row, Avx2.ConvertToVector256Int32(codes + (2 * Lanes)), sizeof(int));
                s3 += Avx2.GatherVector256(row, Avx2.ConvertToVector256Int32(codes + (3 * Lanes)), sizeof(int));
            }

            s0.Store(sums + p);
            s1.Store(sums + p + Lanes);
            s2.Store(sums + p + (2 * Lanes));
            s3.Store(sums + p + (3 * Lanes));
        }

        for (; p < count; p += Lanes)
        {
            Vector256<int> s0 = default;
            byte* codes = columns + p;
            for (int k = 0; k < fanIn; k++, codes += StripPixels)
            {
                s0 += Avx2.GatherVector256(table + (weights[k] * 256), Avx2.ConvertToVector256Int32(codes), sizeof(int));
            }

            s0.Store(sums + p); // At most up to StripPixels, a multiple of the lanes.
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumsScalar(byte* columns, byte* weights, int* table, int fanIn, int count, int* sums)
    {
        new Span<int>(sums, count).Clear();
        for (int k = 0; k < fanIn; k++, columns += StripPixels)
        {
            int* row = table + (weights[k] * 256);
            for (int p = 0; p < count; p++)
            {
                sums[p] += row[columns[p]];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write(in Operands a, int o, int first, int count, int* sums)
    {
        Debug.Assert(a.Y is null != a.Sums is null, "One output, not both.");
        int plane = a.Shape.OutHeight * a.Shape.OutWidth, channels = a.Shape.OutChannels;
        float scale = a.Scale, bias = a.Bias is null ? 0 : a.Bias[o];
        for (int p = 0; p < count;)
        {
            int at = (first + p) % plane, length = Math.Min(plane - at, count - p);
            long to = ((((long)((first + p) / plane) * channels) + o) * plane) + at;
            for (int i = 0; i < length; i++)
            {
                if (a.Y is null)
                {
                    a.Sums[to + i] = sums[p + i];
                }
                else
                {
                    a.Y[to + i] = (scale * sums[p + i]) + bias;
                }
            }

            p += length;
        }
    }

    private readonly struct Operands(byte* x, byte* weights, int* table, in Conv2dShape shape, byte padCode)
    {
        public readonly byte* X = x;
        public readonly byte* Weights = weights;
        public readonly int* Table = table;
        public readonly Conv2dShape Shape = shape;
        public readonly byte PadCode = padCode;

        public int* Sums { get; init; }

        public float* Y { get; init; }

        public float Scale { get; init; }

        public float* Bias { get; init; }
    }
}
