using ApproxNets.Kernels;
using CsCheck;

namespace ApproxNets.Tests.Layers;

/// <summary>Convolution shapes for property tests: every parameter varies, depthwise layers included.</summary>
internal static class ConvolutionShapes
{
    public static readonly Gen<Conv2dShape> Any = (
        from groups in Gen.Int[1, 4]
        from channels in Gen.Select(Gen.Int[1, 4], Gen.Int[1, 9])
        from batch in Gen.Int[1, 3]
        from size in Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9])
        from kernel in Gen.Select(Gen.Int[1, 4], Gen.Int[1, 4])
        from padding in Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3])
        from stride in Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3])
        from dilation in Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3])
        select new Conv2dShape(
            batch, groups * channels.Item1, size.Item1, size.Item2, groups * channels.Item2, kernel.Item1, kernel.Item2)
        {
            Groups = groups,
            Padding = padding,
            Stride = stride,
            Dilation = dilation,
        }).Where(s => s.Height + (2 * s.Padding.H) > s.Dilation.H * (s.KernelHeight - 1)
            && s.Width + (2 * s.Padding.W) > s.Dilation.W * (s.KernelWidth - 1));

    /// <summary>One of each kind: plain, strided with unequal sides, dilated, grouped, depthwise with a multiplier, 1x1, fully connected.
    /// </summary>
    public static readonly Conv2dShape[] Kinds =
    [
        new(3, 5, 7, 9, 17, 3, 3) { Padding = (1, 1) },
        new(2, 4, 11, 13, 6, 5, 3) { Padding = (3, 0), Stride = (1, 3) },
        new(1, 3, 13, 12, 5, 2, 3) { Padding = (1, 4), Dilation = (3, 2), Stride = (3, 2) },
        new(2, 12, 9, 9, 18, 3, 3) { Padding = (1, 1), Groups = 3 },
        new(2, 7, 9, 10, 7, 3, 3) { Padding = (1, 1), Groups = 7 },
        new(1, 7, 15, 15, 21, 3, 3) { Padding = (1, 1), Groups = 7, Stride = (2, 2) },
        new(3, 10, 5, 5, 33, 1, 1) { Stride = (2, 2) },
        new(1, 2, 2, 2, 3, 2, 2) { Padding = (5, 5) },
        new(5, 37, 1, 1, 11, 1, 1),
    ];

    public static byte[] RandomCodes(int length, int seed)
    {
        var codes = new byte[length];
        new Random(seed).NextBytes(codes);
        return codes;
    }
}
