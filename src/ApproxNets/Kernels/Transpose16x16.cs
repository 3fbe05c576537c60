using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <summary>
/// Transposes blocks of 16x16 16-bit elements with AVX2. Number an element by its row bits r3..r0 and column bits c3..c0. Interleaving
/// rows i and i + 8 within 128-bit halves turns <c>(r3 r2 r1 r0 | c3 c2 c1 c0)</c> into <c>(r2 r1 r0 c2 | c3 c1 c0 r3)</c>: the address
/// rotates, c3 stays. Three such steps and one exchange of halves give <c>(c3 c2 c1 c0 | r0 r3 r2 r1)</c>, the transpose with its columns
/// in the order of <see cref="Lane"/>.
/// </summary>
internal static unsafe class Transpose16x16
{
    /// <summary>The column in which source row <paramref name="row"/> ends.</summary>
    public static int Lane(int row) => ((row & 1) << 3) | (row >> 1);

    /// <summary>Writes the transpose of <c>rows[0..15][at..at + 15]</c> to 16 rows that are <paramref name="pitch"/> apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(ushort** rows, int at, ushort* to, int pitch)
    {
        // Two steps at once: rows i, i + 4, i + 8, i + 12 become rows 4i .. 4i + 3.
        ushort* half = stackalloc ushort[256];
        for (int i = 0; i < 4; i++)
        {
            Vector256<ushort> a = Vector256.Load(rows[i] + at), b = Vector256.Load(rows[i + 4] + at);
            Vector256<ushort> c = Vector256.Load(rows[i + 8] + at), d = Vector256.Load(rows[i + 12] + at);
            Vector256<ushort> ac0 = Avx2.UnpackLow(a, c), ac1 = Avx2.UnpackHigh(a, c);
            Vector256<ushort> bd0 = Avx2.UnpackLow(b, d), bd1 = Avx2.UnpackHigh(b, d);
            Avx2.UnpackLow(ac0, bd0).Store(half + (64 * i));
            Avx2.UnpackHigh(ac0, bd0).Store(half + (64 * i) + 16);
            Avx2.UnpackLow(ac1, bd1).Store(half + (64 * i) + 32);
            Avx2.UnpackHigh(ac1, bd1).Store(half + (64 * i) + 48);
        }

        for (int i = 0; i < 4; i++)
        {
            Vector256<ushort> a = Vector256.Load(half + (16 * i)), b = Vector256.Load(half + (16 * (i + 4)));
            Vector256<ushort> c = Vector256.Load(half + (16 * (i + 8))), d = Vector256.Load(half + (16 * (i + 12)));
            Vector256<ushort> ac0 = Avx2.UnpackLow(a, c), ac1 = Avx2.UnpackHigh(a, c);
            Vector256<ushort> bd0 = Avx2.UnpackLow(b, d), bd1 = Avx2.UnpackHigh(b, d);
            ushort* row = to + (2 * i * pitch);
            Avx2.Permute2x128(ac0, bd0, 0x20).Store(row);
            Avx2.Permute2x128(ac1, bd1, 0x20).Store(row + pitch);
            Avx2.Permute2x128(ac0, bd0, 0x31).Store(row + (8 * pitch));
            Avx2.Permute2x128(ac1, bd1, 0x31).Store(row + (9 * pitch));
        }
    }
}
