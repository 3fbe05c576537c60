// The flow of data, 2 of 8. The kernel computes a convolution by looking every product up in a multiplier's table (1). It sees 8-bit
// codes and sums only; the layer (3) makes the codes and turns sums into real numbers. This is the plain form. The other paths are faster
// and give the same bits.
using ApproxNets.Foundation;

namespace ApproxNets.Kernels;

/// <summary>
/// The plain loop: <c>sums[b, o, y, x] = sum_k products[xCode_k * 256 + wCode_k]</c> over the fan-in k = (channel of the group, kernel row,
/// kernel column). It is the oracle of all other paths and the fallback of machines without vectors, and deliberately not fast: one load
/// from a table of 256 KB for each product, some 2 to 3 cycles.
/// </summary>
/// <remarks>
/// Layouts: activations <c>[B, C, H, W]</c>, weights <c>[O, n]</c> in the order of k, output <c>[B, O, OutHeight, OutWidth]</c>. A padded
/// position has the code <c>PadCode</c> and takes part as any other, since a circuit would multiply there, too. 32 bits hold every sum:
/// <see cref="Conv2dShape.Validate"/> bounds the fan-in.
/// </remarks>
internal static unsafe class LutConv2dScalar
{
    /// <summary>Computes all output planes. A plane is one channel of one image; threads share them out.</summary>
    public static void Run(LutConv2dOperands a, int threads) =>
        WorkTeam.Run(a.Shape.Batch * a.Shape.OutChannels, threads, new Planes(a));

    private static void Plane(in LutConv2dOperands a, int b, int o)
    {
        Conv2dShape s = a.Shape;
        ReadOnlySpan<int> products = a.Table.Products;

        // Channel o belongs to group o / groupOut, which sees groupIn input channels.
        int groupIn = s.InChannels / s.Groups, groupOut = s.OutChannels / s.Groups;
        int outHeight = s.OutHeight, outWidth = s.OutWidth;
        byte* channels = a.X + (((long)b * s.InChannels) + (o / groupOut * groupIn)) * s.Height * s.Width;
        byte* weights = a.Weights + ((long)o * s.FanIn);
        int* output = a.Output + (((long)b * s.OutChannels) + o) * outHeight * outWidth;
        for (int oy = 0; oy < outHeight; oy++)
        {
            for (int ox = 0; ox < outWidth; ox++)
            {
                int sum = a.Offset == null ? 0 : a.Offset[o], k = 0;
                for (int c = 0; c < groupIn; c++)
                {
                    for (int ky = 0; ky < s.KernelHeight; ky++)
                    {
                        int y = (oy * s.Stride.H) - s.Padding.H + (ky * s.Dilation.H);
                        for (int kx = 0; kx < s.KernelWidth; kx++, k++)
                        {
                            int x = (ox * s.Stride.W) - s.Padding.W + (kx * s.Dilation.W);
                            bool inside = y >= 0 && y < s.Height && x >= 0 && x < s.Width;
                            int code = inside ? channels[(((c * s.Height) + y) * s.Width) + x] : a.PadCode;
                            sum += products[(code * LutTable.Codes) + weights[k]] + (a.CodeFactor * code);
                        }
                    }
                }

                // The sum itself, or scaled with its bias where the layer asks for real numbers.
                output[(oy * outWidth) + ox] = a.Finish(sum, o);
            }
        }
    }

    private readonly struct Planes(LutConv2dOperands operands) : IUnitWork
    {
        public void Run(int unit) => Plane(operands, unit / operands.Shape.OutChannels, unit % operands.Shape.OutChannels);
    }
}
