using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <content>
/// Groups with so few output channels (depthwise layers have one) that 16 lanes would mostly idle: eight pixels gather their
/// products from the column of each weight, 512 bytes that stay in the L1 cache.
/// </content>
internal static unsafe partial class LutConv2dAvx2
{
    private const int FewChannels = 2;

    private static void Few(
        in LutConv2dOperands a, in Columns columns, ushort* table, int group, int first, int count, byte* strip, int* sums)
    {
        Conv2dShape s = a.Shape;
        int fanIn = s.FanIn, channels = s.OutChannels / s.Groups, plane = s.OutHeight * s.OutWidth;
        for (int o = group * channels; o < (group + 1) * channels; o++)
        {
            byte* weights = a.Weights + ((long)o * fanIn);
            AddGathered(table - columns.FirstCode, columns.Codes, weights, fanIn, strip, count, sums, fanIn * columns.Least);
            for (int p = 0, run; p < count; p += run)
            {
                int at = (first + p) % plane;
                run = Math.Min(plane - at, count - p);
                int* to = a.Sums + ((((long)((first + p) / plane) * s.OutChannels) + o) * plane) + at;
                new Span<int>(sums + p, run).CopyTo(new Span<int>(to, run));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddGathered(
        ushort* origin, int codes, byte* weights, int fanIn, byte* strip, int count, int* sums, int offset)
    {
        int p = 0;
        for (; p <= count - 8; p += 8)
        {
            Vector256<int> sum = Vector256.Create(offset);
            byte* x = strip + p;
            for (int k = 0; k < fanIn; k++, x += count)
            {
                // 32-bit gathers of 16-bit entries: the upper half is the neighbour (the table is one entry longer than used).
                int* column = (int*)(origin + (weights[k] * codes));
                Vector256<int> products = Avx2.GatherVector256(column, Avx2.ConvertToVector256Int32(x), sizeof(ushort));
                sum += products & Vector256.Create((int)ushort.MaxValue);
            }

            sum.Store(sums + p);
        }

        for (; p < count; p++)
        {
            int sum = offset;
            for (int k = 0; k < fanIn; k++)
            {
                sum += origin[(weights[k] * codes) + strip[((long)k * count) + p]];
            }

            sums[p] = sum;
        }
    }
}
