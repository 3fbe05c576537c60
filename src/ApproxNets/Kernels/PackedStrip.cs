using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
/// <para>Maps of at most 16 positions are one vector: there every k is one byte shuffle of the whole map, and outputs are numbered
/// image by image. With AVX-512 the same is done for maps of 64 positions, if groups have few channels: K rows take more memory.</para>
/// </remarks>
internal readonly unsafe partial struct PackedStrip
{
    /// <summary>Bytes behind the packed codes that kernels may read (not use).</summary>
    public const int Slack = 256;

    // An index with the uppermost bit, which both kinds of shuffles can tell.
    private const byte Padded = byte.MaxValue;

    private const int SmallMap = 16;
    private const int LargeMap = 64;
    private const int FewChannels = 4;

    private readonly Conv2dShape _shape;
    private readonly int _firstImage;
    private readonly int _firstRow;
    private readonly int _rows;
    private readonly int _planeRows;
    private readonly int _shuffleLength;

    public PackedStrip(in Conv2dShape shape, int firstImage, int images, int firstRow, int rows)
    {
        (_shape, _firstImage, Images, _firstRow, _rows) = (shape, firstImage, images, firstRow, rows);
        OutWidth = shape.OutWidth;
        RowLength = images * OutWidth;
        Count = rows * RowLength;
        int map = Math.Max(shape.Height * shape.Width, shape.OutHeight * OutWidth);
        bool whole = rows == shape.OutHeight && (shape.KernelHeight > 1 || shape.KernelWidth > 1);
        _shuffleLength = !whole || map > LargeMap ? 0
            : map <= SmallMap ? SmallMap
            : Avx512Vbmi.IsSupported && shape.InChannels / shape.Groups <= FewChannels ? LargeMap : 0;
        _planeRows = shape.Stride.H == 1 ? rows + ((shape.KernelHeight - 1) * shape.Dilation.H) : shape.KernelHeight * rows;
    }

    public int Images { get; }

    public int OutWidth { get; }

    /// <summary>Outputs of one row of all images.</summary>
    public int RowLength { get; }

    /// <summary>Outputs of the strip (of one channel).</summary>
    public int Count { get; }

    /// <summary>Bytes of one plane. A shuffled one has room for the vector that is written last.</summary>
    public int PlaneLength => IsShuffled ? Count + _shuffleLength : _planeRows * RowLength;

    private bool IsShuffled => _shuffleLength > 0;

    /// <summary>Planes of one channel.</summary>
    private int Planes => IsShuffled ? _shape.KernelHeight * _shape.KernelWidth : _shape.KernelWidth;

    /// <summary>Bytes of one group of channels.</summary>
    public int Length => _shape.InChannels / _shape.Groups * Planes * PlaneLength;

    /// <summary>Where the codes of kernel position (c, ky, kx) start.</summary>
    public int Offset(int c, int ky, int kx) => IsShuffled
        ? ((((c * _shape.KernelHeight) + ky) * _shape.KernelWidth) + kx) * PlaneLength
        : (((c * _shape.KernelWidth) + kx) * PlaneLength) + (ky * (_shape.Stride.H == 1 ? _shape.Dilation.H : _rows) * RowLength);

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

    /// <summary>Outputs that are neighbours in memory, from the first of them on.</summary>
    public int RunLength => IsShuffled ? _shape.OutHeight * OutWidth : Images == 1 ? Count : OutWidth;

    /// <summary>Index of output p in channel 0 of <c>[B, O, OutHeight, OutWidth]</c>.</summary>
    public int OutputIndex(int p)
    {
        int map = _shape.OutHeight * OutWidth;
        return IsShuffled
            ? ((_firstImage + (p / map)) * _shape.OutChannels * map) + (p % map)
            : ((((_firstImage + (p % RowLength / OutWidth)) * _shape.OutChannels * _shape.OutHeight) + _firstRow + (p / RowLength)) * OutWidth)
                + (p % OutWidth);
    }

    /// <summary>Outputs from p on that are neighbours in memory.</summary>
    public int Run(int p) => RunLength - (p % RunLength);

    /// <summary>Finds the least and greatest code of the strip's images, padding included, in one group of channels.</summary>
    public (byte Low, byte High) CodeRange(in LutConv2dOperands a, int group)
    {
        Conv2dShape s = _shape;
        int length = s.InChannels / s.Groups * s.Height * s.Width;
        (byte low, byte high) = s.Padding != (0, 0) ? (a.PadCode, a.PadCode) : (byte.MaxValue, byte.MinValue);
        Vector128<byte> least = Vector128.Create(low), greatest = Vector128.Create(high);
        for (int image = _firstImage; image < _firstImage + Images; image++)
        {
            byte* from = a.X + (((long)image * s.InChannels * s.Height * s.Width) + ((long)group * length));
            for (int i = 0; i < length && length >= 16; i += 16)
            {
                // The last vector overlaps the one before.
                Vector128<byte> codes = Vector128.Load(from + Math.Min(i, length - 16));
                (least, greatest) = (Vector128.Min(least, codes), Vector128.Max(greatest, codes));
            }

            for (int i = 0; i < length && length < 16; i++)
            {
                (low, high) = (Math.Min(low, from[i]), Math.Max(high, from[i]));
            }
        }

        byte* lanes = stackalloc byte[32];
        least.Store(lanes);
        greatest.Store(lanes + 16);
        for (int lane = 0; lane < 16; lane++)
        {
            (low, high) = (Math.Min(low, lanes[lane]), Math.Max(high, lanes[lane + 16]));
        }

        return (low, high);
    }

    /// <summary>Adds up the activation codes of every output, over the fan-in of one group.</summary>
    /// <param name="packed">What <see cref="Pack"/> wrote.</param>
    /// <param name="scratch"><see cref="PlaneLength"/> entries.</param>
    /// <param name="factor">Factor of the sums.</param>
    /// <param name="sums"><see cref="Count"/> sums (written).</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SumCodes(byte* packed, ushort* scratch, int factor, int* sums)
    {
        // Planes are added up first, 257 of them fit 16 bits. Then the sum of an output is that of its kernel rows' places in the plane:
        // an addition for each plane and one for each ky, where looking at every k would take as many as there are products.
        const int Most = ushort.MaxValue / byte.MaxValue;
        int planes = _shape.InChannels / _shape.Groups * Planes, length = PlaneLength;
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

            for (int ky = 0; ky < (IsShuffled ? 1 : _shape.KernelHeight); ky++)
            {
                AddMultiple(scratch + Offset(0, ky, 0), factor, sums, Count);
            }
        }
    }

    private static void AddMultiple(ushort* from, int factor, int* sums, int count)
    {
        Vector128<int> factors = Vector128.Create(factor);
        int p = 0;
        for (; p <= count - 8; p += 8)
        {
            (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.Load(from + p));
            (Vector128.Load(sums + p) + (low.AsInt32() * factors)).Store(sums + p);
            (Vector128.Load(sums + p + 4) + (high.AsInt32() * factors)).Store(sums + p + 4);
        }

        for (; p < count; p++)
        {
            sums[p] += from[p] * factor;
        }
    }
}
