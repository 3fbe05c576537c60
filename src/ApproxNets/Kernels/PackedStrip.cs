using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ApproxNets.Kernels;

/// <summary>
/// The activations of a strip of outputs (some rows of some images), laid out so that for every k = (c, ky, kx) the codes of
/// neighbouring outputs are neighbouring bytes. Outputs of the strip are numbered <c>p = (row * Images + image) * OutWidth + ox</c>.
/// </summary>
/// <remarks>
/// One plane for each (c, kx) holds input rows with padding and horizontal stride applied, images side by side in every row. With
/// rows outside images, a step in ky is the same distance for all outputs of the strip: the codes of k start at
/// <see cref="Offset"/> and are <see cref="Count"/> bytes in a row. Vertical kernel positions share a plane where the vertical stride
/// is 1, so a 3x3 layer is copied three times, not nine as by im2col; otherwise each ky has rows of its own.
/// </remarks>
internal readonly unsafe struct PackedStrip
{
    /// <summary>Bytes behind the packed codes that kernels may read (not use).</summary>
    public const int Slack = 256;

    private readonly Conv2dShape _shape;
    private readonly int _firstImage;
    private readonly int _firstRow;
    private readonly int _rows;
    private readonly int _planeRows;

    public PackedStrip(in Conv2dShape shape, int firstImage, int images, int firstRow, int rows)
    {
        (_shape, _firstImage, Images, _firstRow, _rows) = (shape, firstImage, images, firstRow, rows);
        OutWidth = shape.OutWidth;
        RowLength = images * OutWidth;
        Count = rows * RowLength;
        _planeRows = shape.Stride.H == 1 ? rows + ((shape.KernelHeight - 1) * shape.Dilation.H) : shape.KernelHeight * rows;
    }

    public int Images { get; }

    public int OutWidth { get; }

    /// <summary>Outputs of one row of all images.</summary>
    public int RowLength { get; }

    /// <summary>Outputs of the strip (of one channel).</summary>
    public int Count { get; }

    public int PlaneLength => _planeRows * RowLength;

    /// <summary>Bytes of one group of channels.</summary>
    public int Length => _shape.InChannels / _shape.Groups * _shape.KernelWidth * PlaneLength;

    /// <summary>Where the codes of kernel position (c, ky, kx) start.</summary>
    public int Offset(int c, int ky, int kx) => (((c * _shape.KernelWidth) + kx) * PlaneLength)
        + (ky * (_shape.Stride.H == 1 ? _shape.Dilation.H : _rows) * RowLength);

    /// <summary>Writes <see cref="Offset"/> of every k in the order of the weights.</summary>
    public void Offsets(int* to)
    {
        for (int c = 0; c < _shape.InChannels / _shape.Groups; c++)
        {
            for (int ky = 0; ky < _shape.KernelHeight; ky++)
            {
                for (int kx = 0; kx < _shape.KernelWidth; kx++)
                {
                    *to++ = Offset(c, ky, kx);
                }
            }
        }
    }

    /// <summary>Index of output p in channel 0 of <c>[B, O, OutHeight, OutWidth]</c>.</summary>
    public int OutputIndex(int p)
    {
        int row = p / RowLength, image = p % RowLength / OutWidth, ox = p % OutWidth;
        return (((_firstImage + image) * _shape.OutChannels * _shape.OutHeight) + _firstRow + row) * OutWidth + ox;
    }

    /// <summary>Outputs from p on that are neighbours in memory.</summary>
    public int Run(int p) => Images == 1 ? Count - p : OutWidth - (p % OutWidth);

    /// <summary>Finds the least and greatest code of the strip's images, padding included, in one group of channels.</summary>
    public (byte Low, byte High) CodeRange(in LutConv2dOperands a, int group)
    {
        Conv2dShape s = _shape;
        int length = s.InChannels / s.Groups * s.Height * s.Width;
        bool padded = s.Padding != (0, 0);
        (byte low, byte high) = padded ? (a.PadCode, a.PadCode) : (byte.MaxValue, byte.MinValue);
        for (int image = _firstImage; image < _firstImage + Images; image++)
        {
            byte* from = a.X + (((long)image * s.InChannels * s.Height * s.Width) + ((long)group * length));
            (byte least, byte greatest) = SpanRange.Of(new ReadOnlySpan<byte>(from, length));
            (low, high) = (Math.Min(low, least), Math.Max(high, greatest));
        }

        return (low, high);
    }

    /// <summary>Packs one group of channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(in LutConv2dOperands a, int group, byte* to)
    {
        Conv2dShape s = _shape;
        if (s is { Height: 1, Width: 1, KernelHeight: 1, KernelWidth: 1, Groups: 1, Padding: (0, 0) })
        {
            ByteTranspose.Run(a.X + ((long)_firstImage * s.InChannels), Images, s.InChannels, to, threads: 1);
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

    /// <summary>Adds up the activation codes of every output, over the fan-in of one group.</summary>
    /// <param name="packed">What <see cref="Pack"/> wrote.</param>
    /// <param name="scratch"><see cref="PlaneLength"/> entries.</param>
    /// <param name="factor">Factor of the sums.</param>
    /// <param name="sums"><see cref="Count"/> sums (written).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SumCodes(byte* packed, ushort* scratch, int factor, int* sums)
    {
        // 257 codes fit 16 bits.
        const int Most = ushort.MaxValue / byte.MaxValue;
        int planes = _shape.InChannels / _shape.Groups * _shape.KernelWidth, length = PlaneLength;
        new Span<int>(sums, Count).Clear();
        for (int first = 0; first < planes; first += Most)
        {
            new Span<ushort>(scratch, length).Clear();
            for (int plane = first; plane < Math.Min(first + Most, planes); plane++, packed += length)
            {
                int i = 0;
                for (; i <= length - 16; i += 16)
                {
                    (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(packed + i));
                    (Vector128.Load(scratch + i) + low).Store(scratch + i);
                    (Vector128.Load(scratch + i + 8) + high).Store(scratch + i + 8);
                }

                for (; i < length; i++)
                {
                    scratch[i] += packed[i];
                }
            }

            for (int ky = 0; ky < _shape.KernelHeight; ky++)
            {
                ushort* from = scratch + Offset(0, ky, 0);
                for (int p = 0; p < Count; p++)
                {
                    sums[p] += from[p] * factor;
                }
            }
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
            // The whole width in one go, neighbours included where it stands out; padding is written over them.
            for (int image = 0; image < images; image++, row += imagePitch, to += outWidth)
            {
                switch (outWidth)
                {
                    case 4:
                        Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<uint>(row));
                        break;
                    case 8:
                        Unsafe.WriteUnaligned(to, Unsafe.ReadUnaligned<ulong>(row));
                        break;
                    case 16:
                        Vector128.Load(row).Store(to);
                        break;
                    default:
                        Vector256.Load(row).Store(to);
                        break;
                }

                Pad(to, left, right, outWidth, pad);
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
