namespace ApproxNets.Kernels;

/// <summary>
/// The checked operands of one convolution as pointers, which threads can share as spans cannot. The owner keeps them pinned.
/// Layouts are those of <see cref="LutConv2d.Run"/>.
/// </summary>
internal readonly unsafe struct LutConv2dOperands(byte* x, byte* weights, int* products, in Conv2dShape shape, byte padCode, int* sums)
{
    public readonly byte* X = x;
    public readonly byte* Weights = weights;
    public readonly int* Products = products;
    public readonly int* Sums = sums;
    public readonly Conv2dShape Shape = shape;
    public readonly byte PadCode = padCode;
}
