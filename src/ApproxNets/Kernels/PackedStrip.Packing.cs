using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <content>Copies codes from images to planes: about a vector for each row of each image and kx, so a small share of the time unless there
/// are few channels.</content>
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

        // A fully connected layer: the outputs of a k are the images, so [image, c] is transposed.
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
                // The last maps of the input are copied first: a vector would read past its end.
                if (from + _shuffleLength > end)
                {
                    Buffer.MemoryCopy(from, whole, LargeMap, length);
                    source = whole;
                }

                if (_shuffleLength == SmallMap)
                {
                    // Each writes a whole vector; what is past the map is overwritten by the next image.
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
        // The permutation ignores the uppermost bit of an index; the blend takes the padding where it is set.
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
        if (outWidth <= 32 && row >= a.X && row + ((images - 1) * imagePitch) + 32 <= a.X + _shape.InputLength)
        {
            // One vector for the whole width. What the load takes too much, a neighbour on either side, gives way to padding: byte i is
            // inside where i - left < right - left, without sign. What the store writes too much is overwritten by the next image or row:
            // they are written in rising order, and the last one has the slack behind it.
            Vector256<byte> padding = Vector256.Create(pad), inside = Vector256.LessThan(
                Vector256<byte>.Indices - Vector256.Create((byte)left), Vector256.Create((byte)(right - left)));
            for (int image = 0; outWidth > 16 && image < images; image++, row += imagePitch, to += outWidth)
            {
                Vector256.ConditionalSelect(inside, Vector256.Load(row), padding).Store(to);
            }

            for (int image = 0; outWidth <= 16 && image < images; image++, row += imagePitch, to += outWidth)
            {
                Vector128.ConditionalSelect(inside.GetLower(), Vector128.Load(row), padding.GetLower()).Store(to);
            }

            return;
        }

        for (int image = 0; image < images; image++, row += imagePitch, to += outWidth)
        {
            new Span<byte>(row + left, right - left).CopyTo(new Span<byte>(to + left, right - left));
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
            // Stride 2: the even bytes of 16, eight at a time. Bytes past the row are read only inside the input, and what they give is
            // overwritten by padding, the next image or the next row.
            int i = left;
            for (; stride == 2 && i < right && row + (2 * i) + 16 <= end; i += 8)
            {
                Vector128<ushort> even = Vector128.Load(row + (2 * i)).AsUInt16() & Vector128.Create((ushort)byte.MaxValue);
                Unsafe.WriteUnaligned(to + i, Vector128.Narrow(even, even).AsUInt64().ToScalar());
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
}
