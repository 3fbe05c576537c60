// Functions of codes, term by term: planes t_r(c) out of codes c, and sums over terms of t_r(c) p_r. One pass over memory each; the
// tables (1 KB a term) stay in the first-level cache. Tensor operations would take an int64 index and a pass for every term.
// B images of C channels of n positions: codes [B, C, n], planes [B, C, R, n]. One unit of work is one channel of one image.
using ApproxNets.Foundation;
using ApproxNets.Kernels;

namespace ApproxNets.Layers;

/// <summary>Look-ups in several tables of 256 entries at once. Bit-exact for any number of threads.</summary>
internal static unsafe class TermPlanes
{
    /// <summary>Computes <c>planes[i, r, k] = tables[r, codes[i, k]]</c>.</summary>
    /// <param name="codes">Codes, <c>[i, k]</c>.</param>
    /// <param name="tables"><c>[R, 256]</c>.</param>
    /// <param name="positions">Number of k.</param>
    /// <param name="planes"><c>[i, R, k]</c>.</param>
    public static void Spread(ReadOnlySpan<byte> codes, ReadOnlySpan<float> tables, int positions, Span<float> planes)
    {
        fixed (byte* c = codes)
        fixed (float* t = tables, p = planes)
        {
            WorkTeam.Run(
                codes.Length / positions, Environment.ProcessorCount,
                new Lines(c, t, tables.Length / LutTable.Codes, positions, p, null));
        }
    }

    /// <summary>Computes <c>sums[i, k] = sum_r tables[r, codes[i, k]] planes[i, r, k]</c>.</summary>
    /// <param name="codes">Codes, <c>[i, k]</c>.</param>
    /// <param name="tables"><c>[R, 256]</c>.</param>
    /// <param name="positions">Number of k.</param>
    /// <param name="planes"><c>[i, R, k]</c>.</param>
    /// <param name="sums"><c>[i, k]</c>.</param>
    public static void Combine(
        ReadOnlySpan<byte> codes, ReadOnlySpan<float> tables, int positions, ReadOnlySpan<float> planes, Span<float> sums)
    {
        fixed (byte* c = codes)
        fixed (float* t = tables, p = planes, s = sums)
        {
            WorkTeam.Run(
                codes.Length / positions, Environment.ProcessorCount,
                new Lines(c, t, tables.Length / LutTable.Codes, positions, p, s));
        }
    }

    private readonly struct Lines(byte* codes, float* tables, int terms, int positions, float* planes, float* sums) : IUnitWork
    {
        public void Run(int unit)
        {
            byte* line = codes + ((long)unit * positions);
            float* plane = planes + ((long)unit * terms * positions);
            for (int r = 0; r < terms; r++, plane += positions)
            {
                float* table = tables + (r * LutTable.Codes);
                if (sums is null)
                {
                    for (int k = 0; k < positions; k++)
                    {
                        plane[k] = table[line[k]];
                    }

                    continue;
                }

                float* sum = sums + ((long)unit * positions);
                for (int k = 0; k < positions; k++)
                {
                    sum[k] = (r == 0 ? 0 : sum[k]) + (table[line[k]] * plane[k]);
                }
            }
        }
    }
}
