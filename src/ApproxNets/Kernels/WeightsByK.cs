using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ApproxNets.Kernels;

/// <summary>Turns the weight codes of each group from <c>[O, K]</c> to <c>[K, O]</c>.</summary>
internal static unsafe class WeightsByK
{
    private const int Block = 16;

    /// <summary>Writes all groups one after another.</summary>
    public static void Write(in LutConv2dOperands a, byte* to, int threads)
    {
        int k = a.Shape.FanIn, channels = a.Shape.OutChannels / a.Shape.Groups;
        int blocks = (k + Block - 1) / Block;
        WorkTeam.Run(a.Shape.WeightLength < 1 << 16 ? 1 : threads, threads, new Part(a, to, blocks, a.Shape.WeightLength < 1 << 16 ? 1 : threads));
    }

    private static void Run(byte* from, int channels, int k, int firstBlock, int endBlock, byte* to)
    {
        for (int block = firstBlock; block < endBlock; block++)
        {
            int k0 = block * Block, depth = Math.Min(Block, k - k0), o = 0;
            for (; Sse2.IsSupported && depth == Block && o <= channels - Block; o += Block)
            {
                Transpose16x16(from + ((long)o * k) + k0, k, to + ((long)k0 * channels) + o, channels);
            }

            for (; o < channels; o++)
            {
                for (int i = k0; i < k0 + depth; i++)
                {
                    to[((long)i * channels) + o] = from[((long)o * k) + i];
                }
            }
        }
    }

    // Four rounds of interleaving rows i and i + 8 rotate the address bits (row, column) by four places: the transpose.
    private static void Transpose16x16(byte* from, long fromPitch, byte* to, long toPitch)
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

    private readonly struct Part(LutConv2dOperands a, byte* to, int blocks, int parts) : IUnitWork
    {
        public void Run(int unit)
        {
            int k = a.Shape.FanIn, channels = a.Shape.OutChannels / a.Shape.Groups;
            for (int group = 0; group < a.Shape.Groups; group++)
            {
                long at = (long)group * k * channels;
                WeightsByK.Run(
                    a.Weights + at, channels, k, (int)((long)blocks * unit / parts), (int)((long)blocks * (unit + 1) / parts), to + at);
            }
        }
    }
}
