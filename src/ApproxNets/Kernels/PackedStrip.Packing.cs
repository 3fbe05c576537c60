using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <content>Copies codes from images to planes.</content>
internal readonly unsafe partial struct PackedStrip
{
    /// <summary>Packs one group of channels.</summary>
    /// <param name="a">The operands.</param>
    /// <param name="group">The group.</param>
    /// <param name="shuffles">What <see cref="Shuffles"/> wrote.</param>
    /// <param name="to"><see cref="Length"/> bytes (written).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(in LutConv2dOperands a, int group, byte* shuffles, byte* to)
    {
        Conv2dShape s = _shape;
        if (s is { Height: 1, Width: 1, KernelHeight: 1, KernelWidth: 1, Groups: 1, Padding: (0, 0) })
        {
            ByteTranspose.Run(a.X + ((long)_firstImage * s.InChannels), Images, s.InChannels, to, threads: 1);
            return;
        }

        if (IsShuffled)
        {
            Shuffle(a, group, shuffles, to);
            return;
        }

        int channels = s.InChannels / s.Groups, width = s.Width, outWidth = OutWidth, stride = s.Stride.W;
        long imagePitch = (long)s.InChannels * s.Height * width;
        byte* images = a.X + (_firstImage * imagePitch) + ((long)group * channels * s.Height * width);
        for (int c = 0; c < channels; c++, images += (long)s.Height * width)
        {
            for (int kx = 0; kx < s.KernelWidth; kx++)
            {
                // Output columns inside [left, right) read inside the row: 0 <= ox * stride + dx < W.
                int dx = (kx * s.Dilation.W) - s.Padding.W;
                int left = Math.Clamp((-dx + stride - 1) / stride, 0, outWidth);
                int right = width > dx ? Math.Clamp((width - dx + stride - 1) / stride, left, outWidth) : left;
                for (int r = 0; r < _planeRows; r++, to += RowLength)
                {
                    int y = InputRow(r);
                    if ((uint)y >= (uint)s.Height || left == right)
                    {
                        new Span<byte>(to, RowLength).Fill(a.PadCode);
                        continue;
                    }

                    byte* row = images + ((long)y * width) + dx;
                    if (stride == 1)
                    {
                        CopyRows(a, row, imagePitch, to, left, right);
                    }
                    else
                    {
                        PickRows(a, row, imagePitch, to, left, right, stride);
                    }
                }
            }
        }
    }

    /// <summary>Bytes that <see cref="Shuffles"/> writes.</summary>
    public int ShuffleLength => Planes * _shuffleLength;

    /// <summary>Writes, for small maps, which byte of a map goes where for every k.</summary>
    public void Shuffles(byte* to)
    {
        Conv2dShape s = _shape;
        for (int k = 0; k < Planes && IsShuffled; k++)
        {
            for (int p = 0; p < _shuffleLength; p++)
            {
                int y = (p / OutWidth * s.Stride.H) - s.Padding.H + (k / s.KernelWidth * s.Dilation.H);
                int x = (p % OutWidth * s.Stride.W) - s.Padding.W + (k % s.KernelWidth * s.Dilation.W);
                bool inside = p < s.OutHeight * OutWidth && (uint)y < (uint)s.Height && (uint)x < (uint)s.Width;
                *to++ = inside ? (byte)((y * s.Width) + x) : Padded;
            }
        }
    }

    /// <summary>Packs small maps: one shuffle for each image and k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Shuffle(in LutConv2dOperands a, int group, byte* indices, byte* to)
    {
        Conv2dShape s = _shape;
        int channels = s.InChannels / s.Groups, planes = Planes, planeLength = PlaneLength, map = s.OutHeight * OutWidth, length = s.Height * s.Width;
        byte* end = a.X + s.InputLength;
        byte* whole = stackalloc byte[LargeMap];
        for (int c = 0; c < channels; c++, to += (long)planes * planeLength)
        {
            byte* from = a.X + ((((long)_firstImage * s.InChannels) + (group * channels) + c) * length);
            for (int image = 0; image < Images; image++, from += (long)s.InChannels * length)
            {
                byte* source = from;
                if (from + _shuffleLength > end)
                {
                    Buffer.MemoryCopy(from, whole, LargeMap, length);
                    source = whole;
                }

                if (_shuffleLength == SmallMap)
                {
                    ShuffleMap16(source, indices, a.PadCode, planes, to + ((long)image * map), planeLength);
                }
                else
                {
                    ShuffleMap64(source, indices, a.PadCode, planes, to + ((long)image * map), planeLength);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ShuffleMap16(byte* map, byte* indices, byte padCode, int planes, byte* to, int planeLength)
    {
        // Codes less the padding code: the zeros that an index beyond the vector gives become padding.
        Vector128<byte> pad = Vector128.Create(padCode), codes = Vector128.Load(map) - pad;
        for (int k = 0; k < planes; k++, to += planeLength)
        {
            (Vector128.Shuffle(codes, Vector128.Load(indices + (k * SmallMap))) + pad).Store(to);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ShuffleMap64(byte* map, byte* indices, byte padCode, int planes, byte* to, int planeLength)
    {
        Vector512<byte> pad = Vector512.Create(padCode), codes = Vector512.Load(map);
        for (int k = 0; k < planes; k++, to += planeLength)
        {
            Vector512<byte> index = Vector512.Load(indices + (k * LargeMap));
            Avx512BW.BlendVariable(Avx512Vbmi.PermuteVar64x8(codes, index), pad, index).Store(to);
        }
    }

    private int InputRow(int r) => _shape.Stride.H == 1
        ? _firstRow + r - _shape.Padding.H
        : ((_firstRow + (r % _rows)) * _shape.Stride.H) + (r / _rows * _shape.Dilation.H) - _shape.Padding.H;

    /// <summary>Copies one row of every image; columns outside [left, right) are padded.</summary>
    private void CopyRows(in LutConv2dOperands a, byte* row, long imagePitch, byte* to, int left, int right)
    {
        int images = Images, outWidth = OutWidth;
        byte pad = a.PadCode;
        byte* end = a.X + _shape.InputLength;
        if (outWidth is 4 or 8 or 16 or 32 && row >= a.X && row + ((images - 1) * imagePitch) + outWidth <= end)
        {
            // The whole width in one go, neighbours included where it stands out; padding is put over them.
            byte* keep = stackalloc byte[32], padding = stackalloc byte[32];
            for (int i = 0; i < 32; i++)
            {
                bool inside = i >= left && i < right;
                (keep[i], padding[i]) = inside ? (byte.MaxValue, (byte)0) : ((byte)0, pad);
            }

            switch (outWidth)
            {
                case 4:
                    uint keep4 = *(uint*)keep, padding4 = *(uint*)padding;
                    for (int image = 0; image < images; image++)
                    {
                        Unsafe.WriteUnaligned(to + (image * 4), (Unsafe.ReadUnaligned<uint>(row + (image * imagePitch)) & keep4) | padding4);
                    }

                    break;
                case 8:
                    ulong keep8 = *(ulong*)keep, padding8 = *(ulong*)padding;
                    for (int image = 0; image < images; image++)
                    {
                        Unsafe.WriteUnaligned(to + (image * 8), (Unsafe.ReadUnaligned<ulong>(row + (image * imagePitch)) & keep8) | padding8);
                    }

                    break;
                case 16:
                    Vector128<byte> keep16 = Vector128.Load(keep), padding16 = Vector128.Load(padding);
                    for (int image = 0; image < images; image++)
                    {
                        ((Vector128.Load(row + (image * imagePitch)) & keep16) | padding16).Store(to + (image * 16));
                    }

                    break;
                default:
                    Vector256<byte> keep32 = Vector256.Load(keep), padding32 = Vector256.Load(padding);
                    for (int image = 0; image < images; image++)
                    {
                        ((Vector256.Load(row + (image * imagePitch)) & keep32) | padding32).Store(to + (image * 32));
                    }

                    break;
            }

            return;
        }

        for (int image = 0; image < images; image++, row += imagePitch, to += outWidth)
        {
            Copy(row + left, to + left, right - left);
            Pad(to, left, right, outWidth, pad);
        }
    }

    /// <summary>As <see cref="CopyRows"/>, with a horizontal stride.</summary>
    private void PickRows(in LutConv2dOperands a, byte* row, long imagePitch, byte* to, int left, int right, int stride)
    {
        int images = Images, outWidth = OutWidth;
        byte* end = a.X + _shape.InputLength;
        for (int image = 0; image < images; image++, row += imagePitch, to += outWidth)
        {
            int i = left;
            if (stride == 2)
            {
                // Even bytes of 16; the last of them may belong to what follows the row, if only inside the input.
                for (; i + 8 <= right && row + (2 * i) + 16 <= end; i += 8)
                {
                    Vector128<ushort> even = Vector128.Load(row + (2 * i)).AsUInt16() & Vector128.Create((ushort)byte.MaxValue);
                    Unsafe.WriteUnaligned(to + i, Vector128.Narrow(even, even).AsUInt64().ToScalar());
                }
            }

            if (stride == 2 && i + 4 <= right && row + (2 * i) + 8 <= end)
            {
                ulong even = Unsafe.ReadUnaligned<ulong>(row + (2 * i)) & 0x00FF00FF00FF00FF;
                even = (even | (even >> 8)) & 0x0000FFFF0000FFFF;
                Unsafe.WriteUnaligned(to + i, (uint)(even | (even >> 16)));
                i += 4;
            }

            for (; i < right; i++)
            {
                to[i] = row[(long)i * stride];
            }

            Pad(to, left, right, outWidth, a.PadCode);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pad(byte* to, int left, int right, int outWidth, byte pad)
    {
        for (int i = 0; i < left; i++)
        {
            to[i] = pad;
        }

        for (int i = right; i < outWidth; i++)
        {
            to[i] = pad;
        }
    }

    /// <summary>Copies in the widest pieces that fit, the last one overlapping the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(byte* from, byte* to, int count)
    {
        if (count >= 16)
        {
            for (int i = 0; i < count - 16; i += 16)
            {
                Vector128.Load(from + i).Store(to + i);
            }

            Vector128.Load(from + count - 16).Store(to + count - 16);
        }
        else if (count >= 8)
        {
            ulong last = Unsafe.ReadUnaligned<ulong>(from + count - 8);
            Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ulong>(from));
            Unsafe.WriteUnaligned(to + count - 8, last);
        }
        else if (count >= 4)
        {
            uint last = Unsafe.ReadUnaligned<uint>(from + count - 4);
            Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<uint>(from));
            Unsafe.WriteUnaligned(to + count - 4, last);
        }
        else
        {
            for (int i = 0; i < count; i++)
            {
                to[i] = from[i];
            }
        }
    }
}
