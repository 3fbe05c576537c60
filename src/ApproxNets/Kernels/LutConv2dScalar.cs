namespace ApproxNets.Kernels;

/// <summary>
/// The reference: one look-up per product, <c>products[x * 256 + w]</c>, in the order of the formula. The oracle of the other
/// paths. It is deliberately not fast.
/// </summary>
internal static unsafe class LutConv2dScalar
{
    /// <summary>Computes all output planes; planes are independent, so threads share them out.</summary>
    public static void Run(LutConv2dOperands a, int threads) =>
        WorkTeam.Run(a.Shape.Batch * a.Shape.OutChannels, threads, new Planes(a));

    private static void Plane(in LutConv2dOperands a, int b, int o)
    {
        Conv2dShape s = a.Shape;
        ReadOnlySpan<int> products = a.Table.Products;
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

                output[(oy * outWidth) + ox] = a.Finish(sum, o);
            }
        }
    }

    private readonly struct Planes(LutConv2dOperands operands) : IUnitWork
    {
        public void Run(int unit) => Plane(operands, unit / operands.Shape.OutChannels, unit % operands.Shape.OutChannels);
    }
}
