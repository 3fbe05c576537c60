using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ApproxNets.Kernels;

/// <summary>
/// Single look-ups, for layers with too few products to expand tables for. With many outputs, <c>sum_p += column_w[x_p]</c>: the column of
/// a weight, <c>products[.][w]</c> as 16 bits, takes 512 bytes and stays in the L1 cache while outputs stream past. With fewer than eight
/// outputs, <c>sum = sum_k products[x_k * 256 + w_k]</c> along the fan-in. Plain code for every machine, about a product a cycle.
/// </summary>
internal static unsafe class LutConv2dColumns
{
    private const int FewOutputs = 8;

    /// <summary>Computes <paramref name="count"/> of the strip's channels.</summary>
    public static void Run(in StripWork work, int first, int count)
    {
        LutConv2dOperands a = work.Operands;
        PackedStrip strip = work.Strip;
        int fanIn = a.Shape.FanIn, outputs = strip.Count, plane = a.Shape.OutHeight * a.Shape.OutWidth;
        using var scratch = new Scratch(((long)outputs + fanIn) * sizeof(int));
        int* sums = scratch.Take<int>(outputs);
        int* rows = scratch.Take<int>(fanIn);
        int from = (work.Group * work.Channels) + first;
        for (int p = 0; outputs < FewOutputs && p < outputs; p++)
        {
            // Where the row of each activation starts; all channels use it.
            for (int k = 0; k < fanIn; k++)
            {
                rows[k] = work.Packed[work.Offsets[k] + p] * LutTable.Codes;
            }

            int* to = a.Output + strip.OutputIndex(p);
            for (int o = from; o < from + count; o++)
            {
                int sum = Dot(a, rows, a.Weights + ((long)o * fanIn), fanIn) + (a.Offset == null ? 0 : a.Offset[o]);
                to[(long)o * plane] = a.Finish(sum + (work.CodeSums == null ? 0 : work.CodeSums[p]), o);
            }
        }

        for (int o = from; outputs >= FewOutputs && o < from + count; o++)
        {
            AddColumns(work, a.Weights + ((long)o * fanIn), outputs, sums);
            int offset = a.Offset == null ? 0 : a.Offset[o];
            for (int p = 0, run; p < outputs; p += run)
            {
                run = strip.Run(p);
                int* to = a.Output + strip.OutputIndex(p) + ((long)o * plane);
                for (int i = 0; i < run; i++)
                {
                    to[i] = a.Finish(sums[p + i] + offset + (work.CodeSums == null ? 0 : work.CodeSums[p + i]), o);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Dot(in LutConv2dOperands a, int* rows, byte* weights, int fanIn)
    {
        ref int products = ref MemoryMarshal.GetReference(a.Table.Products);

        // Two sums, so that an addition need not wait for the one before. The last fan-in % 4 products follow one by one.
        int even = 0, odd = 0, k = 0;
        for (; k <= fanIn - 4; k += 4)
        {
            even += Unsafe.Add(ref products, rows[k] + weights[k]) + Unsafe.Add(ref products, rows[k + 1] + weights[k + 1]);
            odd += Unsafe.Add(ref products, rows[k + 2] + weights[k + 2]) + Unsafe.Add(ref products, rows[k + 3] + weights[k + 3]);
        }

        for (; k < fanIn; k++)
        {
            even += Unsafe.Add(ref products, rows[k] + weights[k]);
        }

        return even + odd;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddColumns(in StripWork work, byte* weights, int outputs, int* sums)
    {
        int fanIn = work.Operands.Shape.FanIn;
        ref ushort columns = ref MemoryMarshal.GetArrayDataReference(work.Operands.Table.ByWeight);
        ushort* table = (ushort*)Unsafe.AsPointer(ref columns);

        // Columns hold products less Bias, to fit 16 bits unsigned: n products have left out n times as much.
        new Span<int>(sums, outputs).Fill(fanIn * work.Operands.Table.Bias);
        int k = 0;

        // Three k a pass: a sum is loaded and stored once for three products. The last fan-in % 3 follow one by one.
        for (; k <= fanIn - 3; k += 3)
        {
            byte* x0 = work.Packed + work.Offsets[k], x1 = work.Packed + work.Offsets[k + 1], x2 = work.Packed + work.Offsets[k + 2];
            ushort* c0 = table + (weights[k] * LutTable.Codes), c1 = table + (weights[k + 1] * LutTable.Codes);
            ushort* c2 = table + (weights[k + 2] * LutTable.Codes);
            for (nint p = 0; p < outputs; p++)
            {
                sums[p] += c0[x0[p]] + c1[x1[p]] + c2[x2[p]];
            }
        }

        for (; k < fanIn; k++)
        {
            byte* x = work.Packed + work.Offsets[k];
            ushort* column = table + (weights[k] * LutTable.Codes);
            for (nint p = 0; p < outputs; p++)
            {
                sums[p] += column[x[p]];
            }
        }
    }
}
