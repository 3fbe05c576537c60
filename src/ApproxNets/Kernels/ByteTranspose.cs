using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ApproxNets.Foundation;

namespace ApproxNets.Kernels;

/// <summary>Transposes matrices of bytes, in blocks of 16x16 where SSE2 is there: 64 interleavings for 256 bytes. What is left at the edges
/// is moved byte by byte. For weights in the order of k, and for the activations of fully connected layers.</summary>
internal static unsafe class ByteTranspose
{
    private const int Block = 16;
    private const int MinSharedLength = 1 << 16;

    /// <summary>Writes <c>to[j * rows + i] = from[i * columns + j]</c>; threads share the columns.</summary>
    public static void Run(byte* from, int rows, int columns, byte* to, int threads)
    {
        int parts = (long)rows * columns < MinSharedLength ? 1 : threads;
        WorkTeam.Run(parts, threads, new Part(from, rows, columns, to, parts));
    }

    /// <summary>Transposes columns <paramref name="first"/> .. <paramref name="end"/> - 1.</summary>
    private static void Columns(byte* from, int rows, int columns, int first, int end, byte* to)
    {
        for (int j = first; j < end; j += Block)
        {
            int width = Math.Min(Block, end - j), i = 0;
            for (; Sse2.IsSupported && width == Block && i <= rows - Block; i += Block)
            {
                Square(from + ((long)i * columns) + j, columns, to + ((long)j * rows) + i, rows);
            }

            for (; i < rows; i++)
            {
                for (int column = j; column < j + width; column++)
                {
                    to[((long)column * rows) + i] = from[((long)i * columns) + column];
                }
            }
        }
    }

    // Byte (r, c) has the address bits (r3 r2 r1 r0 c3 c2 c1 c0). Interleaving rows i and i + 8 moves r3 to the lower end: a rotation by
    // one place. Four rounds rotate by four places, which exchanges rows and columns.
    private static void Square(byte* from, long fromPitch, byte* to, long toPitch)
    {
        Vector128<byte>* a = stackalloc Vector128<byte>[Block], b = stackalloc Vector128<byte>[Block];
        for (int i = 0; i < Block; i++)
        {
            a[i] = Vector128.Load(from + (i * fromPitch));
        }

        for (int round = 0; round < 4; round++)
        {
            for (int i = 0; i < Block / 2; i++)
            {
                b[2 * i] = Sse2.UnpackLow(a[i], a[i + 8]);
                b[(2 * i) + 1] = Sse2.UnpackHigh(a[i], a[i + 8]);
            }

            Vector128<byte>* swap = a;
            a = b;
            b = swap;
        }

        for (int i = 0; i < Block; i++)
        {
            a[i].Store(to + (i * toPitch));
        }
    }

    private readonly struct Part(byte* from, int rows, int columns, byte* to, int parts) : IUnitWork
    {
        public void Run(int unit)
        {
            int blocks = (columns + Block - 1) / Block;
            int first = (int)((long)blocks * unit / parts) * Block, end = (int)((long)blocks * (unit + 1) / parts) * Block;
            Columns(from, rows, columns, first, Math.Min(end, columns), to);
        }
    }
}
