using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ApproxNets.Kernels;

/// <summary>
/// Lays out the activations of a strip of output pixels as <c>[K, pixels]</c>: for a fixed k neighbouring pixels are neighbouring
/// bytes. Output pixels are numbered across the batch, <c>(b * OutHeight + oy) * OutWidth + ox</c>; k = (c, ky, kx) counts the
/// weights of one output channel. This is im2col for one strip, small enough to stay in the L2 cache.
/// </summary>
internal static unsafe class PixelStrip
{
    /// <summary>Writes the codes of pixels <c>first .. first + count - 1</c> of one group; row k starts at
    /// <c>strip + k * pitch</c>.</summary>
    public static void Gather(in LutConv2dOperands a, int group, int first, int count, byte* strip, int pitch)
    {
        Conv2dShape s = a.Shape;
        int groupIn = s.InChannels / s.Groups;
        for (int c = 0; c < groupIn; c++)
        {
            for (int ky = 0; ky < s.KernelHeight; ky++)
            {
                for (int kx = 0; kx < s.KernelWidth; kx++, strip += pitch)
                {
                    int dy = (ky * s.Dilation.H) - s.Padding.H, dx = (kx * s.Dilation.W) - s.Padding.W;
                    GatherOne(a, (group * groupIn) + c, dy, dx, first, count, strip);
                }
            }
        }
    }

    /// <summary>One k: the input shifted by (dy, dx), row by row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatherOne(in LutConv2dOperands a, int channel, int dy, int dx, int first, int count, byte* to)
    {
        // Locals throughout: the stores below could alias a field, so the compiler would read it again for each row.
        Conv2dShape s = a.Shape;
        int outHeight = s.OutHeight, outWidth = s.OutWidth, strideY = s.Stride.H, stride = s.Stride.W, height = s.Height, width = s.Width;
        long imagePitch = (long)s.InChannels * height * width;
        byte pad = a.PadCode;
        int ox = first % outWidth, oy = first / outWidth % outHeight;
        byte* image = a.X + (first / outWidth / outHeight * imagePitch) + ((long)channel * height * width);

        // Output columns inside [left, right) read inside the row: 0 <= ox * stride + dx < W.
        int left = Math.Clamp((-dx + stride - 1) / stride, 0, outWidth);
        int right = width > dx ? Math.Clamp((width - dx + stride - 1) / stride, left, outWidth) : left;
        for (byte* end = to + count; to < end;)
        {
            int length = Math.Min(outWidth - ox, (int)(end - to));
            int y = (oy * strideY) + dy;
            if ((uint)y >= (uint)height)
            {
                Fill(to, 0, length, pad);
            }
            else
            {
                int from = Math.Min(Math.Max(left - ox, 0), length), until = Math.Min(Math.Max(right - ox, from), length);
                byte* row = image + ((long)y * width) + ((long)ox * stride) + dx;
                Fill(to, 0, from, pad);
                Copy(row, to, from, until, stride);
                Fill(to, until, length, pad);
            }

            to += length;
            ox = 0;
            if (++oy == outHeight)
            {
                oy = 0;
                image += imagePitch;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fill(byte* to, int from, int until, byte code)
    {
        for (int i = from; i < until; i++)
        {
            to[i] = code;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* row, byte* to, int from, int until, int stride)
    {
        // Sixteen bytes (else eight, else four) at a time; the last ones overlap those before them.
        if (stride == 1 && until - from >= 16)
        {
            for (int i = from; i < until - 16; i += 16)
            {
                Vector128.Store(Vector128.Load(row + i), to + i);
            }

            Vector128.Store(Vector128.Load(row + until - 16), to + until - 16);
        }
        else if (stride == 1 && until - from >= 8)
        {
            Unsafe.WriteUnaligned(to + from, Unsafe.ReadUnaligned<ulong>(row + from));
            Unsafe.WriteUnaligned(to + until - 8, Unsafe.ReadUnaligned<ulong>(row + until - 8));
        }
        else if (stride == 1 && until - from >= 4)
        {
            Unsafe.WriteUnaligned(to + from, Unsafe.ReadUnaligned<uint>(row + from));
            Unsafe.WriteUnaligned(to + until - 4, Unsafe.ReadUnaligned<uint>(row + until - 4));
        }
        else
        {
            for (int i = from; i < until; i++)
            {
                to[i] = row[(long)i * stride];
            }
        }
    }
}
