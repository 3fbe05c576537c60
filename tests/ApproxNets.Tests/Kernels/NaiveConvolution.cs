using ApproxNets.Kernels;

namespace ApproxNets.Tests.Kernels;

/// <summary>
/// The oracle: pads the input explicitly, then adds the product of every input and weight to the one output it belongs to. It
/// scatters where the kernels gather, so that a wrong index formula does not hide in both.
/// </summary>
internal static class NaiveConvolution
{
    public static int[] Run(byte[] x, byte[] weights, Func<int, int, int> product, Conv2dShape s, byte padCode)
    {
        int height = s.Height + (2 * s.Padding.H), width = s.Width + (2 * s.Padding.W);
        int groupIn = s.InChannels / s.Groups, groupOut = s.OutChannels / s.Groups;
        int outHeight = 0, outWidth = 0;
        for (int y = s.Dilation.H * (s.KernelHeight - 1); y < height; y += s.Stride.H)
        {
            outHeight++;
        }

        for (int column = s.Dilation.W * (s.KernelWidth - 1); column < width; column += s.Stride.W)
        {
            outWidth++;
        }

        var sums = new int[s.Batch * s.OutChannels * outHeight * outWidth];
        for (int b = 0; b < s.Batch; b++)
        {
            for (int c = 0; c < s.InChannels; c++)
            {
                byte[] padded = Pad(x, ((b * s.InChannels) + c) * s.Height * s.Width, s, padCode, height, width);
                for (int o = c / groupIn * groupOut; o < ((c / groupIn) + 1) * groupOut; o++)
                {
                    for (int ky = 0; ky < s.KernelHeight; ky++)
                    {
                        for (int kx = 0; kx < s.KernelWidth; kx++)
                        {
                            int w = weights[(((((o * groupIn) + (c % groupIn)) * s.KernelHeight) + ky) * s.KernelWidth) + kx];
                            Scatter(padded, w, ky * s.Dilation.H, kx * s.Dilation.W, ((b * s.OutChannels) + o) * outHeight * outWidth);
                        }
                    }
                }
            }
        }

        return sums;

        void Scatter(byte[] padded, int w, int dy, int dx, int plane)
        {
            for (int i = 0; i < padded.Length; i++)
            {
                int y = (i / width) - dy, column = (i % width) - dx;
                if (y >= 0 && column >= 0 && y % s.Stride.H == 0 && column % s.Stride.W == 0
                    && y / s.Stride.H < outHeight && column / s.Stride.W < outWidth)
                {
                    sums[plane + (y / s.Stride.H * outWidth) + (column / s.Stride.W)] += product(padded[i], w);
                }
            }
        }
    }

    private static byte[] Pad(byte[] x, int from, Conv2dShape s, byte padCode, int height, int width)
    {
        var padded = new byte[height * width];
        Array.Fill(padded, padCode);
        for (int y = 0; y < s.Height; y++)
        {
            Array.Copy(x, from + (y * s.Width), padded, ((y + s.Padding.H) * width) + s.Padding.W, s.Width);
        }

        return padded;
    }
}
